import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { InvoiceLine, Price, Subscription, SubscriptionItem } from '../wire.ts'
import { aggregate } from './metering.ts'
import { moneyText, timesQuantity } from './money.ts'

/** What a period of a subscription costs in advance: a line per licensed item. Metered items are billed afterwards. */
export function advanceLines(turn: Turn, subscription: Subscription, invoice: string): InvoiceLine[] {
  return subscription.items.data
    .filter((item) => item.price.recurring?.usage_type !== 'metered')
    .map((item) => licensedLine(turn, subscription, item, invoice))
}

/** What was used until a moment of the current period: a line per metered item with usage, none for zero. */
export function arrearsLines(turn: Turn, subscription: Subscription, invoice: string, until: number): InvoiceLine[] {
  return subscription.items.data
    .map((item) => ({ item, usage: usageOf(turn, subscription, item, until) }))
    .filter(({ usage }) => usage !== '0')
    .map(({ item, usage }) => {
      const period = { start: item.current_period_start, end: until }
      return line(turn, subscription, item, invoice, usage, period)
    })
}

/** The metered quantity of the current period, as an exact decimal; '0' for a licensed item. */
export function usageOf(turn: Turn, subscription: Subscription, item: SubscriptionItem, until: number): string {
  const meter = turn.store.objects.find('billing.meter', item.price.recurring?.meter ?? '')
  if (!meter || item.price.recurring?.usage_type !== 'metered') return '0'
  const { customer } = subscription
  const values = turn.store.meterEvents.between(customer, meter.event_name, item.current_period_start, until)
  return aggregate(
    meter,
    values.map(({ value }) => value),
  )
}

function licensedLine(turn: Turn, subscription: Subscription, item: SubscriptionItem, invoice: string): InvoiceLine {
  const period = { start: item.current_period_start, end: item.current_period_end }
  return line(turn, subscription, item, invoice, String(item.quantity ?? 1), period)
}

function line(
  turn: Turn,
  subscription: Subscription,
  item: SubscriptionItem,
  invoice: string,
  quantity: string,
  period: InvoiceLine['period'],
): InvoiceLine {
  const amount = timesQuantity(unitPrice(item.price), quantity)
  return {
    id: freshId('il'),
    object: 'line_item',
    amount,
    currency: item.price.currency,
    description: description(turn, item.price, quantity),
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice,
    livemode: false,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: item.price.id, product: item.price.product },
      type: 'price_details',
      unit_amount_decimal: unitPrice(item.price),
    },
    quantity: quantity.includes('.') ? null : Number(quantity),
    quantity_decimal: quantity,
    subscription: subscription.id,
    subtotal: amount,
    taxes: [],
  }
}

export const unitPrice = (price: Price): string => price.unit_amount_decimal ?? String(price.unit_amount ?? 0)

/** `1 × Pro (at $39.00 / month)`; with a unit label `10 user × Pro (at …)`. */
function description(turn: Turn, price: Price, quantity: string): string {
  const product = turn.store.objects.find('product', price.product)
  const unit = product?.unit_label ? ` ${product.unit_label}` : ''
  const { interval = 'month', interval_count: count = 1 } = price.recurring ?? {}
  const every = count === 1 ? interval : `${count} ${interval}s`
  const at = moneyText(unitPrice(price), price.currency)
  return `${quantity}${unit} × ${product?.name ?? price.product} (at ${at} / ${every})`
}
