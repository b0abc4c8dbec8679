import { announce, change, inOrder } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, PaymentMethod, Subscription } from '../wire.ts'
import { plan } from './agenda.ts'
import { confirmIntent } from './confirmation.ts'
import { failAttempt, failWithoutMethod } from './dunning.ts'
import { finalizeInvoice, recountUsage } from './invoices.ts'
import { defaultMethodOf } from './payment-methods.ts'
import { daySeconds } from './settings.ts'
import { openIntentOf, openPayment, settlePaid, subscriptionOf, voidInvoice } from './settlement.ts'

// As seen in Stripe's logs of renewals; what follows a failed attempt comes after it.
const collectionOrder = [
  'invoice.updated',
  'invoice.finalized',
  'customer.updated',
  'payment_intent.created',
  'charge.succeeded',
  'payment_intent.succeeded',
  'invoice.paid',
  'invoice.payment_succeeded',
  'customer.subscription.pending_update_applied',
  'customer.subscription.updated',
  'invoice_payment.paid',
  'invoice.sent',
  'invoice.voided',
  'invoice.marked_uncollectible',
]
const failureOrder = [
  'invoice.finalized',
  'customer.updated',
  'payment_intent.created',
  'charge.failed',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.updated',
  'customer.subscription.updated',
  'invoice.marked_uncollectible',
  'customer.subscription.deleted',
  'subscription_schedule.aborted',
  'payment_intent.canceled',
]

/** The hour of a draft is over: it is finalized and, unless the customer pays by transfer, collected. */
export function finalizeAndCollect(turn: Turn, draft: Invoice): Invoice {
  const order = (invoice: Invoice) => (invoice.status === 'open' && invoice.attempted ? failureOrder : collectionOrder)
  return inOrder(turn, order, (inner) => collectDraft(inner, draft))
}

function collectDraft(turn: Turn, draft: Invoice): Invoice {
  const customer = turn.store.objects.find('customer', draft.customer ?? '')
  if (!customer) return draft
  const subscription = subscriptionOf(turn, draft)
  const counted = subscription ? recountUsage(turn, draft, customer, subscription) : draft
  const invoice = finalizeInvoice(turn, dueDated(counted, subscription, turn.now(customer.id)), customer)
  if (invoice.amount_due === 0) return settlePaid(turn, invoice, null)
  const paused = subscription?.pause_collection?.behavior
  if (paused === 'void') return voidInvoice(turn, invoice)
  if (paused === 'mark_uncollectible') return markUncollectible(turn, invoice)
  if (invoice.collection_method === 'send_invoice') return sendToCustomer(turn, invoice)
  return attemptCollection(turn, invoice)
}

export function dueDated(draft: Invoice, subscription: Subscription | undefined, now: number): Invoice {
  if (draft.collection_method !== 'send_invoice' || draft.due_date !== null) return draft
  return { ...draft, due_date: now + (subscription?.days_until_due ?? 30) * daySeconds }
}

export function sendToCustomer(turn: Turn, invoice: Invoice): Invoice {
  if (invoice.due_date !== null) plan(turn, invoice.customer, 'mark_invoice_overdue', invoice.id, invoice.due_date)
  announce(turn, 'invoice.sent', invoice)
  return invoice
}

export function markUncollectible(turn: Turn, invoice: Invoice): Invoice {
  const status_transitions = { ...invoice.status_transitions, marked_uncollectible_at: turn.now(invoice.customer) }
  const patch: Partial<Invoice> = {
    auto_advance: false,
    next_payment_attempt: null,
    status: 'uncollectible',
    status_transitions,
  }
  turn.store.dueWork.drop('collect_invoice', invoice.id)
  return change(turn, 'invoice', invoice, patch, 'invoice.marked_uncollectible')
}

/** An automatic attempt: the buyer is not there, and what fails is tried again on the account's schedule. */
export function attemptCollection(turn: Turn, invoice: Invoice): Invoice {
  const method = methodOf(turn, invoice)
  const intent = openIntentOf(turn, invoice) ?? openPayment(turn, invoice, method?.id ?? null, descriptionOf(invoice))
  if (method === undefined) failWithoutMethod(turn, invoice)
  else if (isHardDecline(intent.last_payment_error, method)) failAttempt(turn, invoice)
  else confirmIntent(turn, intent, method, { offSession: true, returnUrl: null, authenticated: false, automatic: true })
  return turn.store.objects.find('invoice', invoice.id) ?? invoice
}

const descriptionOf = (invoice: Invoice) =>
  invoice.billing_reason === 'subscription_create'
    ? 'Subscription creation'
    : invoice.parent?.type === 'subscription_details'
      ? 'Subscription update'
      : 'Payment for Invoice'

// Codes after which banks forbid another try with the same card (Stripe's list of hard declines).
const hardDeclines = new Set([
  'authentication_required',
  'highest_risk_level',
  'incorrect_number',
  'lost_card',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'transaction_not_allowed',
])

function isHardDecline(
  failure: { readonly decline_code?: string; readonly payment_method?: { readonly id: string } } | null,
  method: PaymentMethod,
): boolean {
  return hardDeclines.has(failure?.decline_code ?? '') && failure?.payment_method?.id === method.id
}

/** Stripe's order: the invoice's own method, the subscription's, the customer's. */
export function methodOf(turn: Turn, invoice: Invoice): PaymentMethod | undefined {
  const customer = turn.store.objects.find('customer', invoice.customer ?? '')
  const id =
    invoice.default_payment_method ??
    subscriptionOf(turn, invoice)?.default_payment_method ??
    (customer && defaultMethodOf(customer))
  return id ? turn.store.objects.find('payment_method', id) : undefined
}

/** A planned retry: with the method that is the default now. */
export function retryCollection(turn: Turn, invoice: Invoice): void {
  const order = (after: Invoice) => (after.status === 'open' ? failureOrder : retriedOrder)
  inOrder(turn, order, (inner) => attemptCollection(inner, invoice))
}
const retriedOrder = collectionOrder.filter((type) => type !== 'invoice.updated')

export const hasMethod = (subscription: Subscription, customer: Customer) =>
  (subscription.default_payment_method ?? defaultMethodOf(customer)) !== null
