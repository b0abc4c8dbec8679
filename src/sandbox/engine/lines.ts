import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { InvoiceItem, InvoiceLine, Price, Subscription, SubscriptionItem } from '../wire.ts'
import { moneyText } from './currency.ts'
import { inCurrency } from './currency-options.ts'
import { share, timesQuantity } from './money.ts'
import { intervalOf, type Period, periodAt } from './periods.ts'
import { type Charged, chargesOf, unitPrice } from './pricing.ts'
import { isMetered, type Stretch, unbilledUsage, usageIn } from './usage.ts'

/** What a period costs in advance: a line (or one a tier) for a licensed item. Metered items are billed afterwards. */
export function advanceLines(
  turn: Turn,
  subscription: Subscription,
  items: readonly SubscriptionItem[],
  invoice: string,
): InvoiceLine[] {
  return items
    .filter((item) => !isMetered(item))
    .flatMap((item) => {
      const period = { start: item.current_period_start, end: item.current_period_end }
      if (isInTrial(subscription, period)) return [trialLine(turn, subscription, item, invoice, period)]
      const lines = linesOf(turn, subscription, item, invoice, String(item.quantity ?? 1), period)
      return partOf(lines, period, periodAt(subscription.billing_cycle_anchor, intervalOf(item.price), period.start))
    })
}

/** A first period that ends at an anchor set for later is shorter than a whole one, and costs that much less. */
function partOf(lines: InvoiceLine[], period: Period, whole: Period): InvoiceLine[] {
  if (period.start <= whole.start) return lines
  return lines.map((line) => {
    const amount = share(String(line.amount), period.end - period.start, whole.end - whole.start)
    return { ...line, amount, subtotal: amount }
  })
}

const isInTrial = (subscription: Subscription, period: Period) =>
  subscription.status === 'trialing' && subscription.trial_end !== null && period.end <= subscription.trial_end

/** What was used and is not billed yet: lines per stretch with usage, none for zero (classic billing shows the zero). */
export function arrearsLines(
  turn: Turn,
  subscription: Subscription,
  stretches: readonly Stretch[],
  invoice: string,
): InvoiceLine[] {
  return stretches.flatMap((stretch) => {
    const { item, price, period, shown = period, billed } = stretch
    const nothing = unbilledUsage(turn, subscription.customer, stretch) === '0'
    if (nothing && subscription.billing_mode.type === 'flexible') return []
    const charged = inCurrency(turn, price, subscription.currency)
    const usage = usageIn(turn, subscription.customer, stretch)
    return linesOf(turn, subscription, { ...item, price: charged }, invoice, usage, shown, billed)
  })
}

function linesOf(
  turn: Turn,
  subscription: Subscription,
  item: SubscriptionItem,
  invoice: string,
  quantity: string,
  period: Period,
  billed?: string,
): InvoiceLine[] {
  return chargesOf(turn, item.price, quantity, billed).map((charged) => ({
    ...itemLine(subscription, item, invoice, period),
    ...amounts(charged),
    description: describe(turn, item.price, charged),
    pricing: pricingOf(item.price, charged.unitAmount),
  }))
}

function trialLine(
  turn: Turn,
  subscription: Subscription,
  item: SubscriptionItem,
  invoice: string,
  period: Period,
): InvoiceLine {
  const quantity = String(item.quantity ?? 1)
  return {
    ...itemLine(subscription, item, invoice, period),
    ...amounts({ quantity, unitAmount: '0' }),
    description: `Free trial for ${counted(turn, item.price, quantity)}`,
    pricing: pricingOf(item.price, '0'),
  }
}

function amounts({ quantity, unitAmount }: Charged) {
  const amount = timesQuantity(unitAmount, quantity)
  return {
    amount,
    quantity: quantity.includes('.') ? null : Number(quantity),
    quantity_decimal: quantity,
    subtotal: amount,
  }
}

export const pricingOf = (price: Price, unitAmount = unitPrice(price)) => ({
  price_details: { price: price.id, product: price.product },
  type: 'price_details' as const,
  unit_amount_decimal: unitAmount,
})

function itemLine(subscription: Subscription, item: SubscriptionItem, invoice: string, period: Period) {
  return {
    ...blankLine,
    id: freshId('il'),
    currency: item.price.currency,
    invoice,
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
      type: 'subscription_item_details' as const,
    },
    period: { start: period.start, end: period.end },
    subscription: subscription.id,
  }
}

const blankLine = {
  object: 'line_item' as const,
  discount_amounts: [],
  discountable: true,
  discounts: [],
  livemode: false,
  pretax_credit_amounts: [],
  taxes: [],
}

/** The line an invoice item becomes. A proration shows the subscription item it comes from (as recorded). */
export function pendingLine(item: InvoiceItem, invoice: string): InvoiceLine {
  const subscription = item.parent?.subscription_details?.subscription ?? null
  const from = item.parent?.subscription_details?.subscription_item
  const credited = item.proration_details?.credited_items?.invoice_line_item_details
  const proration_details = { credited_items: credited ? { ...credited } : null }
  const shared = { invoice_item: item.id, proration: item.proration, proration_details }
  return {
    ...blankLine,
    id: freshId('il'),
    amount: item.amount,
    currency: item.currency,
    description: item.description,
    discountable: item.discountable,
    discounts: item.discounts ?? [],
    invoice,
    metadata: item.metadata ?? {},
    parent:
      item.proration && subscription && from
        ? {
            invoice_item_details: null,
            subscription_item_details: { ...shared, subscription, subscription_item: from },
            type: 'subscription_item_details',
          }
        : {
            invoice_item_details: { ...shared, subscription },
            subscription_item_details: null,
            type: 'invoice_item_details',
          },
    period: item.period,
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: item.quantity_decimal,
    subscription,
    subtotal: item.amount,
  }
}

/** `1 × Pro (at $39.00 / month)`; with a unit label `10 user × Pro (at …)`. */
function describe(turn: Turn, price: Price, { quantity, unitAmount, tier, flat }: Charged): string {
  const { interval = 'month', interval_count: count = 1 } = price.recurring ?? {}
  const every = count === 1 ? interval : `${count} ${interval}s`
  const at = moneyText(unitAmount, price.currency)
  const what = flat ? productName(turn, price) : counted(turn, price, quantity)
  const place = tier === undefined || price.tiers_mode === 'volume' ? '' : `Tier ${tier} `
  return `${what} (${place}at ${at} / ${every})`
}

function counted(turn: Turn, price: Price, quantity: string): string {
  const label = turn.store.objects.find('product', price.product)?.unit_label
  return `${quantity}${label ? ` ${label}` : ''} × ${productName(turn, price)}`
}

export const productName = (turn: Turn, price: Price) =>
  turn.store.objects.find('product', price.product)?.name ?? price.product
