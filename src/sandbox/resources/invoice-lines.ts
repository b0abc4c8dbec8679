import { inCurrency } from '../engine/currency-options.ts'
import { relined } from '../engine/invoices.ts'
import { pendingLine, pricingOf, productName } from '../engine/lines.ts'
import { remember } from '../engine/memory.ts'
import { timesQuantity } from '../engine/money.ts'
import { storeItems } from '../engine/pending-items.ts'
import { unitPrice } from '../engine/pricing.ts'
import { redeem } from '../engine/redemption.ts'
import { change } from '../events/record.ts'
import {
  clearedOnly,
  decimal,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid, noSuch } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceItem, InvoiceLine, Price } from '../wire.ts'
import { buildItem, invoiceItemCreation } from './invoice-items.ts'
import { customerOf } from './manual-invoices.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { createPrice } from './prices.ts'
import { discountWishes } from './subscription-parameters.ts'
import { namedRates, taxRateWishes } from './tax-rates.ts'

/** A price made for one line, with a product that exists or with one of its own. */
const linePrice = fields({
  currency: text,
  product: text,
  product_data: fields({
    images: ignored,
    metadata,
    name: text,
    tax_code: text,
    unit_label: text,
    description: ignored,
  }),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  unit_amount: integer,
  unit_amount_decimal: decimal,
})
export const lineAddition = {
  invoice_metadata: metadata,
  lines: list(
    fields({ ...invoiceItemCreation, id: text, invoice_item: text, price_data: linePrice, tax_amounts: clearedOnly }),
  ),
}
export const lineRemoval = {
  invoice_metadata: metadata,
  lines: list(fields({ behavior: oneOf('delete', 'unassign'), id: text })),
}
export const lineUpdate = {
  amount: integer,
  description: text,
  discountable: flag,
  discounts: discountWishes,
  metadata,
  period: fields({ end: integer, start: integer }),
  price_data: linePrice,
  pricing: fields({ price: text }),
  quantity: integer,
  tax_amounts: clearedOnly,
  tax_rates: taxRateWishes,
}
export const lineUpdates = { invoice_metadata: metadata, lines: list(fields({ ...lineUpdate, id: text })) }
type Wish = Parameters<typeof lineUpdate>

export function addLines(turn: Turn, sent: Parameters<typeof lineAddition>, id: string): Invoice {
  const invoice = editable(turn, id)
  const customer = customerOf(turn, invoice)
  const items = need(sent.lines, 'lines').map((wish, index) => ({
    ...addedItem(turn, invoice, customer, wish, `lines[${index}]`),
    invoice: id,
  }))
  storeItems(turn, items)
  const lines = [...items.map((item) => pendingLine(item, id)), ...invoice.lines.data]
  return relined(turn, withMetadata(invoice, sent.invoice_metadata), lines, customer, null)
}

type Addition = NonNullable<Parameters<typeof lineAddition>['lines']>[number]

function addedItem(turn: Turn, invoice: Invoice, customer: Customer, wish: Addition, name: string): InvoiceItem {
  const { id: _id, invoice_item, price_data, tax_amounts: _amounts, ...line } = wish
  if (invoice_item !== undefined) return referenced(turn, 'invoiceitem', invoice_item, `${name}[invoice_item]`)
  const made = price_data && { pricing: { price: createPrice(turn, price_data).id } }
  return buildItem(turn, { currency: invoice.currency, ...line, ...made }, customer)
}

export function removeLines(turn: Turn, sent: Parameters<typeof lineRemoval>, id: string): Invoice {
  const invoice = editable(turn, id)
  const wishes = need(sent.lines, 'lines')
  for (const [index, wish] of wishes.entries()) {
    const item = itemOf(turn, lineOf(invoice, need(wish.id, `lines[${index}][id]`), `lines[${index}][id]`))
    if (!item) continue
    if (wish.behavior === 'unassign') turn.store.objects.save('invoiceitem', { ...item, invoice: null })
    else turn.store.objects.remove('invoiceitem', item.id)
  }
  const left = invoice.lines.data.filter((line) => !wishes.some((wish) => wish.id === line.id))
  return relined(turn, withMetadata(invoice, sent.invoice_metadata), left, customerOf(turn, invoice), null)
}

