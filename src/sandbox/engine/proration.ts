import type { Turn } from '../turn.ts'
import type { Customer, InvoiceItem, Subscription, SubscriptionItem } from '../wire.ts'
import { afterPercentages, discountsOf } from './discounts.ts'
import { pricingOf, productName } from './lines.ts'
import { type Billed, recall } from './memory.ts'
import { share, timesQuantity } from './money.ts'
import { newItem } from './pending-items.ts'
import type { Period } from './periods.ts'
import { chargesOf, totalOf } from './pricing.ts'
import { isMetered, stretchesOf, unbilledUsage, usageIn } from './usage.ts'

/** A change of a subscription's items in the eyes of the ledger. */
export interface ItemsChange {
  readonly customer: Customer
  readonly before: Subscription
  readonly after: Subscription
  readonly at: number
  /** Items whose period begins anew: they are billed in full, not for the rest of a period. */
  readonly restarted: (item: SubscriptionItem) => boolean
}

export interface Prorations {
  readonly items: readonly InvoiceItem[]
  /** What each item counts as billed for from now on. */
  readonly billed: readonly (readonly [item: string, billed: Billed | null])[]
}

/** Credits for what will not be used and debits for what will, to the second, each rounded for itself. */
export function prorate(turn: Turn, change: ItemsChange): Prorations {
  const { before, after } = change
  const removed = before.items.data.filter((item) => !after.items.data.some(({ id }) => id === item.id))
  const pairs = after.items.data.map((item) => {
    const former = before.items.data.find(({ id }) => id === item.id)
    return pairOf(turn, change, former, item)
  })
  const gone = removed.map((item) => pairOf(turn, change, item, undefined))
  const all = [...pairs, ...gone]
  return { items: all.flatMap(({ items }) => items), billed: all.flatMap(({ billed }) => billed) }
}

function pairOf(
  turn: Turn,
  change: ItemsChange,
  former: SubscriptionItem | undefined,
  item: SubscriptionItem | undefined,
): Prorations {
  const id = item?.id ?? former?.id ?? ''
  const restarts = item !== undefined && change.restarted(item)
  if (former && item && isSame(former, item) && !restarts) return { items: [], billed: [] }
  const credit = former && !isMetered(former) ? creditOf(turn, change, former) : undefined
  const due = item && !isMetered(item) && !restarts ? debitOf(turn, change, item) : undefined
  const items = [credit, due?.debit].filter((entry) => entry !== undefined)
  return { items, billed: [[id, due?.billed ?? null]] }
}

const isSame = (former: SubscriptionItem, item: SubscriptionItem) =>
  former.price.id === item.price.id &&
  former.quantity === item.quantity &&
  former.current_period_end === item.current_period_end

function creditOf(turn: Turn, change: ItemsChange, item: SubscriptionItem): InvoiceItem | undefined {
  const { before, at } = change
  if (before.status === 'trialing') return undefined
  const billed = basisOf(turn, change, item)
  if (!billed || at >= billed.end) return undefined
  const amount = 0 - share(billed.amount, billed.end - Math.max(at, billed.start), billed.end - billed.start)
  const period = { start: at, end: billed.end }
  const credited = creditedItems(turn, billed)
  return proration(turn, change, item, amount, period, 'Unused time on', credited)
}

/** Flexible billing credits what was debited; classic billing credits at the item's price, billed or not. */
function basisOf(turn: Turn, change: ItemsChange, item: SubscriptionItem): Billed | undefined {
  const billed = recall(turn, 'billed', item.id)
  if (change.before.billing_mode.type === 'flexible') return billed
  const { current_period_start: start, current_period_end: end } = item
  return { invoice: null, lines: [], ...billed, amount: fullPrice(turn, change, change.before, item), start, end }
}

function fullPrice(turn: Turn, change: ItemsChange, subscription: Subscription, item: SubscriptionItem): string {
  const discounts = discountsOf(turn, change.customer, subscription, item, change.at)
  const whole = totalOf(turn, item.price, String(item.quantity ?? 1))
  return afterPercentages(whole, item.price.product, discounts)
}

