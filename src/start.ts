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
import { stripeGateway } from './adapters/stripe/gateway.ts'
import { stripeMeters } from './adapters/stripe/meters.ts'
import { stripeObservatory } from './adapters/stripe/observatory.ts'
import { findPrices } from './adapters/stripe/prices.ts'
import { webhookVerifier } from './adapters/stripe/webhook.ts'
import { createBilling } from './billing.ts'
import type { Config } from './config/config.ts'
import type { Ports } from './ports.ts'
import { readinessOf } from './readiness.ts'
import { openStripe, type StripeAccess } from './stripe-access.ts'
import { applyDueEvents } from './usecases/apply-events.ts'
import { sendDueReports } from './usecases/report-usage.ts'
import { resumeWishes } from './usecases/resume-wishes.ts'
import { VERSION } from './version.ts'

export interface Running {
  readonly url: string
  readonly port: number
  /** Of the simulator; null with Stripe itself. */
  readonly simulatorUrl: string | null
  /** The prices that Stripe, when first asked, said it does not have. Empty also when it could not be asked. */
  readonly missingPrices: Promise<readonly string[]>
  /** Answers what has begun, for ten seconds at most, and closes everything. */
  stop(): Promise<void>
}

/** A round of a worker that found nothing more to do. */
const NOTHING_LEFT = 0
const EVENTS_IDLE_MS = 1_000
const REPORTS_IDLE_MS = 2_000
const WISHES_IDLE_MS = 15_000
const PRICES_IDLE_MS = 60_000
const STOP_MS = 10_000

/**
 * Builds the whole program and serves: the one place where the parts meet, for production and for tests alike. Nothing
 * that waits for Stripe delays serving.
 */
export async function start(config: Config, log: Log): Promise<Running> {
  const lock = acquireLock(config.databaseFile)
  const store = openStore(config.databaseFile, (error) => endAtOnce(log, error))
  const access = await openStripe(config, (line) => log.debug(line))
  const ports = assemble(config, store, access)
  const workers = startWorkers(ports, access, log)
  const readiness = async () => readinessOf(priceFacts(ports.priceBook), storageCheck(store))
  const app = createHttp(config, ports, access, readiness, workers.events.wake, log)
  const port = listen(app, config)
  const commands = await serveCommands(commandSocketPath(config.databaseFile), { health: readiness })
  const missingPrices = access.connect(port).then(() => findFirst(ports.priceBook, log))
  const prices = startWorker(
    () => ports.priceBook.refresh().then(() => NOTHING_LEFT),
    PRICES_IDLE_MS,
    () => {},
  )
  return {
    url: config.publicUrl ?? `http://localhost:${port}`,
    port,
    simulatorUrl: access.simulatorUrl,
    missingPrices,
    async stop() {
      await atMost(app.stop())
      commands.stop()
      await atMost(
        Promise.all([
          workers.events.stop(),
          workers.reports.stop(),
          workers.wishes.stop(),
          prices.stop(),
          missingPrices,
        ]),
      )
      await access.close()
      store.close()
      lock.release()
    },
  }
}

type WiredPorts = Ports & { readonly priceBook: PriceBook }

function assemble(config: Config, store: Store, { stripe, meterCallsPerSecond }: StripeAccess): WiredPorts {
  const clock = wallClock()
  const priceBook = createPriceBook({
    remembered: store.rememberedPrices(),
    find: () => findPrices(stripe, config.catalogue),
    remember: (found) => store.rememberPrices(found, clock.wall()),
  })
  return {
    ...store.ports,
    gateway: stripeGateway(stripe),
    meters: stripeMeters(stripe, meterCallsPerSecond),
    observatory: stripeObservatory(stripe),
    clock,
    newId,
    catalogue: config.catalogue,
    priceBook,
    priceIds: priceBook.current,
    lanes: createLanes(),
  }
}

/** What goes on behind the requests: applying events, and finishing wishes that were left open. */
function startWorkers(ports: Ports, { livemode }: StripeAccess, log: Log) {
  const applying = {
    ...ports,
    livemode,
    onFailure: (event: { readonly id: string; readonly type: string }, error: unknown) =>
      log.warning('An event could not be applied and will be tried again.', {
        event_id: event.id,
        type: event.type,
        error,
      }),
  }
  const resuming = {
    ...ports,
    onFailure: (user: string, error: unknown) =>
      log.warning('A wish could not be finished and will be tried again.', { user, error }),
  }
  const reporting = {
    ...ports,
    onTrouble: (report: { readonly id: string; readonly service: string }, error: unknown) =>
      log.warning('Usage could not be reported to Stripe.', { report_id: report.id, service: report.service, error }),
  }
  const failed = (error: unknown) => log.error('Work in the background failed and will be tried again.', { error })
  return {
    events: startWorker(() => applyDueEvents(applying), EVENTS_IDLE_MS, failed),
    reports: startWorker(() => sendDueReports(reporting), REPORTS_IDLE_MS, failed),
    wishes: startWorker(() => resumeWishes(resuming).then(() => NOTHING_LEFT), WISHES_IDLE_MS, failed),
  }
}

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

/** The first answer of Stripe's decides whether the catalogue can be sold; no answer leaves that open. */
async function findFirst(prices: PriceBook, log: Log): Promise<readonly string[]> {
  try {
    await prices.refresh()
  } catch (error) {
    log.warning('Stripe could not be asked for the prices; the last known ones are used.', { error })
  }
  return prices.missing() ?? []
}

function priceFacts(prices: PriceBook) {
  return { known: prices.current().size, missing: prices.missing(), reachable: prices.reachable() }
}

function storageCheck(store: Store) {
  const works = store.isReadable()
  return works
    ? ({ status: 'ok', detail: 'The database answers.' } as const)
    : ({ status: 'failed', detail: 'The database cannot be read.' } as const)
}

/** What was written may not be on disk: nothing may be acknowledged any more, and a restart reads the truth. */
function endAtOnce(log: Log, error: unknown): void {
  log.error('The disk cannot be trusted any more; the program ends so that nothing false is acknowledged.', { error })
  process.exit(1)
}

/** The timer must not keep a process alive that has nothing else to do. */
async function atMost(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, STOP_MS)
  await Promise.race([work, promise])
  clearTimeout(timer)
}
