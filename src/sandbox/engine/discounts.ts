import type { Turn } from '../turn.ts'
import type { Coupon, Customer, Discount, InvoiceLine, Subscription, SubscriptionItem } from '../wire.ts'
import { amountsOff } from './currency-options.ts'
import { recall } from './memory.ts'
import { percentOf, product, share } from './money.ts'

export interface ActiveDiscount {
  readonly id: string
  readonly coupon: Coupon
  /** What it takes off by currency, when it is no percentage. */
  readonly amounts: Readonly<Record<string, number>>
  /** Products it is limited to; all without. */
  readonly products: readonly string[] | undefined
}

/** The discounts of these ids that still hold at that moment, in their order. */
export function activeDiscounts(turn: Turn, ids: readonly string[] | null | undefined, now: number): ActiveDiscount[] {
  return (ids ?? []).flatMap((id) => {
    const discount = turn.store.objects.find('discount', id)
    return discount && holds(turn, discount, now) ? withCoupon(turn, discount) : []
  })
}

function withCoupon(turn: Turn, discount: Discount): ActiveDiscount[] {
  const coupon = turn.store.objects.find('coupon', discount.source.coupon ?? '')
  return coupon ? [discountBy(turn, coupon, discount.id)] : []
}

/** What a coupon takes off, under the id of the discount that it makes. */
export function discountBy(turn: Turn, coupon: Coupon, id: string): ActiveDiscount {
  return { id, coupon, amounts: amountsOff(turn, coupon), products: recall(turn, 'applies_to', coupon.id) }
}

/** A `once` discount is over when an invoice has used it, a repeating one when its months are. */
export function holds(turn: Turn, discount: Discount, now: number): boolean {
  if (discount.end !== null && discount.end <= now) return false
  return recall(turn, 'spent', discount.id) !== true
}

/** A subscription's own discounts stand in for its customer's. */
export function inheritedDiscounts(customer: Customer, subscription: Subscription | null): string[] {
  if (subscription && subscription.discounts.length > 0) return subscription.discounts
  return customer.discount ? [customer.discount.id] : []
}

/** What a discount looks at in a line, of an invoice or of a checkout. */
export type Discountable = Pick<InvoiceLine, 'amount' | 'currency' | 'discountable' | 'discount_amounts' | 'pricing'>

/** Lines with their discounts: each line's own first, then the invoice's, each on what the former have left. */
export function discounted<Line extends Discountable>(
  lines: readonly Line[],
  ofLine: (line: Line) => readonly ActiveDiscount[],
  ofInvoice: readonly ActiveDiscount[],
): Line[] {
  const own = lines.map((line) => ofLine(line).reduce((reduced, discount) => onOneLine(reduced, discount), line))
  return ofInvoice.reduce<Line[]>((reduced, discount) => acrossLines(reduced, discount), own)
}

const takes = (line: Discountable, { products }: ActiveDiscount) => {
  const of = line.pricing?.price_details?.product
  return line.discountable && net(line) > 0 && (products === undefined || (of !== undefined && products.includes(of)))
}

/** What a line costs after the discounts applied so far. */
export const net = (line: Discountable) =>
  line.amount - (line.discount_amounts ?? []).reduce((sum, { amount }) => sum + amount, 0)

function onOneLine<Line extends Discountable>(line: Line, discount: ActiveDiscount): Line {
  if (!takes(line, discount)) return line
  const { percent_off: percent } = discount.coupon
  const off = Math.min(net(line), discount.amounts[line.currency] ?? 0)
  return reduce(line, discount, percent === null ? off : percentOf(net(line), percent))
}

const reduce = <Line extends Discountable>(line: Line, { id }: ActiveDiscount, amount: number): Line => ({
  ...line,
  discount_amounts: [...(line.discount_amounts ?? []), { amount, discount: id }],
})

/** A percentage comes off every line; an amount is spread over them by what they cost, to the last cent. */
function acrossLines<Line extends Discountable>(lines: readonly Line[], discount: ActiveDiscount): Line[] {
  if (discount.coupon.percent_off !== null) return lines.map((line) => onOneLine(line, discount))
  const whole = lines.reduce((sum, line) => sum + (takes(line, discount) ? net(line) : 0), 0)
  const off = Math.min(whole, discount.amounts[lines[0]?.currency ?? ''] ?? 0)
  let before = 0
  return lines.map((line) => {
    if (!takes(line, discount)) return line
    const upTo = before + net(line)
    const amount = share(String(off), upTo, whole) - share(String(off), before, whole)
    before = upTo
    return reduce(line, discount, amount)
  })
}

/** A full-period price as it is after percentages: the basis of a debit for the rest of a period. */
export function afterPercentages(amount: string, productId: string, discounts: readonly ActiveDiscount[]): string {
  return discounts.reduce((left, { coupon, products }) => {
    if (coupon.percent_off === null || (products && !products.includes(productId))) return left
    return product(left, product(String(100 - coupon.percent_off), '0.01'))
  }, amount)
}

/** Totals by discount, as an invoice shows them. */
export function totalDiscounts(
  lines: readonly Pick<InvoiceLine, 'discount_amounts'>[],
): { amount: number; discount: string }[] {
  const totals = new Map<string, number>()
  for (const line of lines) {
    for (const { amount, discount } of line.discount_amounts ?? []) {
      totals.set(discount, (totals.get(discount) ?? 0) + amount)
    }
  }
  return [...totals].map(([discount, amount]) => ({ amount, discount }))
}

/** What comes off an item: its own discounts, then the subscription's or the customer's. */
export function discountsOf(
  turn: Turn,
  customer: Customer,
  subscription: Subscription,
  item: SubscriptionItem,
  now: number,
): ActiveDiscount[] {
  return activeDiscounts(turn, [...item.discounts, ...inheritedDiscounts(customer, subscription)], now)
}
