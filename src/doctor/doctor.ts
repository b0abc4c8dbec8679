import type { Config, ConfigProblem } from '../config/config.ts'
import { type Finding, ok, problem, warning } from '../domain/finding.ts'
import { databaseFindings } from './database.ts'
import { serverFindings } from './server.ts'
import { stripeFindings } from './stripe.ts'
import { tokenFindings } from './tokens.ts'

/** A configuration, and what is wrong with it. */
export interface Inspected {
  readonly config: Config
  readonly problems: readonly ConfigProblem[]
}

/** Examines the whole installation and changes nothing. Parts whose configuration is wrong are left out. */
export async function examine(inspected: Inspected): Promise<readonly Finding[]> {
  const { config, problems } = inspected
  const fits = (...prefixes: readonly string[]) =>
    !problems.some(({ variable }) => prefixes.some((prefix) => variable.startsWith(prefix)))
  const parts = [
    ...(fits('DATABASE_')
      ? [databaseFindings(config.databaseFile, Date.now()), serverFindings(config.databaseFile)]
      : []),
    ...(fits('STRIPE_SECRET_KEY', 'STRIPE_API_BASE', 'PLANS_FILE', 'PUBLIC_URL') ? [stripeFindings(config)] : []),
    ...(fits('JWT_') ? [tokenFindings(config)] : []),
  ]
  return [...configurationFindings(inspected), ...(await Promise.all(parts)).flat()]
}

function configurationFindings({ config, problems }: Inspected): readonly Finding[] {
  const name = 'configuration'
  if (problems.length > 0)
    return problems.map(({ variable, problem: what, cure }) => problem(name, `${variable} ${what}.`, cure))
  const mode = config.stripe.kind === 'sandbox' ? 'sandbox' : config.stripe.livemode ? 'live' : 'test'
  return [ok(name, `Every variable is fine: ${config.environment}, ${mode} mode.`), ...addressFindings(config)]
}

function addressFindings({ environment, publicUrl }: Config): readonly Finding[] {
  if (environment !== 'production' || publicUrl?.startsWith('https:')) return []
  const cure = 'Set it to the https address under which the world reaches this program.'
  return [
    warning(
      'public address',
      `PUBLIC_URL is ${publicUrl ?? 'not set'}: links and Stripe's events lead nowhere safe.`,
      cure,
    ),
  ]
}
