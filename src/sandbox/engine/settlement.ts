import { announce, change, create } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, InvoicePayment, PaymentIntent, Subscription } from '../wire.ts'
import { returnCredits } from './credit-grants.ts'
import { cancelIntent, createIntent } from './intents.ts'
import { recall, remember } from './memory.ts'
import { saveSubscription } from './subscription-store.ts'

/** The intent through which an open invoice is to be paid, and the record that ties the two together. */
export function openPayment(
  turn: Turn,
  invoice: Invoice,
  paymentMethod: string | null,
  description: string,
): PaymentIntent {
  const wish = {
    amount: invoice.amount_remaining,
    currency: invoice.currency,
    customer: invoice.customer,
    paymentMethod,
  }
  const intent = createIntent(turn, wish, { description, setup_future_usage: 'off_session' })
  const payment: InvoicePayment = {
    id: freshId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: invoice.amount_remaining,
    created: turn.now(invoice.customer),
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: true,
    livemode: false,
    payment: { payment_intent: intent.id, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  }
  create(turn, 'invoice_payment', payment)
  return intent
}

/** The payment of an invoice that is still open. */
export function openPaymentOf(turn: Turn, invoice: Invoice): InvoicePayment | undefined {
  return openPaymentsOf(turn, invoice)[0]
}

function openPaymentsOf(turn: Turn, invoice: Invoice): InvoicePayment[] {
  return turn.store.objects
    .select('invoice_payment', { parent: invoice.id })
    .filter((payment) => payment.status === 'open')
}

export function intentOf(turn: Turn, invoice: Invoice): PaymentIntent | undefined {
  const payments = turn.store.objects.select('invoice_payment', { parent: invoice.id })
  const payment = payments.find((candidate) => candidate.status !== 'canceled') ?? payments[0]
  const intent = payment?.payment.payment_intent
  return intent === undefined ? undefined : turn.store.objects.find('payment_intent', intent)
}

/** The intent of the payment that is still under way, of several the newest. */
export function openIntentOf(turn: Turn, invoice: Invoice): PaymentIntent | undefined {
  return turn.store.objects.find('payment_intent', openPaymentOf(turn, invoice)?.payment.payment_intent ?? '')
}

/** The open invoice an intent pays, if it pays one. */
export function invoiceOf(turn: Turn, intent: PaymentIntent): Invoice | undefined {
  const [payment] = turn.store.objects.select('invoice_payment', { lookup: intent.id })
  return payment && turn.store.objects.find('invoice', payment.invoice)
}

/** Marks an open invoice paid: by an intent, by nothing at all when nothing was due, or outside of Stripe. */
export function settlePaid(turn: Turn, invoice: Invoice, intent: PaymentIntent | null, outOfBand = false): Invoice {
  const now = turn.now(invoice.customer)
  const patch: Partial<Invoice> = {
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    attempt_count: intent ? firstAttempt(invoice) : invoice.attempt_count,
    attempted: true,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: now },
    ...(outOfBand ? { amount_paid_off_stripe: invoice.amount_due } : {}),
  }
  const paid = { ...invoice, ...patch }
  turn.store.objects.save('invoice', paid)
  stopCollecting(turn, invoice.id)
  reviveSubscription(turn, paid, intent)
  announce(turn, 'invoice.updated', paid, invoice)
  announce(turn, 'invoice.paid', paid)
  announce(turn, 'invoice.payment_succeeded', paid)
  for (const payment of openPaymentsOf(turn, invoice)) closePayment(turn, payment, intent, now)
  return paid
}

// Of several payments that were under way the one that came is done, and the others are not wanted any more.
function closePayment(turn: Turn, payment: InvoicePayment, intent: PaymentIntent | null, now: number): void {
  if (payment.payment.payment_intent !== intent?.id) return void cancelPayment(turn, payment, now)
  const patch: Partial<InvoicePayment> = {
    amount_paid: payment.amount_requested,
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: now },
  }
  change(turn, 'invoice_payment', payment, patch, 'invoice_payment.paid')
}

function cancelPayment(turn: Turn, payment: InvoicePayment, now: number): void {
  const status_transitions = { canceled_at: now, paid_at: null }
  change(turn, 'invoice_payment', payment, { status: 'canceled', status_transitions })
  const intent = turn.store.objects.find('payment_intent', payment.payment.payment_intent ?? '')
  if (intent && intent.status !== 'succeeded' && intent.status !== 'canceled')
    cancelIntent(turn, intent, 'void_invoice')
}

// The first attempt counts, whoever makes it; after it only automatic retries do.
export const firstAttempt = (invoice: Invoice) => Math.max(1, invoice.attempt_count)

function stopCollecting(turn: Turn, invoice: string): void {
  for (const task of ['collect_invoice', 'finalize_invoice', 'mark_invoice_overdue'] as const) {
    turn.store.dueWork.drop(task, invoice)
  }
}

