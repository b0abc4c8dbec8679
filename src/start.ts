import { createApp } from './adapters/http/app.ts'
import type { Readiness } from './adapters/http/health.ts'
import type { JwtSettings } from './adapters/http/token-verifier.ts'
import { wallClock } from './adapters/process/clock.ts'
import { commandSocketPath } from './adapters/process/command-path.ts'
import { serveCommands } from './adapters/process/command-socket.ts'
import { newId } from './adapters/process/ids.ts'
import { keptSecret } from './adapters/process/kept-secret.ts'
import { createLanes } from './adapters/process/lanes.ts'
import { acquireLock } from './adapters/process/lock.ts'
import type { Log } from './adapters/process/log.ts'
import { createPriceBook, type PriceBook } from './adapters/process/price-book.ts'
import { startWorker } from './adapters/process/worker.ts'
import { openStore, type Store } from './adapters/sqlite/store.ts'
import { accountId } from './adapters/stripe/account.ts'
import { stripeBills } from './adapters/stripe/bills.ts'
import { stripeBooks } from './adapters/stripe/books.ts'
import { stripeEventFeed } from './adapters/stripe/event-feed.ts'
import { stripeGateway } from './adapters/stripe/gateway.ts'
import { stripeMeters } from './adapters/stripe/meters.ts'
import { stripeObservatory } from './adapters/stripe/observatory.ts'
import { findPastPrices, findPrices } from './adapters/stripe/prices.ts'
import { examineEndpoints } from './adapters/stripe/setup.ts'
import { webhookVerifier } from './adapters/stripe/webhook.ts'
import { createBilling } from './billing.ts'
import { startCatchingUp } from './catching-up.ts'
import { stripeWebhookUrl } from './config/addresses.ts'
import type { Config } from './config/config.ts'
import { presentPrices, withPastPrices } from './domain/past-prices.ts'
import { createDriftCheck } from './drift-check.ts'
import { deskCommands, deskOf } from './inbox-desk.ts'
import { COMMAND_LINE, mirrorCommands } from './mirror-commands.ts'
import type { Ports } from './ports.ts'
import { readinessOf } from './readiness.ts'
import { keepSoldTerms, withSoldTerms } from './sold-terms.ts'
import { openStripe, type StripeAccess } from './stripe-access.ts'
import { foreignDatabase, missingPrice, type StripeProblem } from './stripe-problems.ts'
import { type ImportBatch, importUsage } from './usecases/import-usage.ts'
import { type MoveRequest, movePlans } from './usecases/move-plans.ts'
import { VERSION } from './version.ts'
import { NOTHING_LEFT, startWorkers } from './workers.ts'

export interface Running {
  readonly url: string
  readonly port: number
  /** Of the simulator; null with Stripe itself. */
  readonly simulatorUrl: string | null
  /** What Stripe, when first asked, said that makes serving senseless. Empty also when it could not be asked. */
  readonly problems: Promise<readonly StripeProblem[]>
  /** Answers what has begun, for a few seconds at most, and closes everything. */
  stop(): Promise<void>
}

/** By this name the command line asks a running server to record what a file holds. */
export const IMPORT_COMMAND = 'import-usage'

export const MOVE_COMMAND = 'move-plans'
export type MoveWish = Omit<MoveRequest, 'operator' | 'limit'>
const MOVED_AT_ONCE = 10

const PRICES_IDLE_MS = 60_000
/** Twice this is the longest stop: below the ten seconds after which containers are usually killed. */
const STOP_MS = 4_000
/** For the refusals of those who wait when the disk fails. */
const LAST_WORDS_MS = 250

/**
 * Builds the whole program and serves: the one place where the parts meet, for production and for tests alike. Nothing
 * that waits for Stripe delays serving.
 */
