import { shownDiscount as shown } from '../domain/discount.ts'
import { isoTimeOrNull } from '../domain/period.ts'
import type { ObservedSubscription } from '../domain/subscription.ts'

export interface ShownDiscount {
  readonly code: string | null
  readonly percent_off: number | null
  readonly amount_off: number | null
  readonly currency: string | null
  /** Minor units off each period's base price; null where it is not known. */
  readonly saves: number | null
  readonly ends_at: string | null
}

export interface DiscountAnswer {
  readonly subscription_id: string
  readonly plan_name: string | null
  readonly status: string
  readonly discount: ShownDiscount | null
}

/** The discount of a subscription as it is shown; null when there is none. */
export function shownDiscount({ discount, price, currentPeriodEnd }: ObservedSubscription): ShownDiscount | null {
  if (discount === null) return null
  const whole = price === null || price.amount === null ? null : { amount: price.amount, currency: price.currency }
  const { ends_at, ...same } = shown(discount, whole, currentPeriodEnd)
  return { ...same, ends_at: isoTimeOrNull(ends_at) }
}
