import type { Stripe } from 'stripe'
import type { Payment } from '../../../domain/payment.ts'
import { idOf, type Known, known, milliseconds, sumOf } from './values.ts'

/** `refunded`: minor units given back of what was paid for it. */
export function toInvoiceEntry(invoice: Stripe.Invoice, refunded: number): Payment {
  return {
    id: invoice.id,
    customerId: idOf(invoice.customer) ?? '',
    kind: 'invoice',
    amount: invoice.status === 'paid' ? invoice.amount_paid : invoice.amount_due,
    currency: invoice.currency,
    status: invoice.status === null ? 'draft' : known(INVOICE_STATUS, invoice.status),
    description: invoice.description ?? whatIsPaidFor(invoice),
    invoiceNumber: invoice.number,
    hostedInvoiceUrl: invoice.hosted_invoice_url ?? null,
    invoicePdf: invoice.invoice_pdf ?? null,
    refundedAmount: refunded,
    takenBackAmount: 0,
    refundOf: null,
    tax: sumOf(invoice.total_taxes),
    amountExcludingTax: invoice.total_excluding_tax,
    createdAt: milliseconds(invoice.created),
  }
}

const INVOICE_STATUS = {
  draft: 'draft',
  open: 'open',
  paid: 'paid',
  uncollectible: 'uncollectible',
  void: 'void',
} as const satisfies Record<Known<NonNullable<Stripe.Invoice['status']>>, string>

/** Of an upgrade Stripe names first what it takes off. */
function whatIsPaidFor({ lines: { data } }: Stripe.Invoice): string | null {
  return (data.find(({ amount }) => amount > 0) ?? data[0])?.description ?? null
}

/** The subscription of an invoice; since API 2025-03-31 it stands under the invoice's parent. */
export function subscriptionOf(invoice: Stripe.Invoice): string | null {
  return idOf(invoice.parent?.subscription_details?.subscription)
}

/** An invoice that is collected automatically is tried when it is finalized. */
export function firstTriedAt({ status_transitions, created }: Stripe.Invoice): number {
  return milliseconds(status_transitions.finalized_at ?? created)
}

/** The payment intent of an invoice's first payment. Needs `payments` expanded. */
export function paymentIntentOf(invoice: Stripe.Invoice | null): string | null {
  const payments = invoice?.payments?.data ?? []
  const payment = payments.find((candidate) => candidate.is_default) ?? payments[0]
  return idOf(payment?.payment.payment_intent)
}
