import { requireCurrency } from '../engine/currency.ts'
import { inCurrency } from '../engine/currency-options.ts'
import { relined } from '../engine/invoices.ts'
import { pendingLine, pricingOf } from '../engine/lines.ts'
import { timesQuantity } from '../engine/money.ts'
import { newItem, storeItems } from '../engine/pending-items.ts'
import { unitPrice } from '../engine/pricing.ts'
import { redeem } from '../engine/redemption.ts'
import { announce, change } from '../events/record.ts'
import {
  clearable,
  decimal,
  fields,
  flag,
  ignored,
  integer,
  metadata,
  need,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceItem, Price } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { createPrice } from './prices.ts'
import { discountWishes } from './subscription-parameters.ts'
import { namedRates, taxRateWishes } from './tax-rates.ts'

const creation = {
  amount: integer,
  currency: text,
  customer: text,
  description: text,
  discountable: flag,
  discounts: discountWishes,
  invoice: text,
  metadata,
  period: fields({ end: integer, start: integer }),
  price: text,
  price_data: fields({
    currency: text,
    product: text,
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
    unit_amount: integer,
    unit_amount_decimal: decimal,
  }),
  pricing: fields({ price: text }),
  quantity: integer,
  subscription: text,
  tax_behavior: ignored,
  tax_code: ignored,
  tax_rates: taxRateWishes,
  unit_amount_decimal: decimal,
}
const updating = {
  amount: integer,
  description: clearable(text),
  discountable: flag,
  metadata,
  period: fields({ end: integer, start: integer }),
  quantity: integer,
  tax_rates: taxRateWishes,
  unit_amount_decimal: decimal,
}
export type ItemCreation = Parameters<typeof creation>
export const invoiceItemCreation = creation
const path = '/v1/invoiceitems'

