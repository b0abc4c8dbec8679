import { Failure } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Invoice, PaymentMethod } from '../wire.ts'
import { confirmIntent } from './confirmation.ts'
import { defaultMethodOf, usableMethod } from './payment-methods.ts'
import { openIntentOf, openPayment, subscriptionOf } from './settlement.ts'

interface Payment {
  readonly method: string | undefined
  readonly offSession: boolean
  /** The buyer has just been at the bank's page and said yes. */
  readonly authenticated?: boolean
}

/** Pays an open invoice now, with a method named or with the one Stripe would take for its subscription. */
export function payInvoice(turn: Turn, invoice: Invoice, payment: Payment): Invoice {
  const method = methodFor(turn, invoice, payment.method)
  const intent = openIntentOf(turn, invoice) ?? openPayment(turn, invoice, method.id, 'Payment for Invoice')
  const manner = {
    offSession: payment.offSession,
    returnUrl: null,
    authenticated: payment.authenticated === true,
    waits: true,
  }
  const attempt = confirmIntent(turn, intent, method, manner)
  if (attempt.failure) throw attempt.failure
  if (attempt.outcome === 'requires_action') throw actionRequired(attempt.intent.id)
  return retrieve(turn, 'invoice', invoice.id)
}

/** Stripe's order: the invoice's own method, the subscription's, the customer's. */
function methodFor(turn: Turn, invoice: Invoice, named: string | undefined): PaymentMethod {
  if (named !== undefined) return usableMethod(turn, named, invoice.customer)
  const customer = referenced(turn, 'customer', invoice.customer ?? '', 'customer')
  const id =
    invoice.default_payment_method ?? subscriptionOf(turn, invoice)?.default_payment_method ?? defaultMethodOf(customer)
  const method = id ? turn.store.objects.find('payment_method', id) : undefined
  if (method) return method
  throw new Failure(400, {
    type: 'invalid_request_error',
    message:
      'There is no default_payment_method set on this Customer or Invoice. Please attach a payment method and set it as the default before paying the invoice.',
  })
}

function actionRequired(intent: string): Failure {
  return new Failure(
    402,
    {
      type: 'card_error',
      code: 'invoice_payment_intent_requires_action',
      message: `This payment requires additional user action before it can be completed successfully. Complete it with the PaymentIntent ${intent}.`,
    },
    true,
  )
}
