import { startBanner } from '../adapters/cli/banner.ts'
import { configurationRefusal } from '../adapters/cli/program.ts'
import { hasColours } from '../adapters/cli/terminal.ts'
import { createLog } from '../adapters/process/log.ts'
import type { Config } from '../config/config.ts'
import { type Running, start } from '../start.ts'
import { VERSION } from '../version.ts'
import { configuration } from './configuration.ts'
import { signalled } from './signal.ts'
import { tokenFor } from './token.ts'

/** Serves until a signal ends it, or until Stripe says something that makes serving senseless. The exit code. */
export async function serve(): Promise<number> {
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