export const invoiceItemRoutes = [
  route('POST', path, fields(creation), createItem),
  route('GET', path, fields({ ...paging, customer: text, invoice: text, pending: flag }), (turn, sent) =>
    listing(turn, 'invoiceitem', path, sent, {
      where: { customer: sent.customer, lookup: sent.invoice },
      accept: (item) => sent.pending === undefined || (item.invoice === null) === sent.pending,
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'invoiceitem', id, 'invoiceitem')),
  route('POST', `${path}/:id`, fields(updating), updateItem),
  route('DELETE', `${path}/:id`, fields({}), deleteItem),
]

function createItem(turn: Turn, sent: ItemCreation): InvoiceItem {
  const invoice = sent.invoice === undefined ? undefined : openDraft(turn, sent.invoice)
  const owner = sent.customer ?? invoice?.customer
  const customer = referenced(turn, 'customer', need(owner, 'customer'), 'customer')
  const item = { ...buildItem(turn, sent, customer), invoice: invoice?.id ?? null }
  storeItems(turn, [item])
  if (!customer.currency) change(turn, 'customer', customer, { currency: item.currency }, 'customer.updated')
  if (invoice) {
    const lines = [pendingLine(item, invoice.id), ...invoice.lines.data]
    relined(turn, { ...invoice, currency: item.currency }, lines, customer, null)
  }
  return item
}

function openDraft(turn: Turn, id: string): Invoice {
  const invoice = referenced(turn, 'invoice', id, 'invoice')
  if (invoice.status !== 'draft') {
    throw invalid(
      'The specified invoice has been finalized and can no longer be modified.',
      'invoice',
      'invoice_not_editable',
    )
  }
  return invoice
}

/** An item as it would be, not stored: previews ask for it too. */
export function buildItem(turn: Turn, sent: ItemCreation, customer: Customer): InvoiceItem {
  const id = freshId('ii')
  const now = turn.now(customer.id)
  const named = oneTimePrice(turn, sent)
  const price = named && inCurrency(turn, named, sent.currency?.toLowerCase() ?? customer.currency)
  const quantity = sent.quantity ?? 1
  const unit = price ? unitPrice(price) : sent.unit_amount_decimal
  const amount = unit === undefined ? need(sent.amount, 'amount') : timesQuantity(unit, quantity)
  const currency = requireCurrency(price?.currency ?? need(sent.currency ?? customer.currency, 'currency'))
  const subscription =
    sent.subscription === undefined ? undefined : referenced(turn, 'subscription', sent.subscription, 'subscription').id
  return {
    ...newItem(turn, {
      amount,
      currency,
      customer: customer.id,
      description: sent.description ?? (price ? productNameOf(turn, price) : null),
      period: { end: sent.period?.end ?? now, start: sent.period?.start ?? now },
      quantity,
      quantity_decimal: String(quantity),
    }),
    id,
    discountable: sent.discountable ?? amount > 0,
    discounts: redeem(turn, sent.discounts ?? [], { customer, invoiceItem: id }),
    metadata: mergeMetadata({}, sent.metadata),
    parent:
      subscription === undefined ? null : { subscription_details: { subscription }, type: 'subscription_details' },
    pricing: price ? pricingOf(price) : null,
    tax_rates: namedRates(turn, sent.tax_rates ?? null, 'tax_rates'),
  }
}

const productNameOf = (turn: Turn, price: Price) =>
  turn.store.objects.find('product', price.product)?.name ?? price.product

function oneTimePrice(turn: Turn, sent: ItemCreation): Price | undefined {
  if (sent.price_data) return createPrice(turn, sent.price_data)
  const named = sent.pricing?.price ?? sent.price
  if (named === undefined) return undefined
  const price = referenced(turn, 'price', named, 'pricing[price]')
  if (!price.recurring) return price
  throw invalid(
    'The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`.',
    'pricing[price]',
  )
}

function updateItem(turn: Turn, sent: Parameters<typeof updating>, id: string): InvoiceItem {
  const before = pendingOrDraft(turn, id)
  const quantity = sent.quantity ?? before.quantity
  const unit = sent.unit_amount_decimal ?? before.pricing?.unit_amount_decimal ?? undefined
  const priced = (sent.quantity !== undefined || sent.unit_amount_decimal !== undefined) && unit !== undefined
  const amount = sent.amount ?? (priced ? timesQuantity(unit, quantity) : before.amount)
  const period = { end: sent.period?.end ?? before.period.end, start: sent.period?.start ?? before.period.start }
  const patch: Partial<InvoiceItem> = {
    ...sentOnly({ description: sent.description, discountable: sent.discountable }),
    amount,
    metadata: mergeMetadata(before.metadata, sent.metadata),
    period,
    quantity,
    quantity_decimal: String(quantity),
    ...(sent.tax_rates === undefined ? {} : { tax_rates: namedRates(turn, sent.tax_rates, 'tax_rates') }),
  }
  const item = change(turn, 'invoiceitem', before, patch)
  redraw(turn, item, (line) => (line === undefined ? [] : [{ ...pendingLine(item, item.invoice ?? ''), id: line }]))
  return item
}

function pendingOrDraft(turn: Turn, id: string): InvoiceItem {
  const item = retrieve(turn, 'invoiceitem', id, 'invoiceitem')
  if (item.invoice !== null) openDraft(turn, item.invoice)
  return item
}

function deleteItem(turn: Turn, _sent: object, id: string): object {
  const item = pendingOrDraft(turn, id)
  redraw(turn, item, () => [])
  turn.store.objects.remove('invoiceitem', id)
  announce(turn, 'invoiceitem.deleted', item)
  return { id, object: 'invoiceitem', deleted: true }
}

/** Puts another line, or none, in the place of an item's line on its draft invoice. */
function redraw(turn: Turn, item: InvoiceItem, replace: (line: string) => Invoice['lines']['data']): void {
  const invoice = item.invoice === null ? undefined : turn.store.objects.find('invoice', item.invoice)
  const customer = turn.store.objects.find('customer', item.customer)
  if (!invoice || !customer) return
  const lines = invoice.lines.data.flatMap((line) => {
    const of = line.parent?.invoice_item_details ?? line.parent?.subscription_item_details
    return of?.invoice_item === item.id ? replace(line.id) : [line]
  })
  relined(turn, invoice, lines, customer, null)
}
