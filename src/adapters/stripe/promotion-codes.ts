import type { Stripe } from 'stripe'
import type { PromotionCode } from '../../domain/promotion-code.ts'
import { reached, reachedOrMissing } from './refusals.ts'
import { toTerms } from './translate/discount.ts'
import { idOf, milliseconds } from './translate/values.ts'

/**
 * The promotion code that somebody has typed, in whatever case; null when there is none. Of several that were given the same
 * text one after the other, the one in use counts, and of those the customer's own.
 */
export async function findPromotionCode(
  stripe: Stripe,
  code: string,
  customerId: string | null,
  priceId: string | null,
): Promise<PromotionCode | null> {
  const { data } = await reached(stripe.promotionCodes.list({ code, limit: 100 }))
  const active = data.filter((candidate) => candidate.active)
  const found =
    active.find((candidate) => customerId !== null && idOf(candidate.customer) === customerId) ??
    active.find((candidate) => candidate.customer === null) ??
    active[0] ??
    data[0]
  const couponId = idOf(found?.promotion.coupon)
  const coupon = couponId && (await reachedOrMissing(stripe.coupons.retrieve(couponId, { expand: ['applies_to'] })))
  if (found === undefined || !coupon) return null
  const { restrictions } = found
  return {
    id: found.id,
    code: found.code,
    isActive: found.active && coupon.valid,
    expiresAt: earlier(found.expires_at, coupon.redeem_by),
    isUsedUp: isUsedUp(found) || isUsedUp(coupon),
    customerId: idOf(found.customer),
    firstTimeOnly: restrictions.first_time_transaction,
    minimum:
      restrictions.minimum_amount === null
        ? null
        : { amount: restrictions.minimum_amount, currency: restrictions.minimum_amount_currency ?? '' },
    terms: toTerms(coupon),
    coversPrice: await coversPrice(stripe, coupon, priceId),
    customerHasPaid: customerId !== null && (await hasPaid(stripe, customerId)),
  }
}

function earlier(...seconds: readonly (number | null)[]): number | null {
  const times = seconds.filter((time) => time !== null)
  return times.length === 0 ? null : milliseconds(Math.min(...times))
}

function isUsedUp({ max_redemptions: most, times_redeemed: times }: Stripe.PromotionCode | Stripe.Coupon): boolean {
  return most !== null && times >= most
}

async function coversPrice(stripe: Stripe, coupon: Stripe.Coupon, priceId: string | null): Promise<boolean> {
  const products = coupon.applies_to?.products
  if (products === undefined || products.length === 0 || priceId === null) return true
  const price = await reachedOrMissing(stripe.prices.retrieve(priceId))
  return price !== null && products.includes(idOf(price.product) ?? '')
}

/** What Stripe calls a prior transaction. */
async function hasPaid(stripe: Stripe, customer: string): Promise<boolean> {
  const { data } = await reached(stripe.charges.list({ customer, limit: 100 }))
  return data.some((charge) => charge.paid)
}
