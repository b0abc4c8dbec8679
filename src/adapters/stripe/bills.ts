import { Stripe } from 'stripe'
import type { Bill, BillLine, UnreportedUse, UpcomingBill } from '../../domain/bill.ts'
import type { Bills } from '../../ports/observatory.ts'
import { PAYMENT_DETAILS } from './payments.ts'
import { reached, reachedOrMissing, unavailable } from './refusals.ts'
import { idOf, milliseconds, sumOf } from './translate/values.ts'

/** What Stripe's invoices and payments show line by line. */
export function stripeBills(stripe: Stripe): Bills {
  return {
    bill: (id) => (id.startsWith('in_') ? invoiceBill(stripe, id) : paymentBill(stripe, id)),
    async upcoming(id, unreported) {
      const subscription = await reachedOrMissing(stripe.subscriptions.retrieve(id))
      if (subscription === null) return null
      const invoice_items = await addedItems(stripe, unreported)
      const invoice = await preview(stripe, { ...whatComes(subscription), invoice_items })
      if (invoice !== null) return { ...(await wholeBill(stripe, invoice)), at: milliseconds(invoice.period_end) }
      return unreported === undefined ? null : billAlone(stripe, subscription, invoice_items)
    },
  }
}

/** A planned change is in its schedule: asked for the subscription alone, Stripe would foresee it as it is now. */
function whatComes({ id, schedule }: Stripe.Subscription): Stripe.InvoiceCreatePreviewParams {
  const planned = idOf(schedule)
  return planned === null ? { subscription: id } : { schedule: planned }
}

type AddedItem = Stripe.InvoiceCreatePreviewParams.InvoiceItem

/** Null: the subscription has ended, or will before it is invoiced again. */
async function preview(stripe: Stripe, asked: Stripe.InvoiceCreatePreviewParams): Promise<Stripe.Invoice | null> {
  try {
    return await stripe.invoices.createPreview(asked)
  } catch (error) {
    if (isNothingComing(error)) return null
    throw unavailable(error)
  }
}

/** Use as Stripe will tax and discount it: under the product of its metered price, which a preview's item cannot name. */
function addedItems(stripe: Stripe, unreported: UnreportedUse | undefined): Promise<AddedItem[]> {
  const { currency = '', lines = [] } = unreported ?? {}
  return Promise.all(
    lines.map(async ({ amount, description, priceId }): Promise<AddedItem> => {
      const named = description === null ? {} : { description }
      if (priceId === null) return { ...named, currency, amount }
      const { product, tax_behavior } = await reached(stripe.prices.retrieve(priceId))
      const taxed = tax_behavior === null ? {} : { tax_behavior }
      return { ...named, price_data: { currency, product: idOf(product) ?? '', unit_amount: amount, ...taxed } }
    }),
  )
}

/** Of a subscription that Stripe will not invoice otherwise. */
async function billAlone(
  stripe: Stripe,
  { customer, currency, automatic_tax: { enabled } }: Stripe.Subscription,
  invoice_items: AddedItem[],
): Promise<UpcomingBill> {
  const asked = { customer: idOf(customer) ?? '', currency, invoice_items, automatic_tax: { enabled } }
  const invoice = await reached(stripe.invoices.createPreview(asked))
  return { ...(await wholeBill(stripe, invoice)), at: null }
}

async function invoiceBill(stripe: Stripe, id: string): Promise<Bill | null> {
  const invoice = await reachedOrMissing(stripe.invoices.retrieve(id))
  return invoice === null ? null : wholeBill(stripe, invoice)
}

async function wholeBill(stripe: Stripe, invoice: Stripe.Invoice): Promise<Bill> {
  return toBill(invoice, await linesOf(stripe, invoice))
}

/** All of them: an invoice shows ten. Those of a preview are listed by its id as well, for as long as Stripe has it. */
export async function linesOf(
  stripe: Stripe,
  { id, lines }: Stripe.Invoice,
): Promise<readonly Stripe.InvoiceLineItem[]> {
  if (!lines.has_more) return lines.data
  const all = Array.fromAsync(stripe.invoices.listLineItems(id, { limit: 100 }))
  return (await reachedOrMissing(all)) ?? lines.data
}

/** A one-time payment is one line. */
async function paymentBill(stripe: Stripe, id: string): Promise<Bill | null> {
  const payment = await reachedOrMissing(stripe.paymentIntents.retrieve(id, { expand: PAYMENT_DETAILS }))
  if (payment === null) return null
  const { amount, currency, description, latest_charge: charge } = payment
  const receiptUrl = charge === null || typeof charge === 'string' ? null : charge.receipt_url
  const line = { description, quantity: 1, amount, isProration: false, period: null, priceId: null }
  return {
    currency,
    lines: [line],
    subtotal: amount,
    discount: 0,
    tax: null,
    total: amount,
    amountDue: amount,
    receiptUrl,
  }
}

function toBill(invoice: Stripe.Invoice, lines: readonly Stripe.InvoiceLineItem[]): Bill {
  return {
    currency: invoice.currency,
    lines: lines.map(toBillLine),
    subtotal: invoice.subtotal,
    discount: sumOf(invoice.total_discount_amounts),
    tax: sumOf(invoice.total_taxes),
    total: invoice.total,
    amountDue: invoice.amount_due,
    receiptUrl: null,
  }
}

function toBillLine(line: Stripe.InvoiceLineItem): BillLine {
  const quantity = line.quantity_decimal ?? line.quantity
  return {
    description: line.description,
    quantity: quantity === null ? null : Number(quantity),
    amount: line.amount,
    isProration: isProration(line),
    period: { start: milliseconds(line.period.start), end: milliseconds(line.period.end) },
    priceId: idOf(line.pricing?.price_details?.price),
  }
}

/** A part of a period, given back or charged. */
export function isProration({ parent }: Stripe.InvoiceLineItem): boolean {
  return (parent?.subscription_item_details?.proration ?? parent?.invoice_item_details?.proration) === true
}

/** The subscription has ended, or will before it is invoiced again. */
function isNothingComing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && NOTHING.has(error.code ?? '')
}

const NOTHING: ReadonlySet<string> = new Set([
  'resource_missing',
  'invoice_upcoming_none',
  'invoice_no_subscription_line_items',
])
