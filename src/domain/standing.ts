import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { grantsLeft, usableGrants } from './grant.ts'
import type { Instant } from './period.ts'
import { amountOf, SERVICES, type ServiceType, type UsageUnit } from './quantity.ts'
import { remainingOf, sumUsage, termsAt, type UsageSum } from './usage.ts'
import { monthCurrency, sumUsageIn } from './usage-currencies.ts'

/** How a service stands in a period, in its unit. */
export interface Standing {
  readonly unit: UsageUnit
  readonly amount: number
  /** Null is without limit. */
  readonly included: number | null
  /** What can still be used before anything counts as overage: allowance and grants. */
  readonly remaining: number | null
  readonly overage: number
  /** The currency of the costs. */
  readonly currency: string
  /** Of a calendar month the costs are of that currency alone. */
  readonly sum: UsageSum
}

/**
 * A service in the allowance period that holds `at`; where `month` is given, the whole calendar month instead, with the
 * allowance of no subscription: nothing is included.
 */
export function standingOf(
  catalogue: Catalogue,
  account: Account,
  service: ServiceType,
  at: Instant,
  month: string | null,
): Standing {
  const terms = termsAt(catalogue, month === null ? account.subscriptions : [], service, at)
  const start = terms.allowance?.start ?? null
  const totals = account.totals.filter(
    (total) => total.service === service && (month === null ? total.allowanceStart === start : total.month === month),
  )
  const currency = month === null ? terms.currency : monthCurrency(catalogue, account, month)
  const sum = month === null ? sumUsage(totals) : sumUsageIn(catalogue, account.subscriptions, totals, currency)
  const { unit, unitQuanta } = SERVICES[service]
  const left = remainingOf(terms.included, sum.drawn)
  const remaining = left === null ? null : left + grantsLeft(usableGrants(account.grants, service, at))
  return {
    unit,
    amount: amountOf(sum.quantity, unitQuanta),
    included: terms.included === null ? null : amountOf(terms.included, unitQuanta),
    remaining: remaining === null ? null : amountOf(remaining, unitQuanta),
    overage: amountOf(sum.overage, unitQuanta),
    currency,
    sum,
  }
}
