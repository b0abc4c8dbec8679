import { type DiscountTerms, taken } from './discount.ts'
import { BillingError } from './errors.ts'
import type { Instant } from './period.ts'

/** A promotion code as Stripe shows it, together with what Stripe knows of the customer and of the price in question. */
export interface PromotionCode {
  readonly id: string
  readonly code: string
  /** Switched on, and its coupon is valid. */
  readonly isActive: boolean
  /** The earlier of its own and its coupon's last moment; null is never. */
  readonly expiresAt: Instant | null
  readonly isUsedUp: boolean
  /** Whose it is alone; null is everybody's. */
  readonly customerId: string | null
  readonly firstTimeOnly: boolean
  readonly minimum: { readonly amount: number; readonly currency: string } | null
  readonly terms: DiscountTerms
  /** Whether its coupon takes something off the price that was asked for; true where none was. */
  readonly coversPrice: boolean
  readonly customerHasPaid: boolean
}

export type PromotionRefusal =
  | 'not_found'
  | 'expired'
  | 'used_up'
  | 'inactive'
  | 'other_customer'
  | 'first_time_only'
  | 'wrong_currency'
  | 'minimum_amount'
  | 'other_plan'

const WORDS: Readonly<Record<PromotionRefusal, string>> = {
  not_found: 'There is no such promotion code. Check how it is written.',
  expired: 'The promotion code has expired.',
  used_up: 'The promotion code was used as often as it may be.',
  inactive: 'The promotion code is not in use any more.',
  other_customer: 'The promotion code is for another customer.',
  first_time_only: 'The promotion code is for the first purchase only, and there was one before.',
  wrong_currency: 'The promotion code is for another currency than this price.',
  minimum_amount: 'The price is below what the promotion code asks for.',
  other_plan: 'The promotion code is not for this plan.',
}

export interface Purchase {
  readonly customerId: string | null
  /** Null where no price is in question. */
  readonly price: { readonly amount: number; readonly currency: string } | null
  readonly at: Instant
}

/** Why somebody may not use a code for a purchase; null when he may. */
function refusalOf(promotion: PromotionCode | null, purchase: Purchase): PromotionRefusal | null {
  if (promotion === null) return 'not_found'
  const { price, customerId, at } = purchase
  const { minimum, terms } = promotion
  if (promotion.expiresAt !== null && promotion.expiresAt <= at) return 'expired'
  if (promotion.isUsedUp) return 'used_up'
  if (!promotion.isActive) return 'inactive'
  if (promotion.customerId !== null && promotion.customerId !== customerId) return 'other_customer'
  if (promotion.firstTimeOnly && promotion.customerHasPaid) return 'first_time_only'
  if (price === null) return null
  if (terms.amountOff !== null && terms.currency !== price.currency) return 'wrong_currency'
  if (minimum !== null && minimum.currency !== price.currency) return 'wrong_currency'
  if (minimum !== null && price.amount < minimum.amount) return 'minimum_amount'
  return promotion.coversPrice ? null : 'other_plan'
}

/** The code, for use with this purchase. Refuses with `promotion_code_invalid` at the field that the code came in. */
export function usableCode(
  promotion: PromotionCode | null,
  purchase: Purchase,
  path = '/promotion_code',
): PromotionCode {
  const refusal = refusalOf(promotion, purchase)
  if (promotion !== null && refusal === null) return promotion
  const message = WORDS[refusal ?? 'not_found']
  throw new BillingError('promotion_code_invalid', message, { fields: [{ path, message }] })
}

/** Whether a code can be used, and what it takes off. */
export function shownPromotion(code: string, promotion: PromotionCode | null, purchase: Purchase) {
  const reason = refusalOf(promotion, purchase)
  const { price } = purchase
  const terms = promotion?.terms
  const first = reason === null && price !== null && terms ? price.amount - taken(terms, price.amount) : null
  return {
    valid: reason === null,
    code: promotion?.code ?? code,
    percent_off: terms?.percentOff ?? null,
    amount_off: terms?.amountOff ?? null,
    currency: price?.currency ?? terms?.currency ?? null,
    duration: terms?.duration ?? null,
    duration_in_months: terms?.durationInMonths ?? null,
    amount: price?.amount ?? null,
    first_discounted_amount: first,
    reason,
    detail: reason === null ? null : WORDS[reason],
  }
}
