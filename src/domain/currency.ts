import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import type { CurrencyRates, Rate } from './money.ts'
import { liveSubscription, type Subscription } from './subscription.ts'
import type { UsageRecord } from './usage.ts'

/** What is not sold in a currency costs nothing there. What a plan bills has a rate in every currency that it is sold in. */
const NOTHING: Rate = '0'

/** The rate of a service in a currency. */
export function rateIn(
  { currency: own }: Pick<Catalogue, 'currency'>,
  { rate, currencyOptions }: { readonly rate: Rate; readonly currencyOptions?: CurrencyRates | undefined },
  currency: string,
): Rate {
  return currency === own ? rate : (currencyOptions?.[currency] ?? NOTHING)
}

/** The currency that a subscription is paid in, which Stripe never changes; without a subscription the catalogue's. */
export function currencyOf({ currency }: Pick<Catalogue, 'currency'>, subscription: Subscription | null): string {
  return subscription?.price?.currency ?? currency
}

/** The currency to speak of: that of the live subscription, else the catalogue's. */
export function currencyNow(catalogue: Catalogue, { subscriptions }: Pick<Account, 'subscriptions'>): string {
  return currencyOf(catalogue, liveSubscription(subscriptions))
}

/** The currency of what a record cost: that of the subscription that it counted under. */
export function recordCurrency(
  catalogue: Catalogue,
  subscriptions: readonly Subscription[],
  { subscriptionId }: Pick<UsageRecord, 'subscriptionId'>,
): string {
  return currencyOf(catalogue, subscriptions.find(({ id }) => id === subscriptionId) ?? null)
}
