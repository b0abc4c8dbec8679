import { openPaymentOf, settlePaid } from '../engine/settlement.ts'
import { change, create } from '../events/record.ts'
import { need } from '../http/decode.ts'
import { invalid, unsupported } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Invoice, InvoicePayment, PaymentIntent } from '../wire.ts'

/** Lets a payment made elsewhere count for an open invoice: wholly, or for as much as it is. */
export function attachPayment(turn: Turn, sent: { readonly payment_intent?: string | undefined }, id: string): Invoice {
  const invoice = retrieve(turn, 'invoice', id, 'invoice')
  const intent = referenced(turn, 'payment_intent', need(sent.payment_intent, 'payment_intent'), 'payment_intent')
  requireFitting(turn, invoice, intent)
  if (intent.status !== 'succeeded') return awaiting(turn, invoice, intent)
  const amount = Math.min(intent.amount_received, invoice.amount_remaining)
  const now = turn.now(invoice.customer)
  const paid: InvoicePayment = {
    ...attached(turn, invoice, intent, amount),
    amount_paid: amount,
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: now },
  }
  create(turn, 'invoice_payment', paid, 'invoice_payment.paid')
  if (amount === invoice.amount_remaining) return settlePaid(turn, invoice, null)
  const left = invoice.amount_remaining - amount
  lowerOpenPayment(turn, invoice, left)
  const patch = { amount_paid: invoice.amount_paid + amount, amount_remaining: left }
  return change(turn, 'invoice', invoice, patch, 'invoice.updated')
}

function requireFitting(turn: Turn, invoice: Invoice, intent: PaymentIntent): void {
  if (invoice.status !== 'open') {
    throw invalid(`You can only attach payments to open invoices; this one is ${invoice.status}.`)
  }
  if (intent.customer !== invoice.customer) {
    throw invalid('The PaymentIntent must belong to the customer of the invoice.', 'payment_intent')
  }
  if (intent.currency !== invoice.currency) {
    throw invalid('The PaymentIntent must be in the currency of the invoice.', 'payment_intent')
  }
  if (intent.status === 'canceled') throw invalid('A canceled PaymentIntent cannot be attached.', 'payment_intent')
  if (turn.store.objects.select('invoice_payment', { lookup: intent.id }).length > 0) {
    throw invalid('This PaymentIntent is attached to an invoice already.', 'payment_intent')
  }
}

/** One that is still to be paid takes the place of the invoice's own; once it succeeds the invoice is paid. */
function awaiting(turn: Turn, invoice: Invoice, intent: PaymentIntent): Invoice {
  if (intent.amount !== invoice.amount_remaining) {
    throw unsupported('attaching an unfinished PaymentIntent of another amount than the invoice has left')
  }
  create(turn, 'invoice_payment', attached(turn, invoice, intent, intent.amount))
  return invoice
}

function attached(turn: Turn, invoice: Invoice, intent: PaymentIntent, amount: number): InvoicePayment {
  return {
    id: freshId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: amount,
    created: turn.now(invoice.customer),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: false,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  }
}

function lowerOpenPayment(turn: Turn, invoice: Invoice, left: number): void {
  const payment = openPaymentOf(turn, invoice)
  const own = payment && turn.store.objects.find('payment_intent', payment.payment.payment_intent ?? '')
  if (!payment || !own) return
  change(turn, 'invoice_payment', payment, { amount_requested: left })
  change(turn, 'payment_intent', own, { amount: left })
}
