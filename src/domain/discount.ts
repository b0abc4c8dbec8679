import type { Instant } from './period.ts'
import { divideHalfUp } from './quantity.ts'

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

/** A discount as it is shown: what it saves in each period, and until when. */
export function shownDiscount(
  discount: Discount,
  price: { readonly amount: number; readonly currency: string } | null,
  currentPeriodEnd: Instant,
) {
  const { code, percentOff, amountOff, currency, duration, endsAt } = discount
  return {
    code,
    percent_off: percentOff,
    amount_off: amountOff,
    currency: price?.currency ?? currency,
    saves: price === null ? null : taken(discount, price.amount),
    ends_at: duration === 'once' ? (endsAt ?? currentPeriodEnd) : endsAt,
  }
}
