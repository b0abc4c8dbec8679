import { type Instant, isoTimeOrNull } from './period.ts'
import { divideHalfUp } from './quantity.ts'
import type { ObservedSubscription } from './subscription.ts'

/** What a coupon takes off, and for how long. Either a percentage or an amount, the other is null. */
export interface DiscountTerms {
  /** Percent with at most two decimals. */
  readonly percentOff: number | null
  /** Minor units of `currency`. */
  readonly amountOff: number | null
  readonly currency: string | null
  readonly duration: 'once' | 'repeating' | 'forever'
  readonly durationInMonths: number | null
}

/** A discount as it stands on a subscription. */
export interface Discount extends DiscountTerms {
  /** The code that it came by; null for one that was given at Stripe without any. */
  readonly promotionCodeId: string | null
  readonly code: string | null
  /** Null is for ever, or until the next invoice when it is for once. */
  readonly endsAt: Instant | null
}

/** What comes off an amount, in minor units, half a unit up; never more than the amount itself. */
export function taken({ percentOff, amountOff }: DiscountTerms, amount: number): number {
  if (percentOff === null) return Math.min(amount, amountOff ?? 0)
  const hundredths = BigInt(Math.round(percentOff * 100))
  return Number(divideHalfUp(BigInt(amount) * hundredths, 10_000n))
}

/** A discount as it is shown. */
export interface ShownDiscount {
  readonly code: string | null
  readonly percent_off: number | null
  readonly amount_off: number | null
  readonly currency: string | null
  /** Minor units off each period's base price; null where it is not known. */
  readonly saves: number | null
  readonly ends_at: string | null
}

type Discounted = Pick<ObservedSubscription, 'discounts' | 'price' | 'currentPeriodEnd'>

/** What each discount of a subscription saves in a period, and until when; in their order, each of what is left by then. */
export function shownDiscounts({ discounts, price, currentPeriodEnd }: Discounted): ShownDiscount[] {
  let left = price?.amount ?? null
  return discounts.map((discount) => {
    const { code, percentOff, amountOff, currency, duration, endsAt } = discount
    const saves = left === null ? null : taken(discount, left)
    const shownIn = left === null ? currency : (price?.currency ?? currency)
    left = left === null || saves === null ? null : left - saves
    return {
      code,
      percent_off: percentOff,
      amount_off: amountOff,
      currency: shownIn,
      saves,
      ends_at: isoTimeOrNull(duration === 'once' ? (endsAt ?? currentPeriodEnd) : endsAt),
    }
  })
}

/** Whether a promotion code is on a subscription. */
export function hasCode({ discounts }: Pick<ObservedSubscription, 'discounts'>, promotionCodeId: string): boolean {
  return discounts.some((discount) => discount.promotionCodeId === promotionCodeId)
}
