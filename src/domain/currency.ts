import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import type { CurrencyRates, Rate } from './money.ts'
import { addMonths, allowancePeriodAt, type Instant } from './period.ts'
import { liveSubscription, type Subscription, subscriptionAt } from './subscription.ts'
import type { UsageRecord, UsageTotal } from './usage.ts'

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

/** The currency of a running total. */
export function totalCurrency(
  catalogue: Catalogue,
  subscriptions: readonly Subscription[],
  { allowanceStart }: Pick<UsageTotal, 'allowanceStart'>,
): string {
  if (allowanceStart === null) return catalogue.currency
  return currencyOf(catalogue, holderOf(subscriptions, allowanceStart))
}

/** Whose allowance period begins then: its anchor tells, or, where that was moved long ago, its time. */
function holderOf(subscriptions: readonly Subscription[], start: Instant): Subscription | null {
  const counts = (anchor: Instant) => allowancePeriodAt(anchor, start).start === start
  const held = subscriptions.filter((one) => [one, ...one.pastTerms].some(({ anchor }) => counts(anchor)))
  const end = addMonths(start, 1) - 1
  return subscriptionAt(held, end) ?? held[0] ?? subscriptionAt(subscriptions, end)
}

/**
 * The currency in which the money of a calendar month is told, which may hold use under subscriptions of several: that of
 * all its use where there is only one, else the one to speak of now. Different currencies are never added up.
 */
export function monthCurrency(catalogue: Catalogue, account: Pick<Account, 'subscriptions' | 'totals'>, month: string) {
  const [only, ...others] = currenciesIn(catalogue, account, month)
  return only !== undefined && others.length === 0 ? only : currencyNow(catalogue, account)
}

/** The currencies of what was used in a calendar month, sorted. */
export function currenciesIn(
  catalogue: Catalogue,
  { subscriptions, totals }: Pick<Account, 'subscriptions' | 'totals'>,
  month: string,
): readonly string[] {
  const used = totals.filter((total) => total.month === month)
  return [...new Set(used.map((total) => totalCurrency(catalogue, subscriptions, total)))].sort()
}