export function updateLines(turn: Turn, sent: Parameters<typeof lineUpdates>, id: string): Invoice {
  const invoice = editable(turn, id)
  const customer = customerOf(turn, invoice)
  const changed = new Map<string, InvoiceLine>()
  for (const [index, { id: lineId, ...wish }] of need(sent.lines, 'lines').entries()) {
    const line = lineOf(invoice, need(lineId, `lines[${index}][id]`), `lines[${index}][id]`)
    changed.set(line.id, changedLine(turn, line, wish, customer, `lines[${index}]`))
  }
  const lines = invoice.lines.data.map((line) => changed.get(line.id) ?? line)
  return relined(turn, withMetadata(invoice, sent.invoice_metadata), lines, customer, null)
}

export function updateLine(turn: Turn, sent: Wish, id: string, lineId: string): InvoiceLine {
  const wished = { lines: [{ ...sent, id: lineId }] }
  return lineOf(updateLines(turn, wished, id), lineId, 'line_item')
}

function lineOf(invoice: Invoice, id: string, name: string): InvoiceLine {
  const line = invoice.lines.data.find((candidate) => candidate.id === id)
  if (line) return line
  throw noSuch('invoice line item', id, name, name === 'line_item' ? 404 : 400)
}

function itemOf(turn: Turn, line: InvoiceLine): InvoiceItem | undefined {
  const from = line.parent?.invoice_item_details ?? line.parent?.subscription_item_details
  return turn.store.objects.find('invoiceitem', from?.invoice_item ?? '')
}

/** A line as it was wished for; the invoice item that it came from follows it. */
function changedLine(turn: Turn, line: InvoiceLine, wish: Wish, customer: Customer, name: string): InvoiceLine {
  if (wish.amount !== undefined && (wish.price_data || wish.pricing)) {
    throw invalid('You may only specify one of these parameters: amount, pricing, price_data.', `${name}[amount]`)
  }
  const price = priceOf(turn, wish, line.currency, `${name}[pricing][price]`)
  const quantity = wish.quantity ?? line.quantity ?? 1
  const unit = price ? unitPrice(price) : line.pricing?.unit_amount_decimal
  const priced = (price !== undefined || wish.quantity !== undefined) && unit
  const amount = wish.amount ?? (priced ? timesQuantity(unit, quantity) : line.amount)
  const patch = {
    ...sentOnly({ description: wish.description ?? (price && productName(turn, price)) }),
    ...sentOnly({ discountable: wish.discountable }),
    amount,
    metadata: mergeMetadata(line.metadata, wish.metadata),
    period: { end: wish.period?.end ?? line.period.end, start: wish.period?.start ?? line.period.start },
    pricing: price ? pricingOf(price) : line.pricing,
    quantity,
    quantity_decimal: String(quantity),
  }
  const item = itemOf(turn, line)
  const rates = wish.tax_rates === undefined ? undefined : namedRates(turn, wish.tax_rates, `${name}[tax_rates]`)
  const taxes = rates && { tax_rates: rates }
  if (item) change(turn, 'invoiceitem', item, { ...patch, ...taxes, net_amount: amount })
  else if (rates) remember(turn, 'tax_rates', line.id, rates)
  const discounts =
    wish.discounts === undefined
      ? line.discounts
      : redeem(
          turn,
          wish.discounts ?? [],
          { customer, ...(item ? { invoiceItem: item.id } : {}) },
          `${name}[discounts]`,
        )
  return { ...line, ...patch, discounts, subtotal: amount }
}

function priceOf(turn: Turn, wish: Wish, currency: string, name: string): Price | undefined {
  if (wish.price_data) return createPrice(turn, wish.price_data)
  if (wish.pricing?.price === undefined) return undefined
  return inCurrency(turn, referenced(turn, 'price', wish.pricing.price, name), currency)
}

const withMetadata = (invoice: Invoice, sent: Parameters<typeof lineRemoval>['invoice_metadata']): Invoice => ({
  ...invoice,
  metadata: mergeMetadata(invoice.metadata, sent),
})

function editable(turn: Turn, id: string): Invoice {
  const invoice = retrieve(turn, 'invoice', id, 'invoice')
  if (invoice.status === 'draft') return invoice
  throw invalid(
    'The specified invoice has been finalized and can no longer be modified.',
    'invoice',
    'invoice_not_editable',
  )
}
