import { amountsOff, inCurrency } from '../engine/currency-options.ts'
import { percentOf } from '../engine/money.ts'
import { totalOf } from '../engine/pricing.ts'
import { listOf } from '../http/listing.ts'
import type { CheckoutItem, StoredCheckout } from '../surface-kinds.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Coupon, ListOf, Price } from '../wire.ts'

export interface Sums {
  readonly subtotal: number
  readonly discount: number
  readonly total: number
}

interface Line {
  readonly item: CheckoutItem
  readonly price: Price
  readonly amount: number
}

/** What the buyer pays today: a trial makes the recurring part free for now, and usage is billed later. */
export function sumsOf(turn: Turn, session: Pick<StoredCheckout, 'sim_wish'>): Sums {
  const lines = linesOf(turn, session)
  const subtotal = lines.reduce((sum, { amount }) => sum + amount, 0)
  const discount = Math.min(
    subtotal,
    discountOn(turn, subtotal, lines[0]?.price.currency ?? '', couponOf(turn, session)),
  )
  return { subtotal, discount, total: subtotal - discount }
}

export function linesOf(turn: Turn, { sim_wish: wish }: Pick<StoredCheckout, 'sim_wish'>): Line[] {
  const trial = wish.subscription.trial_period_days !== undefined || wish.subscription.trial_end !== undefined
  return wish.items.map((item) => {
    const price = inCurrency(turn, referenced(turn, 'price', item.price, 'line_items'), wish.currency)
    const free = price.recurring !== null && (trial || price.recurring.usage_type === 'metered')
    const amount = free ? 0 : Math.round(Number(totalOf(turn, price, String(item.quantity ?? 1))))
    return { item, price, amount }
  })
}

function couponOf(turn: Turn, { sim_wish: wish }: Pick<StoredCheckout, 'sim_wish'>): Coupon | undefined {
  const code = wish.promotionCode === null ? undefined : turn.store.objects.find('promotion_code', wish.promotionCode)
  const id = wish.coupon ?? code?.promotion.coupon
  return id ? turn.store.objects.find('coupon', id) : undefined
}

function discountOn(turn: Turn, subtotal: number, currency: string, coupon: Coupon | undefined): number {
  if (!coupon) return 0
  const { percent_off: percent } = coupon
  return percent === null ? (amountsOff(turn, coupon)[currency] ?? 0) : percentOf(subtotal, percent)
}

/** The lines as the API lists them. */
export function lineItemsOf(turn: Turn, session: StoredCheckout): ListOf<object> {
  const { subtotal, discount } = sumsOf(turn, session)
  const items = linesOf(turn, session).map(({ item, price, amount }) => {
    // Each line bears its part of the discount.
    const part = subtotal === 0 ? 0 : Math.round((discount * amount) / subtotal)
    return {
      id: item.id,
      object: 'item',
      adjustable_quantity: item.adjustable ? { enabled: true, ...item.adjustable } : null,
      amount_discount: part,
      amount_subtotal: amount,
      amount_tax: 0,
      amount_total: amount - part,
      currency: price.currency,
      description: productName(turn, price),
      metadata: {},
      price,
      quantity: item.quantity,
    }
  })
  return listOf(items, `/v1/checkout/sessions/${session.id}/line_items`)
}

export const productName = (turn: Turn, price: Price) =>
  turn.store.objects.find('product', price.product)?.name ?? price.nickname ?? price.id
