#!/usr/bin/env bun
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startBanner } from './adapters/cli/banner.ts'
import { runCommandLine } from './adapters/cli/command-line.ts'
import {
  configurationRefusal,
  type HealthReport,
  type ImportOutcome,
  type InboxDesk,
  type Program,
  type StripeSetup,
  type TokenWish,
  type UsageRecorder,
} from './adapters/cli/program.ts'
import { hasColours } from './adapters/cli/terminal.ts'
import type { Readiness } from './adapters/http/health.ts'
import { signToken } from './adapters/http/sign-token.ts'
import { askServer } from './adapters/process/ask-server.ts'
import { commandSocketPath } from './adapters/process/command-path.ts'
import { keptSecret } from './adapters/process/kept-secret.ts'
import { acquireLock } from './adapters/process/lock.ts'
import { createLog } from './adapters/process/log.ts'
import { advanceSimulator, type ClockProgress } from './adapters/process/simulator.ts'
import { migrateFile } from './adapters/sqlite/store.ts'
import type { Config } from './config/config.ts'
import { inspectEnvironment, loadConfig, loadConfigFor, loadPlansFile, loadSandboxPlace } from './config/environment.ts'
import { examine } from './doctor/doctor.ts'
import { deskOfServer } from './inbox-desk.ts'
import { openAdoption, reconcileWith } from './mirror-program.ts'
import { startSandbox } from './sandbox/sandbox.ts'
import { trigger as triggerAt, triggers } from './sandbox/trigger/trigger.ts'
import { IMPORT_COMMAND, MOVE_COMMAND, type MoveWish, openBooks, type Running, start } from './start.ts'
import { checkPlans, openStripeSetup, SETUP_VARIABLES, STRIPE_VARIABLES } from './stripe-setup.ts'
import { VERSION } from './version.ts'

const program: Program = {
  version: VERSION,
  serve,
  migrate,
  health,
  doctor: () => examine(inspectEnvironment(process.env, process.cwd())),
  token,
  openUsage,
  openInbox,
  reconcile: (wish, tell) => reconcileWith(configuration(), wish, tell, configurationRefusal),
  openAdoption: () => openAdoption(configuration(), configurationRefusal),
  openSetup,
  checkPlans: plansReport,
  movePlans,
  sandbox,
  advanceSandbox,
  triggers,
  trigger,
}

if (import.meta.main) process.exit(await runCommandLine(process.argv.slice(2), program))

function configuration(): Config {
  const reading = loadConfig(process.env, process.cwd())
  if (!reading.ok) throw configurationRefusal(reading.problems)
  return reading.config
}

/** For a command to which only some variables matter. */
function configurationOf(names: readonly string[]): Config {
  const reading = loadConfigFor(names, process.env, process.cwd())
  if (!reading.ok) throw configurationRefusal(reading.problems)
  return reading.config
}

async function serve(): Promise<number> {
  const config = configuration()
  const running = await start(config, createLog(config.logLevel))
  if (running.simulatorUrl !== null) await running.problems
  process.stdout.write(await banner(config, running))
  const problems = await Promise.race([signalled(), senseless(running)])
  await running.stop()
  if (problems) throw configurationRefusal(problems)
  return 0
}

/** Fulfilled only when Stripe says something that makes serving senseless. */
async function senseless(running: Running) {
  const problems = await running.problems
  return problems.length > 0 ? problems : new Promise<never>(() => {})
}

async function banner(config: Config, running: Running): Promise<string> {
  const isDevelopment =
    config.environment === 'development' && (config.jwt.kind === 'kept' || config.jwt.kind === 'secret')
  return startBanner({
    version: VERSION,
    mode: config.stripe.kind === 'sandbox' ? 'sandbox' : config.stripe.livemode ? 'live' : 'test',
    url: running.url,
    simulatorUrl: running.simulatorUrl,
    databaseFile: config.databaseFile,
    token: isDevelopment
      ? await tokenFor(config, { user: 'demo', scope: 'usage:write', ttlSeconds: 12 * 3_600 })
      : null,
    colours: hasColours(process.stdout.isTTY, process.env),
  })
}

async function migrate() {
  const { databaseFile } = configuration()
  const lock = acquireLock(databaseFile)
  try {
    return { applied: migrateFile(databaseFile), file: databaseFile }
  } finally {
    lock.release()
  }
}

async function health(): Promise<HealthReport> {
  const answer = await askServer(commandSocketPath(configuration().databaseFile), 'health', null)
  return answer.answered ? healthReport(answer.result) : { status: 'not_running', checks: [] }
}

