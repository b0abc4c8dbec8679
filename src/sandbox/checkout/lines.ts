import { inCurrency } from '../engine/currency-options.ts'
import { type ActiveDiscount, type Discountable, discountBy, discounted, net } from '../engine/discounts.ts'
import { pricingOf } from '../engine/lines.ts'
import { totalOf } from '../engine/pricing.ts'
import { addedTax, includedTax, taxesOn } from '../engine/tax-rates.ts'
import { listOf } from '../http/listing.ts'
import { namedRates } from '../resources/tax-rates.ts'
import type { CheckoutItem, CheckoutWish, StoredCheckout } from '../surface-kinds.ts'
import { referenced, type Turn } from '../turn.ts'
import type { ListOf, Price } from '../wire.ts'

export interface Sums {
  readonly subtotal: number
  readonly discount: number
  readonly tax: number
  readonly total: number
}

interface Line extends Discountable {
  readonly item: CheckoutItem
  readonly price: Price
}

type Wished = Pick<StoredCheckout, 'sim_wish'>

/** What the buyer pays today: a trial makes the recurring part free for now, and usage is billed later. */
export function sumsOf(turn: Turn, session: Wished): Sums {
  const parts = linesOf(turn, session).map((line) => ({ ...line, ...taxOf(turn, session.sim_wish, line) }))
  const subtotal = parts.reduce((sum, { amount }) => sum + amount, 0)
  const charged = parts.reduce((sum, line) => sum + net(line), 0)
  const tax = parts.reduce((sum, { added, included }) => sum + added + included, 0)
  return { subtotal, discount: subtotal - charged, tax, total: parts.reduce((sum, { added }) => sum + added, charged) }
}

/** The lines by the very rules of an invoice: what each costs, and what comes off it. */
export function linesOf(turn: Turn, { sim_wish: wish }: Wished): Line[] {
  const trial = wish.subscription.trial_period_days !== undefined || wish.subscription.trial_end !== undefined
  const lines = wish.items.map((item) => {
    const price = inCurrency(turn, referenced(turn, 'price', item.price, 'line_items'), wish.currency)
    const free = price.recurring !== null && (trial || price.recurring.usage_type === 'metered')
    const amount = free ? 0 : Math.round(Number(totalOf(turn, price, String(item.quantity ?? 1))))
    const { currency } = price
    return { item, price, amount, currency, discountable: true, discount_amounts: [], pricing: pricingOf(price) }
  })
  return discounted<Line>(lines, () => [], discountOf(turn, wish))
}

function discountOf(turn: Turn, { promotionCode, coupon: named }: CheckoutWish): ActiveDiscount[] {
  const code = promotionCode === null ? undefined : turn.store.objects.find('promotion_code', promotionCode)
  const coupon = turn.store.objects.find('coupon', named ?? code?.promotion.coupon ?? '')
  return coupon ? [discountBy(turn, coupon, coupon.id)] : []
}

function taxOf(turn: Turn, wish: CheckoutWish, line: Line): { readonly added: number; readonly included: number } {
  const isRecurring = line.price.recurring !== null
  const own = line.item.taxRates ?? []
  const rates = namedRates(turn, own.length > 0 ? own : isRecurring ? (wish.defaultTaxRates ?? []) : [], 'line_items')
  const taxes = taxesOn(net(line), rates, null)
  return { added: addedTax(taxes), included: includedTax(taxes) }
}

/** The lines as the API lists them. */
export function lineItemsOf(turn: Turn, session: StoredCheckout): ListOf<object> {
  const items = linesOf(turn, session).map((line) => {
    const { added, included } = taxOf(turn, session.sim_wish, line)
    return {
      id: line.item.id,
      object: 'item',
      adjustable_quantity: line.item.adjustable ? { enabled: true, ...line.item.adjustable } : null,
      amount_discount: line.amount - net(line),
      amount_subtotal: line.amount,
      amount_tax: added + included,
      amount_total: net(line) + added,
      currency: line.currency,
      description: productName(turn, line.price),
      metadata: {},
      price: line.price,
      quantity: line.item.quantity,
    }
  })
  return listOf(items, `/v1/checkout/sessions/${session.id}/line_items`)
}

export const productName = (turn: Turn, price: Price) =>
  turn.store.objects.find('product', price.product)?.name ?? price.nickname ?? price.id