// A paid invoice starts an incomplete subscription and brings one back that had fallen behind.
function reviveSubscription(turn: Turn, invoice: Invoice, intent: PaymentIntent | null): void {
  const subscription = subscriptionOf(turn, invoice)
  if (!subscription) return
  const updated = applyPendingUpdate(turn, subscription, invoice)
  if (!isLatest(turn, updated, invoice)) return
  const saves = updated.payment_settings?.save_default_payment_method === 'on_subscription'
  const method = saves ? (intent?.payment_method ?? null) : null
  const patch = method ? { default_payment_method: method } : {}
  recover(turn, updated, patch)
  if (subscription.status === 'incomplete') turn.store.dueWork.drop('expire_incomplete_subscription', subscription.id)
}

// A newer invoice that is still a draft has not been asked for yet.
function isLatest(turn: Turn, subscription: Subscription, invoice: Invoice): boolean {
  if (subscription.latest_invoice === invoice.id) return true
  return turn.store.objects.find('invoice', subscription.latest_invoice ?? '')?.status === 'draft'
}

function recover(turn: Turn, subscription: Subscription, patch: Partial<Subscription> = {}): void {
  const behind = ['incomplete', 'past_due', 'unpaid'].includes(subscription.status)
  const resumes = subscription.status === 'paused' && recall(turn, 'resuming', subscription.id) === true
  if (resumes) remember(turn, 'resuming', subscription.id, null)
  const state: Partial<Subscription> = behind || resumes ? { status: living(turn, subscription) } : {}
  saveSubscription(turn, subscription, { ...state, ...patch }, 'customer.subscription.updated')
}

const living = (turn: Turn, { trial_end, customer }: Subscription) =>
  trial_end !== null && trial_end > turn.now(customer) ? 'trialing' : 'active'

/** A change that waited for its invoice to be paid takes effect. */
function applyPendingUpdate(turn: Turn, subscription: Subscription, invoice: Invoice): Subscription {
  const pending = recall(turn, 'pending_update', invoice.id)
  if (!pending || subscription.pending_update === null) return subscription
  remember(turn, 'pending_update', invoice.id, null)
  turn.store.dueWork.drop('expire_pending_update', invoice.id)
  for (const [item, billed] of pending.billed) remember(turn, 'billed', item, billed)
  const patch = { ...pending.after, latest_invoice: invoice.id, status: subscription.status, pending_update: null }
  const types = ['customer.subscription.pending_update_applied', 'customer.subscription.updated'] as const
  return saveSubscription(turn, subscription, patch, ...types)
}

export function subscriptionOf(turn: Turn, invoice: Invoice): Subscription | undefined {
  const id = invoice.parent?.subscription_details?.subscription
  return id === undefined ? undefined : turn.store.objects.find('subscription', id)
}

/** Voids an open invoice. A first invoice takes its incomplete subscription with it. */
export function voidInvoice(turn: Turn, invoice: Invoice): Invoice {
  const now = turn.now(invoice.customer)
  const subscription = subscriptionOf(turn, invoice)
  if (subscription?.status === 'incomplete') {
    const ended: Partial<Subscription> = { status: 'incomplete_expired', ended_at: now, canceled_at: now }
    saveSubscription(turn, subscription, ended, 'customer.subscription.updated')
    turn.store.dueWork.drop('expire_incomplete_subscription', subscription.id)
  }
  const patch: Partial<Invoice> = {
    auto_advance: false,
    next_payment_attempt: null,
    status: 'void',
    status_transitions: { ...invoice.status_transitions, voided_at: now },
  }
  const voided = change(turn, 'invoice', invoice, patch, 'invoice.voided')
  returnCredits(turn, voided)
  stopCollecting(turn, invoice.id)
  const payment = openPaymentOf(turn, invoice)
  if (payment) cancelPayment(turn, payment, now)
  dropPendingUpdate(turn, voided)
  forgive(turn, voided)
  return voided
}

/** A change that waited for an invoice that is void now will never be made. */
function dropPendingUpdate(turn: Turn, invoice: Invoice): void {
  if (!recall(turn, 'pending_update', invoice.id)) return
  remember(turn, 'pending_update', invoice.id, null)
  turn.store.dueWork.drop('expire_pending_update', invoice.id)
  const subscription = subscriptionOf(turn, invoice)
  if (subscription?.pending_update)
    saveSubscription(turn, subscription, { pending_update: null }, 'customer.subscription.updated')
}

/** An invoice that need not be paid any more no longer holds its subscription back. */
export function forgive(turn: Turn, invoice: Invoice): void {
  const subscription = subscriptionOf(turn, invoice)
  if (subscription && ['past_due', 'unpaid'].includes(subscription.status) && isLatest(turn, subscription, invoice)) {
    recover(turn, subscription)
  }
}

/** Nothing more is collected automatically on what a subscription has left unpaid when it ends. */
export function stopCollectingFor(turn: Turn, subscription: Subscription): void {
  for (const invoice of turn.store.objects.select('invoice', { parent: subscription.id })) {
    if (invoice.status !== 'open' && invoice.status !== 'draft') continue
    stopCollecting(turn, invoice.id)
    change(turn, 'invoice', invoice, { auto_advance: false, next_payment_attempt: null })
  }
}
