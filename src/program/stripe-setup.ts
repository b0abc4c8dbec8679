import { configurationRefusal, type PlansReport, type StripeSetup } from '../adapters/cli/program.ts'
import { accountId } from '../adapters/stripe/account.ts'
import { createStripe } from '../adapters/stripe/client.ts'
import { misfitsAtStripe, openSetup as openSetupAt } from '../adapters/stripe/setup.ts'
import { stripeWebhookUrl } from '../config/addresses.ts'
import type { Config, ConfigProblem } from '../config/config.ts'
import { loadPlansFile } from '../config/environment.ts'
import { readPlansFile } from '../config/plans-file.ts'
import type { Catalogue } from '../domain/catalogue.ts'
import { configurationOf } from './configuration.ts'

/** What must be right for Stripe to be asked; the others may still be missing, such as the secret that setup brings. */
const STRIPE_VARIABLES = ['APP_ENV', 'STRIPE_SECRET_KEY', 'STRIPE_API_BASE', 'ALLOW_TEST_KEYS'] as const
const SETUP_VARIABLES = [...STRIPE_VARIABLES, 'PUBLIC_URL', 'PORT', 'PLANS_FILE'] as const

const NO_KEY: ConfigProblem = {
  variable: 'STRIPE_SECRET_KEY',
  problem: 'is missing, and the simulator that stands in for Stripe without it is set up at every start by itself',
  cure: 'To set up your own account, take its secret key from the Stripe Dashboard, under Developers > API keys.',
}

/** The setup of the configured account; refused where there is none. */
export async function openSetup(): Promise<StripeSetup> {
  const config = configurationOf(SETUP_VARIABLES)
  if (config.stripe.kind === 'sandbox') throw configurationRefusal([NO_KEY])
  const stripe = createStripe(config.stripe)
  const url = stripeWebhookUrl(config)
  const { plan, carryOut } = await openSetupAt(stripe, config.catalogue, url)
  return {
    account: await accountId(stripe),
    mode: config.stripe.livemode ? 'live' : 'test',
    plan: url === null ? { ...plan, notes: [...plan.notes, unreachable(config)] } : plan,
    webhookSecrets: config.stripe.webhookSecrets,
    carryOut: async (tell) => (await carryOut(tell)).map(({ secret }) => secret),
  }
}

function unreachable({ publicUrl, port }: Config): string {
  const place = publicUrl ?? `http://localhost:${port}`
  return (
    `Stripe cannot reach ${place} (PUBLIC_URL), so no webhook endpoint is made. On your own machine let the Stripe CLI bring ` +
    `the events, and put the secret that it prints into STRIPE_WEBHOOK_SECRET: stripe listen --forward-to ` +
    `${place.replace(/^https?:\/\//, '')}/payments/stripe-webhook`
  )
}

/**
 * Checks the catalogue of a file, or the configured one. What is wrong with the file that PLANS_FILE names is the answer
 * here, not a wrong use.
 */
export async function checkPlans(named: string | null): Promise<PlansReport> {
  const config = configurationOf(STRIPE_VARIABLES)
  const file = named ?? loadPlansFile(process.env, process.cwd())
  const reading = file === null ? { ok: true as const, catalogue: config.catalogue } : readPlansFile(file)
  const source = file ?? 'The built-in catalogue'
  if (!reading.ok) return { source, plans: [], problems: reading.problems, misfits: null }
  const plans = reading.catalogue.plans.map(({ name }) => name)
  return { source, plans, problems: [], misfits: await misfits(config, reading.catalogue) }
}

async function misfits({ stripe }: Config, catalogue: Catalogue): Promise<readonly string[] | null> {
  return stripe.kind === 'sandbox' ? null : misfitsAtStripe(createStripe(stripe), catalogue)
}
