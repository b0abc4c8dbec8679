import { attemptCollection } from '../engine/collection.ts'
import { draftInvoice, finalizeInvoice } from '../engine/invoices.ts'
import { remember } from '../engine/memory.ts'
import { pendingItems, storeItems } from '../engine/pending-items.ts'
import { intervalOf, periodAt } from '../engine/periods.ts'
import { usageOfRemoved } from '../engine/proration.ts'
import { settlePaid } from '../engine/settlement.ts'
import { type Change, makeChange } from '../engine/subscription-change.ts'
import { pauseSubscription } from '../engine/subscription-pause.ts'
import { saveSubscription } from '../engine/subscription-store.ts'
import { forgetUsage } from '../engine/usage.ts'
import { announce } from '../events/record.ts'
import { fields, integer, oneOf, type Parameters } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Subscription, SubscriptionItem } from '../wire.ts'
import { creditUnused } from './subscription-cancel.ts'

export const pausing = {
  bill_for: fields({
    outstanding_usage_through: fields({ type: oneOf('none', 'now') }),
    unused_time_from: fields({ type: oneOf('item_current_period_start', 'none', 'now') }),
  }),
  invoicing_behavior: oneOf('invoice', 'pending_invoice_item'),
  type: oneOf('subscription'),
}
export const resuming = {
  billing_cycle_anchor: fields({ type: oneOf('now', 'unchanged') }),
  payment_behavior: oneOf('resume_on_payment_attempt', 'resume_on_payment_success'),
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
  proration_date: integer,
}

/** Pauses a running subscription: its periods end now, and what was asked for is credited and billed. */
export function pause(turn: Turn, sent: Parameters<typeof pausing>, id: string): Subscription {
  const before = retrieve(turn, 'subscription', id)
  requirePausable(before)
  const customer = referenced(turn, 'customer', before.customer, 'customer')
  const now = turn.now(customer.id)
  const unused = sent.bill_for?.unused_time_from?.type ?? 'now'
  if (unused !== 'none') creditUnused(turn, before)
  if (sent.bill_for?.outstanding_usage_through?.type !== 'none') billUsage(turn, customer, before, now)
  const data = before.items.data.map((item) => ({ ...item, current_period_end: now }))
  const patch = { items: { ...before.items, data }, cancel_at: null, cancel_at_period_end: false }
  const paused = pauseSubscription(turn, before, 'pause_requested', patch)
  return sent.invoicing_behavior === 'invoice' ? invoicePending(turn, customer, paused) : paused
}

function requirePausable(subscription: Subscription): void {
  if (subscription.billing_mode.type !== 'flexible') {
    throw invalid('Only subscriptions with billing_mode=flexible can be paused.')
  }
  if (subscription.collection_method !== 'charge_automatically') {
    throw invalid('Only subscriptions with collection_method=charge_automatically can be paused.')
  }
  if (subscription.schedule !== null) throw invalid('A subscription managed by a schedule cannot be paused.')
  if (['active', 'past_due', 'unpaid'].includes(subscription.status)) return
  throw invalid(`A subscription that is ${subscription.status} cannot be paused.`)
}

function billUsage(turn: Turn, customer: Customer, before: Subscription, at: number): void {
  const change = { customer, before, after: before, at, restarted: () => false }
  storeItems(
    turn,
    before.items.data.flatMap((item) => usageOfRemoved(turn, change, item)),
  )
}

function invoicePending(turn: Turn, customer: Customer, subscription: Subscription): Subscription {
  const pending = pendingItems(turn, subscription)
  if (pending.length === 0) return subscription
  const draft = draftInvoice(turn, { customer, subscription, reason: 'subscription_update', pending })
  const invoice = finalizeInvoice(turn, draft, customer)
  if (invoice.amount_due === 0) settlePaid(turn, invoice, null)
  else attemptCollection(turn, invoice)
  const present = retrieve(turn, 'subscription', subscription.id)
  return saveSubscription(turn, present, { latest_invoice: invoice.id }, 'customer.subscription.updated')
}

