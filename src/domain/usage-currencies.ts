import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { currencyNow, currencyOf } from './currency.ts'
import { minorUnits } from './money.ts'
import { addMonths, allowancePeriodAt, type Instant } from './period.ts'
import { type Subscription, subscriptionAt } from './subscription.ts'
import { sumUsage, type UsageSum, type UsageTotal } from './usage.ts'

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
function currenciesIn(
  catalogue: Catalogue,
  { subscriptions, totals }: Pick<Account, 'subscriptions' | 'totals'>,
  month: string,
): readonly string[] {
  const used = totals.filter((total) => total.month === month)
  return [...new Set(used.map((total) => totalCurrency(catalogue, subscriptions, total)))].sort()
}

/** Sums of totals of whatever currencies: all that was used, and the costs in one of them. */
export function sumUsageIn(
  catalogue: Catalogue,
  subscriptions: readonly Subscription[],
  totals: readonly Omit<UsageTotal, 'month'>[],
  currency: string,
): UsageSum {
  const { exactCost, exactBillableCost } = sumUsage(
    totals.filter((total) => totalCurrency(catalogue, subscriptions, total) === currency),
  )
  return { ...sumUsage(totals), exactCost, exactBillableCost }
}

/** What the use of a calendar month cost in other currencies than the one in which the month is told. */
export function otherCurrencies(
  catalogue: Catalogue,
  account: Pick<Account, 'subscriptions' | 'totals'>,
  month: string,
  told: string,
) {
  const used = account.totals.filter((total) => total.month === month)
  const others = currenciesIn(catalogue, account, month).filter((currency) => currency !== told)
  return others.map((currency) => {
    const { exactCost, exactBillableCost } = sumUsageIn(catalogue, account.subscriptions, used, currency)
    return { currency, total_cost: minorUnits(exactCost), billable_total: minorUnits(exactBillableCost) }
  })
}