function creditedItems(turn: Turn, billed: Billed): NonNullable<InvoiceItem['proration_details']>['credited_items'] {
  const item = billed.item === undefined ? undefined : turn.store.objects.find('invoiceitem', billed.item)
  if (item?.invoice) {
    const lines = turn.store.objects.find('invoice', item.invoice)?.lines.data ?? []
    const found = lines.filter(({ parent }) => parent?.subscription_item_details?.invoice_item === item.id)
    return lineItems(
      item.invoice,
      found.map(({ id }) => id),
    )
  }
  if (item) return { invoice_item: item.id, type: 'invoice_item' }
  return billed.invoice === null ? null : lineItems(billed.invoice, billed.lines)
}

const lineItems = (invoice: string, lines: readonly string[]) => ({
  invoice_line_item_details: { invoice, invoice_line_items: [...lines] },
  type: 'invoice_line_items' as const,
})

function debitOf(
  turn: Turn,
  change: ItemsChange,
  item: SubscriptionItem,
): { debit: InvoiceItem; billed: Billed } | undefined {
  const { after, at } = change
  const { current_period_start: start, current_period_end: end } = item
  if (after.status === 'trialing' || at >= end) return undefined
  const whole = fullPrice(turn, change, after, item)
  const amount = share(whole, end - Math.max(at, start), end - start)
  const debit = proration(turn, change, item, amount, { start: at, end }, 'Remaining time on', null)
  return { debit, billed: { item: debit.id, invoice: null, lines: [], amount: whole, start, end } }
}

function proration(
  turn: Turn,
  { before, at }: ItemsChange,
  item: SubscriptionItem,
  amount: number,
  period: Period,
  words: string,
  credited_items: NonNullable<InvoiceItem['proration_details']>['credited_items'],
): InvoiceItem {
  const quantity = item.quantity ?? 1
  const unit = amount % quantity === 0 ? String(amount / quantity) : (amount / quantity).toFixed(12).replace(/0+$/, '')
  return newItem(turn, {
    amount,
    currency: before.currency,
    customer: before.customer,
    description: `${words} ${nameOf(turn, item, quantity)} after ${dateText(at)}`,
    discountable: false,
    metadata: before.metadata,
    parent: {
      subscription_details: { subscription: before.id, subscription_item: item.id },
      type: 'subscription_details',
    },
    period: { ...period },
    pricing: pricingOf(item.price, quantity === 0 ? '0' : unit),
    proration: true,
    proration_details: { credited_items, discount_amounts: [] },
    quantity,
    quantity_decimal: String(quantity),
    tax_rates: item.tax_rates,
  })
}

function nameOf(turn: Turn, item: SubscriptionItem, quantity: number): string {
  const name = productName(turn, item.price)
  if (quantity === 1) return name
  const label = turn.store.objects.find('product', item.price.product)?.unit_label
  return `${quantity}${label ? ` ${label}` : ''} × ${name}`
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `10 Apr 2026`, in UTC. */
export function dateText(at: number): string {
  const date = new Date(at * 1000)
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`
}

/** Flexible billing bills the usage of a metered item that leaves the subscription. */
export function usageOfRemoved(turn: Turn, { before, at }: ItemsChange, item: SubscriptionItem): InvoiceItem[] {
  return stretchesOf(turn, [item], at).flatMap((stretch) => {
    const { price, period, billed } = stretch
    if (unbilledUsage(turn, before.customer, stretch) === '0') return []
    return chargesOf(turn, price, usageIn(turn, before.customer, stretch), billed).map((charged) =>
      newItem(turn, {
        amount: timesQuantity(charged.unitAmount, charged.quantity),
        currency: before.currency,
        customer: before.customer,
        description: `${charged.quantity} × ${productName(turn, price)}`,
        metadata: before.metadata,
        parent: {
          subscription_details: { subscription: before.id, subscription_item: item.id },
          type: 'subscription_details',
        },
        period,
        pricing: pricingOf(price, charged.unitAmount),
        quantity: Math.ceil(Number(charged.quantity)),
        quantity_decimal: charged.quantity,
      }),
    )
  })
}
