import type { Stripe } from 'stripe'
import type { Discount, DiscountTerms } from '../../../domain/discount.ts'
import { idOf, type Known, known, millisecondsOrNull } from './values.ts'

const DURATION = { forever: 'forever', once: 'once', repeating: 'repeating' } as const satisfies Record<
  Known<Stripe.Coupon['duration']>,
  DiscountTerms['duration']
>

export function toDiscount(discount: string | Stripe.Discount): readonly Discount[] {
  const coupon = typeof discount === 'object' ? discount.source.coupon : null
  if (typeof discount !== 'object' || coupon === null || typeof coupon === 'string') return []
  const { promotion_code: code, end } = discount
  return [
    {
      ...toTerms(coupon),
      promotionCodeId: idOf(code),
      code: typeof code === 'object' ? (code?.code ?? null) : null,
      endsAt: millisecondsOrNull(end),
    },
  ]
}

export function toTerms(coupon: Stripe.Coupon): DiscountTerms {
  const { percent_off, amount_off, currency, duration_in_months } = coupon
  return {
    percentOff: percent_off,
    amountOff: amount_off,
    currency,
    duration: known(DURATION, coupon.duration),
    durationInMonths: duration_in_months,
  }
}
