import { change, create } from '../events/record.ts'
import { invalid } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Coupon, Customer, Discount, PromotionCode } from '../wire.ts'
import { amountsOff } from './currency-options.ts'
import { stepsFromAnchor } from './periods.ts'

export interface DiscountWish {
  readonly coupon?: string | undefined
  readonly discount?: string | undefined
  readonly promotion_code?: string | undefined
}

/** What a discount is put on. */
export interface Target {
  readonly customer: Customer
  readonly subscription?: string
  readonly subscriptionItem?: string
  readonly invoice?: string
  readonly invoiceItem?: string
  /** What the purchase costs before it, for codes that ask for a minimum. */
  readonly amount?: number
}

/** Redeems coupons and codes for a target: ids of its discounts, in the order wished for. */
export function redeem(turn: Turn, wishes: readonly DiscountWish[], target: Target, name = 'discounts'): string[] {
  return wishes.map((wish, index) => discountOf(turn, wish, target, `${name}[${index}]`).id)
}

function discountOf(turn: Turn, wish: DiscountWish, target: Target, name: string): Discount {
  const named = [wish.coupon, wish.discount, wish.promotion_code].filter((value) => value !== undefined)
  if (named.length !== 1) {
    throw invalid('You must pass exactly one of coupon, discount or promotion_code for each discount.', name)
  }
  if (wish.discount !== undefined) return referenced(turn, 'discount', wish.discount, `${name}[discount]`)
  if (wish.coupon !== undefined)
    return apply(turn, referenced(turn, 'coupon', wish.coupon, `${name}[coupon]`), null, target)
  const code = referenced(turn, 'promotion_code', wish.promotion_code ?? '', `${name}[promotion_code]`)
  return applyCode(turn, code, target, `${name}[promotion_code]`)
}

/** Redeems a promotion code if this customer may. */
export function applyCode(turn: Turn, code: PromotionCode, target: Target, name = 'promotion_code'): Discount {
  const refusal = whyNot(turn, code, target)
  if (refusal) throw invalid(refusal, name)
  const coupon = referenced(turn, 'coupon', code.promotion.coupon ?? '', name)
  const discount = apply(turn, coupon, code.id, target)
  const times = code.times_redeemed + 1
  const spent = code.max_redemptions !== null && times >= code.max_redemptions
  change(turn, 'promotion_code', code, { times_redeemed: times, ...(spent ? { active: false } : {}) })
  return discount
}

/** Why a code cannot be redeemed; undefined when it can. */
function whyNot(turn: Turn, code: PromotionCode, target: Target): string | undefined {
  const { customer, amount } = target
  const { restrictions } = code
  const now = turn.now(customer.id)
  if (!code.active || (code.expires_at !== null && code.expires_at <= now)) return 'This promotion code is not active.'
  if (code.customer !== null && code.customer !== customer.id) {
    return 'This promotion code cannot be redeemed by this customer.'
  }
  if (restrictions.first_time_transaction && hasPaid(turn, customer)) {
    return 'This promotion code cannot be redeemed because the associated customer has prior transactions.'
  }
  const least = restrictions.minimum_amount
  if (least !== null && amount !== undefined && amount < least) {
    return 'This promotion code cannot be redeemed because the minimum amount is not met.'
  }
  return undefined
}

const hasPaid = (turn: Turn, customer: Customer) =>
  turn.store.objects.select('charge', { customer: customer.id }).some((charge) => charge.paid)

function apply(turn: Turn, coupon: Coupon, code: string | null, target: Target): Discount {
  const { customer } = target
  const now = turn.now(customer.id)
  requireValid(turn, coupon, customer, now)
  const times = coupon.times_redeemed + 1
  const spent = coupon.max_redemptions !== null && times >= coupon.max_redemptions
  change(turn, 'coupon', coupon, { times_redeemed: times, ...(spent ? { valid: false } : {}) })
  const months = coupon.duration === 'repeating' ? coupon.duration_in_months : null
  const discount: Discount = {
    id: freshId('di'),
    object: 'discount',
    checkout_session: null,
    customer: customer.id,
    customer_account: null,
    end: months === null ? null : stepsFromAnchor(now, { interval: 'month', interval_count: 1 }, months),
    invoice: target.invoice ?? null,
    invoice_item: target.invoiceItem ?? null,
    promotion_code: code,
    source: { coupon: coupon.id, type: 'coupon' },
    start: now,
    subscription: target.subscription ?? null,
    subscription_item: target.subscriptionItem ?? null,
  }
  return create(turn, 'discount', discount, 'customer.discount.created')
}

function requireValid(turn: Turn, coupon: Coupon, customer: Customer, now: number): void {
  const expired = coupon.redeem_by !== null && coupon.redeem_by <= now
  if (!coupon.valid || expired) throw invalid(`Coupon expired: ${coupon.id}`, 'coupon', 'coupon_expired')
  const { currency } = customer
  if (coupon.amount_off !== null && currency && amountsOff(turn, coupon)[currency] === undefined) {
    throw invalid(`The coupon ${coupon.id} is in ${coupon.currency}, the customer pays in ${currency}.`, 'coupon')
  }
}