export async function start(config: Config, log: Log): Promise<Running> {
  const lock = acquireLock(config.databaseFile)
  const store = openStore(config.databaseFile, (error) => endSoon(log, error))
  const access = await openStripe(config, (line) => log.debug(line))
  // With port 0 it is known only once the server listens.
  const publicUrl = () => config.publicUrl ?? `http://localhost:${app.server?.port ?? config.port}`
  const catalogue = await keepSoldTerms(config.catalogue, store, wallClock().wall())
  const ports = assemble({ ...config, catalogue }, store, access, publicUrl, log)
  const refreshPrices = () => void ports.priceBook.refresh().catch(() => {})
  const workers = startWorkers(config, ports, access.livemode, log, refreshPrices)
  const readiness = () => readinessNow(ports, store)
  const app = createHttp(config, ports, access, readiness, workers.wakeEvents, log)
  const port = listen(app, config)
  const commands = await serveCommands(commandSocketPath(config.databaseFile), {
    health: readiness,
    // Sent by this program's own command line, which has checked it.
    [IMPORT_COMMAND]: (batch) => importUsage(ports, batch as ImportBatch),
    ...deskCommands(ports, workers.wakeEvents),
    // The command line goes on from page to page; it may be no longer than it waits for an answer.
    [MOVE_COMMAND]: (wish) => movePlans(ports, { ...(wish as MoveWish), operator: COMMAND_LINE, limit: MOVED_AT_ONCE }),
    ...mirrorCommands(ports),
  })
  const problems = access.connect(port).then(() => askStripe(access.stripe, store, ports.priceBook, log))
  const looked = problems.then(() => tellOfEndpoints(access.stripe, config, log))
  const prices = startWorker(
    () => ports.priceBook.refresh().then(() => NOTHING_LEFT),
    PRICES_IDLE_MS,
    () => {},
  )
  // With the keys of another account, or before the simulator is set up, there is nothing to catch up with.
  const catchingUp = problems.then((found) =>
    found.length > 0 ? null : startCatchingUp({ ...ports, livemode: access.livemode, settle }, workers.wakeEvents, log),
  )
  return {
    url: config.publicUrl ?? `http://localhost:${port}`,
    port,
    simulatorUrl: access.simulatorUrl,
    problems,
    async stop() {
      await atMost(app.stop())
      commands.stop()
      const caughtUp = catchingUp.then((worker) => worker?.stop())
      await atMost(Promise.all([workers.stop(), prices.stop(), ports.driftCheck.stop(), caughtUp, looked]))
      await access.close()
      await store.close()
      lock.release()
    },
  }
}

/** The books without a server, for a command that needs them: as long as they are open, no server can start. */
export function openBooks(config: Config) {
  const lock = acquireLock(config.databaseFile)
  // A disk that fails is told to whoever records.
  const store = openStore(config.databaseFile, () => {})
  const catalogue = withSoldTerms(config.catalogue, store)
  const ports = { ...store.ports, clock: wallClock(), newId, catalogue }
  const close = async () => {
    await store.close()
    lock.release()
  }
  return { record: (batch: ImportBatch) => importUsage(ports, batch), inbox: deskOf(ports, close), close }
}

/**
 * The books and Stripe without a server, for a command that compares or takes over: as long as they are open, no server can
 * start. `problems` is what Stripe says that makes that senseless.
 */
export async function openAlone(config: Config, log: Log) {
  const lock = acquireLock(config.databaseFile)
  const store = openStore(config.databaseFile, () => {})
  const access = await openStripe(config, (line) => log.debug(line))
  // Nobody is led back anywhere: there is no server.
  const publicUrl = () => config.publicUrl ?? `http://localhost:${config.port}`
  const catalogue = await keepSoldTerms(config.catalogue, store, wallClock().wall())
  const ports = assemble({ ...config, catalogue }, store, access, publicUrl, log)
  return {
    ports,
    problems: await askStripe(access.stripe, store, ports.priceBook, log),
    async close() {
      await ports.driftCheck.stop()
      await access.close()
      await store.close()
      lock.release()
    },
  }
}

type WiredPorts = Ports & { readonly priceBook: PriceBook; readonly driftCheck: ReturnType<typeof createDriftCheck> }

function assemble(
  config: Config,
  store: Store,
  { stripe, meterCallsPerSecond, listCallsPerSecond, clockOffsetMs }: StripeAccess,
  publicUrl: () => string,
  log: Log,
): WiredPorts {
  const clock = wallClock(clockOffsetMs)
  const priceBook = createPriceBook({
    remembered: store.rememberedPrices(),
    find: () => findPrices(stripe, config.catalogue),
    findPast: (present) => findPastPrices(stripe, config.catalogue, present),
    merge: (known, found) => withPastPrices(config.catalogue, known, found),
    remember: (found) => store.rememberPrices(found, clock.wall()),
  })
  const ports = {
    ...store.ports,
    gateway: stripeGateway(stripe, config),
    meters: stripeMeters(stripe, meterCallsPerSecond),
    observatory: stripeObservatory(stripe),
    bills: stripeBills(stripe),
    eventFeed: stripeEventFeed(stripe, listCallsPerSecond),
    stripeBooks: stripeBooks(stripe, listCallsPerSecond),
    clock,
    newId,
    catalogue: config.catalogue,
    priceBook,
    priceIds: priceBook.current,
    lanes: createLanes(),
    returnRules: {
      origins: () => (config.returnOrigins.length > 0 ? config.returnOrigins : [new URL(publicUrl()).origin]),
      httpsOnly: config.environment === 'production',
    },
  }
  const onFailure = (error: unknown) => log.warning('The comparison with Stripe could not be finished.', { error })
  return { ...ports, driftCheck: createDriftCheck({ ...ports, settle, onFailure }) }
}

