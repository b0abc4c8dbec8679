import { billedServices, type Catalogue, isPriceOf, meteredLookupKey, type PriceIds } from './catalogue.ts'
import { meteredPeriodAt } from './held-terms.ts'
import { minorUnits } from './money.ts'
import type { Instant, Period } from './period.ts'
import { planBought } from './plan-version.ts'
import { amountOf, SERVICES, type ServiceType } from './quantity.ts'
import type { Subscription } from './subscription.ts'
import { sumUsage, type UsageTotal } from './usage.ts'

export interface BillLine {
  readonly description: string | null
  /** Null where there is nothing to count. */
  readonly quantity: number | null
  readonly amount: number
  /** A part of a period: what is left of the old plan given back, or of the new one charged. */
  readonly isProration: boolean
  /** Null of what is for no stretch of time. */
  readonly period: Period | null
  /** Null of what is no price of Stripe's. */
  readonly priceId: string | null
}

/** What something costs line by line, as Stripe has it; all in minor units of the currency. */
export interface Bill {
  readonly currency: string
  readonly lines: readonly BillLine[]
  readonly subtotal: number
  readonly discount: number
  /** Null of what tax was not worked out for: a one-time payment. */
  readonly tax: number | null
  readonly total: number
  /** The total less the customer's credit. */
  readonly amountDue: number
  readonly receiptUrl: string | null
}

/** The next invoice of a subscription, as Stripe foresees it. */
export interface UpcomingBill extends Bill {
  /** When it is made, and charged within the hour or so; null where it is of unreported use alone. */
  readonly at: Instant | null
}

/** What Stripe's meters have not been told yet, a line a service. */
export interface UnreportedUse {
  readonly currency: string
  readonly lines: readonly ForeseenLine[]
}

/** A line of the next invoice, and whether Stripe knows of it. */
export interface ForeseenLine extends BillLine {
  readonly isReported: boolean
}

/**
 * What Stripe's meters have not been told yet of the use of a period, a line a service: our own cost of all of it less what
 * the lines of Stripe's preview charge for it already. Stripe's line may be ahead by a correction that is under way; then
 * there is nothing to add.
 */
export function unreportedLines(
  catalogue: Catalogue,
  priceIds: PriceIds,
  subscription: Subscription,
  totals: readonly UsageTotal[],
  known: readonly BillLine[],
  now: Instant,
): readonly ForeseenLine[] {
  const plan = planBought(catalogue, subscription)
  const period = meteredPeriodAt(subscription, now)
  const within = totals.filter(({ allowanceStart }) => isWithin(period, allowanceStart))
  if (plan === null) return []
  return billedServices(plan).flatMap((service) => {
    const lookupKey = meteredLookupKey(plan.name, service)
    const priceId = priceIds.get(lookupKey) ?? null
    const sum = sumUsage(within.filter((total) => total.service === service))
    const told = known.filter((line) => line.priceId !== null && isPriceOf(priceIds, lookupKey, line.priceId))
    const amount = minorUnits(sum.exactBillableCost) - told.reduce((all, line) => all + line.amount, 0)
    if (amount <= 0) return []
    const quantity = amountOf(sum.billable, SERVICES[service].unitQuanta) - told.reduce(addQuantity, 0)
    return [{ ...describedUse(service, quantity), amount, period, priceId }]
  })
}

function isWithin({ start, end }: Period, at: Instant | null): boolean {
  return at !== null && at >= start && at < end
}

function addQuantity(all: number, { quantity }: BillLine): number {
  return all + (quantity ?? 0)
}

function describedUse(service: ServiceType, quantity: number) {
  const rounded = Math.max(0, Math.round(quantity * 1_000_000) / 1_000_000)
  const description = `${rounded} ${SERVICES[service].unit} of ${service}, not yet reported to Stripe`
  return { description, quantity: rounded, isProration: false, isReported: false }
}
