import { Stripe } from 'stripe'
import type { Bill, BillLine } from '../../domain/bill.ts'
import type { Bills } from '../../ports/observatory.ts'
import { PAYMENT_DETAILS } from './payments.ts'
import { reached, reachedOrMissing, unavailable } from './refusals.ts'
import { idOf, milliseconds, sumOf } from './translate.ts'

/** What Stripe's invoices and payments show line by line. */
export function stripeBills(stripe: Stripe): Bills {
  return {
    bill: (id) => (id.startsWith('in_') ? invoiceBill(stripe, id) : paymentBill(stripe, id)),
    async upcoming(subscription) {
      try {
        const invoice = await stripe.invoices.createPreview({ subscription })
        return { ...toBill(invoice, invoice.lines.data), at: milliseconds(invoice.period_end) }
      } catch (error) {
        if (isNothingComing(error)) return null
        throw unavailable(error)
      }
    },
  }
}

async function invoiceBill(stripe: Stripe, id: string): Promise<Bill | null> {
  const invoice = await reachedOrMissing(stripe.invoices.retrieve(id))
  if (invoice === null) return null
  const { has_more: hasMore, data } = invoice.lines
  return toBill(invoice, hasMore ? await reached(allLines(stripe, id)) : data)
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
    tax: 0,
    total: amount,
    amountDue: amount,
    receiptUrl,
  }
}

function allLines(stripe: Stripe, invoice: string): Promise<Stripe.InvoiceLineItem[]> {
  return Array.fromAsync(stripe.invoices.listLineItems(invoice, { limit: 100 }))
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
