import type { Catalogue } from './catalogue.ts'
import { currencyOf, rateIn } from './currency.ts'
import { termsHeldAt } from './held-terms.ts'
import { exactCost, minorUnits, type Rate } from './money.ts'
import { allowancePeriodAt, calendarDay, calendarMonth, type Instant, type Period } from './period.ts'
import type { Plan, ServiceTerms } from './plan.ts'
import { planBought } from './plan-version.ts'
import type { Quantity, ServiceType, UsageUnit } from './quantity.ts'
import { type Subscription, subscriptionAt } from './subscription.ts'

/**
 * What makes two reports the same use. `event`: the reporter's own id of the event, one per user over all services.
 * `resource`: a call or a transcript, which is used once per service.
 */
export type UsageIdentity =
  | { readonly kind: 'event'; readonly eventId: string }
  | { readonly kind: 'resource'; readonly service: ServiceType; readonly resourceId: string }

/** One recorded use. Immutable: what it cost and how much of it was over the allowance is fixed when it is recorded. */
export interface UsageRecord {
  readonly id: string
  readonly service: ServiceType
  /** What was used; negative in a correction. */
  readonly quantity: Quantity
  /** What it counts as, by the plan's increment and minimum: allowance, overage and cost go by it. */
  readonly rated: Quantity
  /** The record that this one corrects; null for a use. */
  readonly corrects: string | null
  readonly unit: UsageUnit
  readonly identity: UsageIdentity | null
  readonly resourceId: string | null
  readonly occurredAt: Instant
  readonly recordedAt: Instant
  readonly subscriptionId: string | null
  readonly planName: string | null
  /** Start of the allowance period that it counts in; null when there was no subscription at that moment. */
  readonly allowanceStart: Instant | null
  readonly rate: Rate
  /** The part over the included allowance that grants covered. */
  readonly granted: Quantity
  /** The part over the included allowance that nothing covered. */
  readonly overage: Quantity
  /** The part that is charged: the overage under the policy `bill`, else nothing. */
  readonly billable: Quantity
}

/** A running total. The finest that both sums need: one allowance period's part in one calendar month at one rate. */
export interface UsageTotal {
  readonly service: ServiceType
  readonly month: string
  readonly allowanceStart: Instant | null
  readonly rate: Rate
  readonly quantity: Quantity
  readonly rated: Quantity
  readonly granted: Quantity
  readonly overage: Quantity
  readonly billable: Quantity
}

/** The same for one day, for series. */
export interface DailyUsage extends Omit<UsageTotal, 'month'> {
  readonly day: string
}

/** The terms that hold for a use at a moment, and the allowance period that it counts in. */
export interface UsageTerms extends ServiceTerms {
  readonly subscription: Subscription | null
  /** With the terms that were bought. */
  readonly plan: Plan | null
  readonly planName: string | null
  readonly allowance: Period | null
  /** That of the rate: the subscription's. */
  readonly currency: string
}

const UNSOLD = { policy: 'block', included: 0n, increment: null, minimum: null } as const

/** Without a plan nothing is included, and nobody is charged: it is shown at list price and that is all. */
export function termsAt(
  catalogue: Catalogue,
  subscriptions: readonly Subscription[],
  service: ServiceType,
  at: Instant,
): UsageTerms {
  const subscription = subscriptionAt(subscriptions, at)
  const held = subscription && termsHeldAt(subscription, at)
  const plan = planBought(catalogue, held)
  const terms = plan?.services[service] ?? listed(catalogue, service)
  const currency = currencyOf(catalogue, subscription)
  return {
    ...terms,
    rate: rateIn(catalogue, terms, currency),
    currency,
    subscription,
    plan,
    planName: plan?.name ?? null,
    allowance: held ? allowancePeriodAt(held.anchor, at) : null,
  }
}

function listed({ rates, currencyOptions }: Catalogue, service: ServiceType): ServiceTerms {
  const others = currencyOptions?.[service]
  return { ...UNSOLD, rate: rates[service], ...(others === undefined ? {} : { currencyOptions: others }) }
}

/** Sums of running totals, and their price: exact sums first, one rounding at the end. */
export interface UsageSum {
  readonly quantity: Quantity
  readonly rated: Quantity
  /** What it draws on what is included: see `drawnOf`. */
  readonly drawn: Quantity
  readonly overage: Quantity
  readonly billable: Quantity
  readonly exactCost: bigint
  readonly exactBillableCost: bigint
}

/** Costs add up over services and rates, of one currency; quantities mean something only within a service. */
export function sumUsage(totals: readonly Omit<UsageTotal, 'month'>[]): UsageSum {
  let [quantity, rated, drawn, overage, billable, cost, billableCost] = [0n, 0n, 0n, 0n, 0n, 0n, 0n]
  for (const total of totals) {
    quantity += total.quantity
    rated += total.rated
    drawn += drawnOf(total)
    overage += total.overage
    billable += total.billable
    cost += exactCost(total.service, total.rated, total.rate)
    billableCost += exactCost(total.service, total.billable, total.rate)
  }
  return { quantity, rated, drawn, overage, billable, exactCost: cost, exactBillableCost: billableCost }
}

/** What a use counts as: at least the minimum, in whole increments. */
export function ratedQuantity(
  { increment, minimum }: Pick<ServiceTerms, 'increment' | 'minimum'>,
  quantity: Quantity,
): Quantity {
  const least = minimum !== null && quantity < minimum ? minimum : quantity
  if (increment === null) return least
  return ((least + increment - 1n) / increment) * increment
}

/**
 * What counts against the included allowance: all but what a grant covered or was charged by use. Whoever paid for minutes
 * and then moves to a plan that includes more does not pay for them a second time out of its allowance.
 */
export function drawnOf({ rated, granted, billable }: Pick<UsageTotal, 'rated' | 'granted' | 'billable'>): Quantity {
  return rated - granted - billable
}

/** How much of a service counts against what is included in one allowance period. */
export function usedIn(totals: readonly UsageTotal[], service: ServiceType, allowance: Period | null): Quantity {
  const start = allowance?.start ?? null
  return totals.reduce(
    (sum, total) => (total.service === service && total.allowanceStart === start ? sum + drawnOf(total) : sum),
    0n,
  )
}

/** The part of a new use that lies over what is included, when `used` has been used before it. */
export function overageOf(included: Quantity | null, used: Quantity, quantity: Quantity): Quantity {
  if (included === null) return 0n
  const over = used + quantity - included
  if (over <= 0n) return 0n
  return over < quantity ? over : quantity
}

/** What is left of the included allowance; null when it has no limit. */
export function remainingOf(included: Quantity | null, used: Quantity): Quantity | null {
  if (included === null) return null
  return used < included ? included - used : 0n
}

/** Minor units that a record costs at list price. */
export function costOf(record: Pick<UsageRecord, 'service' | 'rated' | 'rate'>): number {
  return minorUnits(exactCost(record.service, record.rated, record.rate))
}

/** The running total that a record belongs to, holding just that record. */
export function totalOf(record: UsageRecord): UsageTotal {
  const { service, allowanceStart, rate, quantity, rated, granted, overage, billable } = record
  const month = calendarMonth(record.occurredAt)
  return { service, month, allowanceStart, rate, quantity, rated, granted, overage, billable }
}

/** The UTC day on which it occurred, as YYYY-MM-DD. */
export function dayOf(record: UsageRecord): string {
  return calendarDay(record.occurredAt)
}