/** The server's readiness, in the words of the command line. The server is this program itself, of whatever version. */
function healthReport(result: unknown): HealthReport {
  const { status, checks } = result as Readiness
  return {
    status,
    checks: Object.entries(checks).map(([name, check]) => ({
      name,
      status: check.status === 'failed' ? 'failing' : check.status,
      detail: check.detail,
    })),
  }
}

/** The running server records, or this process takes its place until it is done. */
async function openUsage(): Promise<UsageRecorder> {
  const config = configuration()
  const socket = commandSocketPath(config.databaseFile)
  if (!(await askServer(socket, 'health', null)).answered) return openBooks(config)
  return {
    async record(batch) {
      const answer = await askServer(socket, IMPORT_COMMAND, batch)
      if (!answer.answered) throw new Error('The running server has ended. The same command goes on where it stopped.')
      // The server is this program itself.
      return answer.result as readonly ImportOutcome[]
    },
    async close() {},
  }
}

async function openSetup(): Promise<StripeSetup> {
  const setup = await openStripeSetup(configurationOf(SETUP_VARIABLES))
  if ('problem' in setup) throw configurationRefusal([setup])
  return setup
}

/** Customers are served meanwhile, so it is the server that does it. */
async function movePlans({ from, to, when, dryRun, cursor }: Parameters<Program['movePlans']>[0]) {
  const wish: MoveWish = { fromPriceId: from, to, when, isPreview: dryRun, cursor }
  const answer = await askServer(commandSocketPath(configuration().databaseFile), MOVE_COMMAND, wish)
  if (!answer.answered) throw new Error('No server runs on this database. Start it, and run this again.')
  // The server is this program itself.
  return answer.result as Awaited<ReturnType<Program['movePlans']>>
}

/** What is wrong with the file that PLANS_FILE names is the answer here, not a wrong use. */
function plansReport(file: string | null) {
  return checkPlans(configurationOf(STRIPE_VARIABLES), file ?? loadPlansFile(process.env, process.cwd()))
}

async function openInbox(): Promise<InboxDesk> {
  const config = configuration()
  return (await deskOfServer(commandSocketPath(config.databaseFile))) ?? openBooks(config).inbox
}

function token(wish: TokenWish): Promise<string> {
  return tokenFor(configuration(), wish)
}

async function tokenFor(config: Config, wish: TokenWish): Promise<string> {
  const { jwt, jwtIssuer: issuer, jwtAudience: audience } = config
  if (jwt.kind === 'public-key' || jwt.kind === 'jwks')
    throw new Error(
      'Tokens are signed elsewhere: only a public key is configured here. Ask whoever holds the private one.',
    )
  const secret = jwt.kind === 'kept' ? keptSecret(config.dataFolder) : jwt.secret
  return signToken(secret, { ...wish, issuer, audience }, Date.now())
}

/** A variable that is wrong elsewhere does not matter here: only where the simulator listens does. */
function advanceSandbox(
  wish: { readonly duration: string; readonly port: number | null },
  tell: (progress: ClockProgress) => void,
): Promise<string> {
  const place = loadSandboxPlace(process.env, process.cwd())
  if (!place.ok) throw configurationRefusal(place.problems)
  return advanceSimulator(wish.port ?? place.port, wish.duration, tell)
}

function trigger(wish: { readonly type: string; readonly port: number | null; readonly base: string | null }) {
  if (wish.base !== null) return triggerAt(wish.base.replace(/\/$/, ''), wish.type)
  const place = loadSandboxPlace(process.env, process.cwd())
  if (!place.ok) throw configurationRefusal(place.problems)
  return triggerAt(`http://127.0.0.1:${wish.port ?? place.port}`, wish.type)
}

/** The simulator needs no keys, so a configuration that lacks some does not keep it from running. */
async function sandbox(wish: { readonly port: number | null }): Promise<number> {
  const place = loadSandboxPlace(process.env, process.cwd())
  if (!place.ok) throw configurationRefusal(place.problems)
  const port = wish.port ?? place.port
  mkdirSync(place.dataFolder, { recursive: true, mode: 0o700 })
  const lock = acquireLock(join(place.dataFolder, 'sandbox.db'))
  const say = (line: string) => process.stdout.write(`${line}\n`)
  const simulator = await startSandbox({ port, databaseFile: join(place.dataFolder, 'sandbox.db'), log: say })
  say(`The Stripe simulator listens on ${simulator.url}. Any sk_test_ key is accepted.`)
  await signalled()
  await simulator.stop()
  lock.release()
  return 0
}

function signalled(): Promise<null> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve(null))
    process.once('SIGTERM', () => resolve(null))
  })
}