/** Lets a paused subscription go on, in a new cycle unless the old anchor is to stay. */
export function resume(turn: Turn, sent: Parameters<typeof resuming>, id: string): Subscription {
  const paused = retrieve(turn, 'subscription', id)
  const customer = referenced(turn, 'customer', paused.customer, 'customer')
  const { change, after } = resumption(turn, sent, paused)
  if (sent.payment_behavior === 'resume_on_payment_success') return onSuccess(turn, customer, change, after)
  const made = makeChange(turn, customer, change)
  announce(turn, 'customer.subscription.resumed', made)
  return made
}

interface Resumption {
  readonly change: Change
  /** The subscription in its new periods, still paused. */
  readonly after: Subscription
}

/** What going on changes, worked out and not made yet. */
export function resumption(turn: Turn, sent: Parameters<typeof resuming>, paused: Subscription): Resumption {
  if (paused.status !== 'paused') throw invalid('This subscription is not paused.')
  const now = turn.now(paused.customer)
  const anchor = sent.billing_cycle_anchor?.type === 'unchanged' ? paused.billing_cycle_anchor : now
  const data = paused.items.data.map((item) => resumed(item, anchor, now))
  for (const item of data) {
    remember(turn, 'billed', item.id, null)
    forgetUsage(turn, item.id)
  }
  const { status_details: _details, ...rest } = paused
  const after: Subscription = { ...rest, billing_cycle_anchor: anchor, items: { ...paused.items, data } }
  const change: Change = {
    before: paused,
    after: { ...after, status: 'active' },
    at: now,
    prorations: 'none',
    restarted: data.map((item) => item.id),
    payment: 'allow_incomplete',
  }
  return { change, after }
}

function resumed(item: SubscriptionItem, anchor: number, now: number): SubscriptionItem {
  const cycle = periodAt(anchor, intervalOf(item.price), now)
  return { ...item, current_period_start: now, current_period_end: cycle.end }
}

// It stays paused until its invoice is paid; the settlement of that invoice brings it back.
function onSuccess(turn: Turn, customer: Customer, change: Change, after: Subscription): Subscription {
  remember(turn, 'resuming', after.id, true)
  const advance = change.after.items.data
  const draft = draftInvoice(turn, { customer, subscription: change.after, reason: 'subscription_update', advance })
  const invoice = finalizeInvoice(turn, draft, customer)
  const waiting = { ...after, status: 'paused' as const, latest_invoice: invoice.id }
  saveSubscription(turn, change.before, waiting)
  if (invoice.amount_due === 0) settlePaid(turn, invoice, null)
  else attemptCollection(turn, invoice)
  const made = retrieve(turn, 'subscription', after.id)
  if (made.status === 'active') announce(turn, 'customer.subscription.resumed', made)
  return made
}

/** Moves a subscription to flexible billing, for good. */
export function migrate(turn: Turn, _sent: object, id: string): Subscription {
  const before = retrieve(turn, 'subscription', id)
  if (before.billing_mode.type === 'flexible') throw invalid('This subscription has billing_mode=flexible already.')
  const billing_mode: Subscription['billing_mode'] = {
    flexible: { proration_discounts: 'included' },
    type: 'flexible',
    updated_at: turn.now(before.customer),
  }
  return saveSubscription(turn, before, { billing_mode }, 'customer.subscription.updated')
}

/** Takes a subscription's discounts off. */
export function deleteDiscount(turn: Turn, _sent: object, id: string): object {
  const before = retrieve(turn, 'subscription', id)
  const [discount] = before.discounts.flatMap((each) => turn.store.objects.find('discount', each) ?? [])
  if (!discount) throw invalid('This subscription has no discount.', undefined, 'resource_missing')
  announce(turn, 'customer.discount.deleted', discount)
  saveSubscription(turn, before, { discounts: [] }, 'customer.subscription.updated')
  const { end: _end, ...deleted } = discount
  return { ...deleted, deleted: true }
}
