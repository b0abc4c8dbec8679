import type { Stripe } from 'stripe'
import { inspectDatabase } from '../adapters/sqlite/inspect.ts'
import { type AccountFacts, lookAtAccount } from '../adapters/stripe/account.ts'
import { createStripe } from '../adapters/stripe/client.ts'
import { examineEndpoints, misfitsAtStripe } from '../adapters/stripe/setup.ts'
import { isOnThisMachine, stripeWebhookUrl } from '../config/addresses.ts'
import type { Config } from '../config/config.ts'
import { operatorReason } from '../domain/errors.ts'
import { type Finding, ok, problem, warning } from '../domain/finding.ts'

/** Keys and account, clocks, prices and meters, and whether events come here. */
export async function stripeFindings(config: Config): Promise<readonly Finding[]> {
  if (config.stripe.kind === 'sandbox')
    return [ok('stripe', 'Sandbox mode: a simulator stands in for Stripe and is set up at every start.')]
  const stripe = createStripe(config.stripe)
  const account = await seen(() => lookAtAccount(stripe))
  if (account instanceof Error)
    return [
      problem('stripe', operatorReason(account), 'Check the key and the way to Stripe; usage is recorded meanwhile.'),
    ]
  return [
    accountFinding(account, config.stripe.livemode),
    ...ownerFindings(account, config.databaseFile),
    ...(isOnThisMachine(config.stripe)
      ? [ok('clock', 'A simulator on this machine signs its events by the same clock, however far its own is moved.')]
      : clockFindings(account.stripeTime, Date.now())),
    ...(await catalogueFindings(stripe, config)),
    ...(await deliveryFindings(stripe, config)),
  ]
}

export function accountFinding({ id, mayCharge }: AccountFacts, livemode: boolean): Finding {
  const name = 'stripe'
  const mode = livemode ? 'live' : 'test'
  if (id === null) return ok(name, `A restricted ${mode} key that may not ask for its account.`)
  if (livemode && mayCharge === false)
    return problem(
      name,
      `The account ${id} may not charge cards yet.`,
      'Finish its activation in the Stripe Dashboard.',
    )
  return ok(name, `The ${mode} keys belong to the account ${id}.`)
}

function ownerFindings({ id }: AccountFacts, databaseFile: string): readonly Finding[] {
  const owner = seenNow(() => inspectDatabase(databaseFile)?.stripeAccount ?? null)
  if (owner === null || id === null || owner === id) return []
  const cure = 'Give each Stripe account, the sandbox included, a database file of its own.'
  return [problem('database owner', `The database belongs to the account ${owner}, and the keys to ${id}.`, cure)]
}

const NOTED_SKEW_MS = 30_000
/** Signatures of events are refused from here on. */
const GREATEST_SKEW_MS = 300_000

/** Both times in milliseconds. Nothing to say where Stripe did not tell its own; signatures are checked by ours. */
export function clockFindings(stripeTime: number | null, at: number): readonly Finding[] {
  if (stripeTime === null) return []
  const skew = Math.abs(at - stripeTime)
  const seconds = Math.round(skew / 1_000)
  const cure = 'Let the clock of this machine be set by NTP.'
  if (skew < NOTED_SKEW_MS) return [ok('clock', 'It agrees with the clock of Stripe.')]
  const detail = `It is ${seconds} seconds ${at > stripeTime ? 'ahead of' : 'behind'} the clock of Stripe`
  return [
    skew < GREATEST_SKEW_MS
      ? warning('clock', `${detail}.`, cure)
      : problem('clock', `${detail}: the signatures of its events are refused.`, cure),
  ]
}

async function catalogueFindings(stripe: Stripe, { catalogue }: Config): Promise<readonly Finding[]> {
  const name = 'prices and meters'
  const misfits = await seen(() => misfitsAtStripe(stripe, catalogue))
  if (misfits instanceof Error) return [unseen(name, misfits)]
  if (misfits.length === 0) return [ok(name, 'Stripe has every price and meter of the catalogue.')]
  return misfits.map((misfit) => problem(name, `${misfit}.`, 'Run "speech-billing stripe setup".'))
}

async function deliveryFindings(stripe: Stripe, config: Config): Promise<readonly Finding[]> {
  const url = stripeWebhookUrl(config)
  const cure = 'Keep "stripe listen --forward-to …/payments/stripe-webhook" running; in production set PUBLIC_URL.'
  if (url === null)
    return [
      config.environment === 'production'
        ? problem('webhook endpoint', 'PUBLIC_URL is not set, or is this machine itself: Stripe cannot reach it.', cure)
        : ok('webhook endpoint', 'On one’s own machine the Stripe CLI brings the events.'),
    ]
  const findings = await seen(() => examineEndpoints(stripe, config.catalogue, url))
  return findings instanceof Error ? [unseen('webhook endpoint', findings)] : findings
}

function unseen(name: string, error: Error): Finding {
  return warning(
    name,
    `Could not be looked at: ${operatorReason(error)}`,
    'Give the key the right to read it, or look there yourself.',
  )
}

/** What cannot be seen is a finding and no reason to end. */
async function seen<T>(look: () => Promise<T>): Promise<T | Error> {
  try {
    return await look()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** A database that cannot be read is told of elsewhere. */
function seenNow<T>(look: () => T): T | null {
  try {
    return look()
  } catch {
    return null
  }
}