/** A webhook is a second or two behind what Stripe's lists show. */
const settle = () => Bun.sleep(2_000)

function createHttp(
  config: Config,
  ports: Ports,
  access: StripeAccess,
  readiness: () => Promise<Readiness>,
  onEventStored: () => void,
  log: Log,
) {
  const app = createApp({
    billing: createBilling(ports),
    verifyWebhook: webhookVerifier(access.stripe, access.webhookSecrets, ports.clock.wall),
    onEventStored,
    jwt: jwtSettings(config),
    publishableKey: access.publishableKey,
    publicPlans: config.publicPlans,
    corsOrigins: config.corsOrigins,
    publicUrl: () => config.publicUrl ?? `http://localhost:${app.server?.port ?? config.port}`,
    readiness,
    newRequestId: () => newId('request'),
    wall: ports.clock.wall,
    version: VERSION,
    isProduction: config.environment === 'production',
    log: {
      request: (entry) => log.info('request', { ...entry }),
      failure: (requestId, error) => log.error('A request failed unexpectedly.', { request_id: requestId, error }),
    },
  })
  return app
}

/** The secret is the app's, or in development one that this program keeps. */
function jwtSettings({ jwt, dataFolder, jwtIssuer, jwtAudience }: Config): JwtSettings {
  const key = jwt.kind === 'kept' ? { kind: 'secret' as const, secret: keptSecret(dataFolder) } : jwt
  return { ...key, issuer: jwtIssuer, audience: jwtAudience }
}

function listen(app: ReturnType<typeof createApp>, { host, port }: Config): number {
  try {
    app.listen({ hostname: host, port })
  } catch (error) {
    const isTaken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
    throw isTaken ? new Error(`Port ${port} is taken. Set PORT to another, or to 0 for any free one.`) : error
  }
  return app.server?.port ?? port
}

/** The first answers of Stripe's decide whether there is anything to serve; no answer leaves that open. */
async function askStripe(
  stripe: StripeAccess['stripe'],
  store: Store,
  prices: PriceBook,
  log: Log,
): Promise<readonly StripeProblem[]> {
  try {
    const account = await accountId(stripe)
    const known = store.stripeAccount()
    if (account !== null && known === null) await store.rememberStripeAccount(account)
    if (account !== null && known !== null && known !== account) return [foreignDatabase(known, account)]
    await prices.refresh()
  } catch (error) {
    log.warning('Stripe could not be asked for account and prices; the last known ones are used.', { error })
  }
  return (prices.missing() ?? []).map(missingPrice)
}

/** A line for each thing about the webhook endpoint that slows something down, with the cure. */
async function tellOfEndpoints(stripe: StripeAccess['stripe'], config: Config, log: Log): Promise<void> {
  const url = config.stripe.kind === 'sandbox' ? null : stripeWebhookUrl(config)
  if (url === null) return
  try {
    for (const { status, detail, cure } of await examineEndpoints(stripe, config.catalogue, url))
      if (status !== 'ok') log.warning(`Stripe's events do not all come here as they should. ${detail}`, { cure })
  } catch (error) {
    log.debug('The webhook endpoints at Stripe could not be looked at.', { error })
  }
}

async function readinessNow({ priceBook, inbox, clock }: WiredPorts, store: Store): Promise<Readiness> {
  const storage = storageCheck(store)
  const prices = {
    known: presentPrices(priceBook.current()),
    missing: priceBook.missing(),
    reachable: priceBook.reachable(),
  }
  return readinessOf(prices, storage, storage.status === 'ok' ? await inbox.counts() : null, clock.wall())
}

function storageCheck(store: Store) {
  if (!store.isTrusted())
    return {
      status: 'failed',
      detail: 'The disk failed to keep what was written; the program must start anew.',
    } as const
  return store.isReadable()
    ? ({ status: 'ok', detail: 'The database answers.' } as const)
    : ({ status: 'failed', detail: 'The database cannot be read.' } as const)
}

/**
 * What was written may not be on disk. The store refuses everything from now on; those who wait for it are told so before
 * the program ends, and what is started in its place reads the truth.
 */
function endSoon(log: Log, error: unknown): void {
  log.error('The disk cannot be trusted any more; the program ends so that nothing false is acknowledged.', { error })
  setTimeout(() => process.exit(1), LAST_WORDS_MS)
}

/** The timer must not keep a process alive that has nothing else to do. */
async function atMost(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, STOP_MS)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
