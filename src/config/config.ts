import type { Catalogue } from '../domain/catalogue.ts'
import { type Addresses, readAddresses } from './addresses.ts'
import { type AppWebhookPlace, readAppWebhook } from './app-webhook.ts'
import { BUILT_IN_PLANS } from './built-in-plans.ts'
import { type DatabasePlace, readDatabaseUrl } from './database-url.ts'
import { reportMisspellings, VARIABLES } from './misspellings.ts'
import { readPlansFile } from './plans-file.ts'
import { readStripe, type StripeSettings } from './stripe-keys.ts'
import { type JwtKey, readJwtKey } from './token-key.ts'
import { type ConfigProblem, flagOf, type Report, reportQuotes, textOf, type Variables, wordOf } from './variables.ts'

export type { ConfigProblem }

export type LogLevel = 'debug' | 'info' | 'warning' | 'error'

/** All that can be set, checked and complete. */
export interface Config extends Addresses, DatabasePlace {
  readonly environment: 'development' | 'production'
  readonly stripe: StripeSettings
  readonly jwt: JwtKey
  readonly jwtIssuer: string | null
  readonly jwtAudience: string | null
  readonly appWebhook: AppWebhookPlace | null
  readonly catalogue: Catalogue
  readonly publicPlans: boolean
  /** Whether Stripe works tax out on what is sold. */
  readonly automaticTax: boolean
  readonly logLevel: LogLevel
}

export type ConfigReading =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Reads the whole configuration and names everything that is wrong with it at once. */
export function readConfig(variables: Variables): ConfigReading {
  const { config, problems } = inspectConfig(variables)
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

/** The configuration with whatever is wrong with it. What was refused holds some value that must not be used. */
export function inspectConfig(variables: Variables) {
  const problems: ConfigProblem[] = []
  const report: Report = (variable, problem, cure) => problems.push({ variable, problem, cure })
  const config = assemble(variables, report)
  reportQuotes(variables, VARIABLES, report)
  reportMisspellings(variables, report)
  return { config, problems }
}

/** Puts the parts together. Where one is refused it holds some value that is never used. */
function assemble(variables: Variables, report: Report): Config {
  const environment = wordOf(variables, 'APP_ENV', ['development', 'production'], report) ?? 'development'
  const production = environment === 'production'
  return {
    environment,
    ...readAddresses(variables, production, report),
    ...readDatabaseUrl(variables, report),
    stripe: readStripe(variables, production, report),
    jwt: readJwtKey(variables, production, report),
    jwtIssuer: textOf(variables, 'JWT_ISSUER'),
    jwtAudience: textOf(variables, 'JWT_AUDIENCE'),
    appWebhook: readAppWebhook(variables, report),
    catalogue: readCatalogue(variables, report),
    publicPlans: flagOf(variables, 'PUBLIC_PLANS', report),
    automaticTax: flagOf(variables, 'STRIPE_AUTOMATIC_TAX', report),
    logLevel: wordOf(variables, 'LOG_LEVEL', ['debug', 'info', 'warning', 'error'], report) ?? 'info',
  }
}

function readCatalogue(variables: Variables, report: Report): Catalogue {
  const file = textOf(variables, 'PLANS_FILE')
  if (file === null) return BUILT_IN_PLANS
  const reading = readPlansFile(file)
  if (reading.ok) return reading.catalogue
  for (const problem of reading.problems) report('PLANS_FILE', `${file}: ${problem}`, `Mend it in ${file}.`)
  return BUILT_IN_PLANS
}
