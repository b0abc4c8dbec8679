import { announce, inOrder } from '../events/record.ts'
import { Failure } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, Subscription } from '../wire.ts'
import { confirmIntent } from './confirmation.ts'
import { createSetup } from './intents.ts'
import { draftInvoice, finalizeInvoice } from './invoices.ts'
import { advanceLines } from './lines.ts'
import { openPayment, settlePaid } from './settlement.ts'
import { saveSubscription, storeSubscription } from './subscription-store.ts'

export interface Start {
  readonly customer: Customer
  /** The method to charge: the subscription's own default, else the customer's. */
  readonly method: string | null
  readonly behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete'
  readonly offSession: boolean
}

const incompleteLifetime = 23 * 3600

// Stripe's orders, as seen in logs of its CLI (paid at once) and inferred from its guide (the other two).
const paidOrder = [
  'charge.succeeded',
  'payment_method.attached',
  'setup_intent.created',
  'customer.updated',
  'customer.subscription.created',
  'payment_intent.succeeded',
  'payment_intent.created',
  'invoice.created',
  'invoice.finalized',
  'invoice.paid',
  'invoice.payment_succeeded',
  'invoice_payment.paid',
]
const failedOrder = [
  'payment_intent.created',
  'charge.failed',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'customer.updated',
  'customer.subscription.created',
  'invoice.created',
  'invoice.finalized',
  'invoice.payment_failed',
  'invoice.payment_action_required',
]
const waitingOrder = [
  'customer.updated',
  'customer.subscription.created',
  'invoice.created',
  'invoice.finalized',
  'payment_intent.created',
]

/** Brings a new subscription to life: its first invoice, the attempt to pay it, and the state that follows. */
export function startSubscription(turn: Turn, draft: Subscription, start: Start): Subscription {
  const order = (made: Subscription) =>
    made.status !== 'incomplete' ? paidOrder : start.behavior === 'default_incomplete' ? waitingOrder : failedOrder
  return inOrder(turn, order, (inner) => {
    storeSubscription(inner, draft)
    billFirstPeriod(inner, draft, start)
    const made = inner.store.objects.find('subscription', draft.id) ?? draft
    announce(inner, 'customer.subscription.created', made)
    return made
  })
}

function billFirstPeriod(turn: Turn, subscription: Subscription, start: Start): void {
  const licensed = subscription.items.data.some((item) => item.price.recurring?.usage_type !== 'metered')
  // Flexible billing makes no invoice when nothing is billed in advance.
  if (!licensed) {
    activate(turn, subscription, start)
    return
  }
  const makeLines = (id: string) => advanceLines(turn, subscription, id)
  const drafted = draftInvoice(turn, start.customer, subscription, 'subscription_create', makeLines)
  const invoice = finalizeInvoice(turn, drafted, start.customer)
  const billed = saveSubscription(turn, subscription, { latest_invoice: invoice.id })
  if (invoice.amount_due === 0) settlePaid(turn, invoice, null)
  if (invoice.amount_due === 0 || billed.collection_method === 'send_invoice') activate(turn, billed, start)
  else collectFirst(turn, billed, invoice, start)
}

// Nothing to pay yet: a card for later is asked for with a setup intent.
function activate(turn: Turn, subscription: Subscription, start: Start): void {
  const pending =
    start.method === null && subscription.collection_method === 'charge_automatically'
      ? createSetup(turn, start.customer.id).id
      : null
  saveSubscription(turn, subscription, { status: 'active', pending_setup_intent: pending })
}

function collectFirst(turn: Turn, subscription: Subscription, invoice: Invoice, start: Start): void {
  const intent = openPayment(turn, invoice, start.method, 'Subscription creation')
  turn.store.dueWork.plan(
    'expire_incomplete_subscription',
    subscription.id,
    turn.now(start.customer.id) + incompleteLifetime,
  )
  if (start.behavior === 'default_incomplete' || start.method === null) return
  const method = turn.store.objects.find('payment_method', start.method)
  if (!method) return
  const manner = { offSession: start.offSession, returnUrl: null, authenticated: false }
  const attempt = confirmIntent(turn, intent, method, manner)
  if (start.behavior !== 'error_if_incomplete' || attempt.outcome === 'paid') return
  throw refusal(attempt.failure)
}

// error_if_incomplete leaves nothing behind: the error names no intent, since that is undone with the rest.
function refusal(failure: Failure | null): Failure {
  if (!failure) {
    return new Failure(402, {
      type: 'card_error',
      code: 'subscription_payment_intent_requires_action',
      message:
        'Payment for this subscription requires additional user action before it can be completed successfully. ' +
        'Payment can be completed using the PaymentIntent associated with `subscription.latest_invoice`.',
    })
  }
  const { payment_intent: _intent, charge: _charge, ...body } = failure.body
  return new Failure(402, body)
}
