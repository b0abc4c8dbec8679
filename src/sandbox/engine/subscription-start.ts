import { announce, inOrder } from '../events/record.ts'
import { Failure } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, Subscription } from '../wire.ts'
import { plan } from './agenda.ts'
import { dueDated, sendToCustomer } from './collection.ts'
import type { Bill } from './compose-invoice.ts'
import { confirmIntent } from './confirmation.ts'
import { createSetup } from './intents.ts'
import { draftInvoice, finalizeInvoice } from './invoices.ts'
import { pendingItems } from './pending-items.ts'
import { daySeconds, readSetting } from './settings.ts'
import { intentOf, openPayment, settlePaid } from './settlement.ts'
import { saveSubscription, storeSubscription } from './subscription-store.ts'
import { isMetered } from './usage.ts'

export interface Start {
  readonly customer: Customer
  /** The method to charge: the subscription's own default, else the customer's. */
  readonly method: string | null
  readonly behavior: 'allow_incomplete' | 'default_incomplete' | 'error_if_incomplete'
  readonly offSession: boolean
  /** Nothing is billed until the anchor of the billing cycle. */
  readonly free?: boolean
  /** Its first invoice is drafted now and collected like a renewal's: a schedule began it, nobody waits for the answer. */
  readonly later?: boolean
}

const incompleteLifetime = 23 * 3600

// Stripe's orders, as seen in logs of its CLI (paid at once) and inferred from its guide (the other two).
const paidOrder = [
  'customer.discount.created',
  'invoiceitem.created',
  'charge.succeeded',
  'payment_method.attached',
  'setup_intent.created',
  'customer.updated',
  'customer.subscription.created',
  'customer.subscription.trial_will_end',
  'payment_intent.succeeded',
  'payment_intent.created',
  'invoice.created',
  'invoice.finalized',
  'invoice.paid',
  'invoice.payment_succeeded',
  'invoice_payment.paid',
  'invoice.sent',
]
const failedOrder = [
  'customer.discount.created',
  'invoiceitem.created',
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
  'customer.discount.created',
  'invoiceitem.created',
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
    if (isTrialShort(made)) announce(inner, 'customer.subscription.trial_will_end', made)
    return made
  })
}

// Stripe reminds three days ahead, or at once when the trial is shorter.
const isTrialShort = ({ status, trial_end, created }: Subscription) =>
  status === 'trialing' && trial_end !== null && trial_end - created <= 3 * daySeconds

function billFirstPeriod(turn: Turn, subscription: Subscription, start: Start): void {
  const { customer } = start
  const pending = pendingItems(turn, subscription)
  const advance = start.free ? [] : subscription.items.data.filter((item) => !isMetered(item))
  // Flexible billing makes no invoice when nothing is billed in advance.
  if (advance.length === 0 && pending.length === 0) {
    activate(turn, subscription, start)
    return
  }
  const bill = { customer, subscription, reason: 'subscription_create', advance, pending } as const
  if (start.later) {
    draftFirst(turn, subscription, bill, start)
    return
  }
  const drafted = dueDated(draftInvoice(turn, bill), subscription, turn.now(customer.id))
  const invoice = finalizeInvoice(turn, drafted, customer)
  const billed = saveSubscription(turn, subscription, { latest_invoice: invoice.id })
  if (invoice.amount_due === 0) settlePaid(turn, invoice, null)
  else if (billed.collection_method === 'send_invoice') sendToCustomer(turn, invoice)
  if (invoice.amount_due === 0 || billed.collection_method === 'send_invoice') activate(turn, billed, start)
  else collectFirst(turn, billed, invoice, start)
}

function draftFirst(turn: Turn, subscription: Subscription, bill: Bill, start: Start): void {
  const at = turn.now(start.customer.id) + Number(readSetting(turn, 'draft_seconds'))
  const invoice = draftInvoice(turn, { ...bill, extra: { automatically_finalizes_at: at } })
  plan(turn, start.customer.id, 'finalize_invoice', invoice.id, at)
  activate(turn, saveSubscription(turn, subscription, { latest_invoice: invoice.id }), start)
}

// Nothing to pay yet: a card for later is asked for with a setup intent.
function activate(turn: Turn, subscription: Subscription, start: Start): void {
  const pending =
    start.method === null && subscription.collection_method === 'charge_automatically'
      ? createSetup(turn, start.customer.id).id
      : null
  const status = subscription.status === 'trialing' ? 'trialing' : 'active'
  saveSubscription(turn, subscription, { status, pending_setup_intent: pending })
}

function collectFirst(turn: Turn, subscription: Subscription, invoice: Invoice, start: Start): void {
  const intent = openPayment(turn, invoice, start.method, 'Subscription creation')
  const expiry = turn.now(start.customer.id) + incompleteLifetime
  plan(turn, start.customer.id, 'expire_incomplete_subscription', subscription.id, expiry)
  if (start.behavior === 'default_incomplete' || start.method === null) return
  const method = turn.store.objects.find('payment_method', start.method)
  if (!method) return
  const manner = { offSession: start.offSession, returnUrl: null, authenticated: false }
  const attempt = confirmIntent(turn, intent, method, manner)
  if (start.behavior !== 'error_if_incomplete' || attempt.outcome === 'paid') return
  throw refusal(attempt.failure)
}

/** The refusal of an update whose invoice could not be paid; everything it did is undone. */
export function paymentRefusal(turn: Turn, invoice: Invoice): Failure {
  const problem = intentOf(turn, invoice)?.last_payment_error
  if (!problem) return refusal(null)
  return new Failure(402, {
    type: 'card_error',
    code: problem.code ?? 'card_declined',
    message: problem.message ?? 'Your card was declined.',
    ...(problem.decline_code ? { decline_code: problem.decline_code } : {}),
  })
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
