import { inCurrency } from '../engine/currency-options.ts'
import { pricingOf, productName } from '../engine/lines.ts'
import { timesQuantity } from '../engine/money.ts'
import { newItem, storeItems } from '../engine/pending-items.ts'
import { unitPrice } from '../engine/pricing.ts'
import { redeem } from '../engine/redemption.ts'
import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Customer, InvoiceItem, Price, Subscription } from '../wire.ts'
import { mergeMetadata } from './patches.ts'
import { createPrice } from './prices.ts'
import type { Creation } from './subscription-parameters.ts'
import { namedRates } from './tax-rates.ts'

type Sent = NonNullable<Creation['add_invoice_items']>[number]

/** One-time charges that ride along on a subscription's next invoice. */
export function addInvoiceItems(
  turn: Turn,
  customer: Customer,
  subscription: Pick<Subscription, 'id' | 'currency'>,
  sent: readonly Sent[],
): void {
  storeItems(
    turn,
    sent.map((item, index) => itemOf(turn, customer, subscription, item, `add_invoice_items[${index}]`)),
  )
}

function itemOf(
  turn: Turn,
  customer: Customer,
  subscription: Pick<Subscription, 'id' | 'currency'>,
  sent: Sent,
  name: string,
): InvoiceItem {
  const price = sent.price_data
    ? createPrice(turn, sent.price_data)
    : referenced(turn, 'price', need(sent.price, `${name}[price]`), `${name}[price]`)
  if (price.recurring) {
    throw invalid(
      'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
      `${name}[price]`,
    )
  }
  const id = freshId('ii')
  const discounts = redeem(turn, sent.discounts ?? [], { customer, invoiceItem: id }, `${name}[discounts]`)
  return {
    ...pricedItem(turn, customer, inCurrency(turn, price, subscription.currency), sent.quantity ?? 1),
    id,
    discounts,
    metadata: mergeMetadata({}, sent.metadata),
    tax_rates: namedRates(turn, sent.tax_rates ?? null, `${name}[tax_rates]`),
    parent: { subscription_details: { subscription: subscription.id }, type: 'subscription_details' },
  }
}

/** An invoice item for a quantity of a one-time price. */
function pricedItem(turn: Turn, customer: Customer, price: Price, quantity: number): InvoiceItem {
  const now = turn.now(customer.id)
  return newItem(turn, {
    amount: timesQuantity(unitPrice(price), quantity),
    currency: price.currency,
    customer: customer.id,
    description: productName(turn, price),
    period: { end: now, start: now },
    pricing: pricingOf(price),
    quantity,
    quantity_decimal: String(quantity),
  })
}
