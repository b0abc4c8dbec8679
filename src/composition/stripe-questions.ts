import type { Stripe } from 'stripe'
import type { Log } from '../adapters/process/log.ts'
import type { PriceBook } from '../adapters/process/price-book.ts'
import type { Store } from '../adapters/sqlite/store.ts'
import { accountId } from '../adapters/stripe/account.ts'
import { examineEndpoints } from '../adapters/stripe/setup.ts'
import { stripeWebhookUrl } from '../config/addresses.ts'
import type { Config } from '../config/config.ts'
import { foreignDatabase, missingPrice, type StripeProblem } from './stripe-problems.ts'

/** The first answers of Stripe's decide whether there is anything to serve; no answer leaves that open. */
export async function askStripe(
  stripe: Stripe,
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
export async function tellOfEndpoints(stripe: Stripe, config: Config, log: Log): Promise<void> {
  const url = config.stripe.kind === 'sandbox' ? null : stripeWebhookUrl(config)
  if (url === null) return
  try {
    for (const { status, detail, cure } of await examineEndpoints(stripe, config.catalogue, url))
      if (status !== 'ok') log.warning(`Stripe's events do not all come here as they should. ${detail}`, { cure })
  } catch (error) {
    log.debug('The webhook endpoints at Stripe could not be looked at.', { error })
  }
}
