import { announce, inOrder } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, Subscription, SubscriptionItem } from '../wire.ts'
import { plan } from './agenda.ts'
import { hasMethod } from './collection.ts'
import type { Bill } from './compose-invoice.ts'
import { holds } from './discounts.ts'
import { endWithUsage } from './final-usage.ts'
import { draftInvoice } from './invoices.ts'
import { pendingItems } from './pending-items.ts'
import { intervalOf, periodAt } from './periods.ts'
import { readSetting } from './settings.ts'
import { pauseAfterTrial } from './subscription-pause.ts'
import { saveSubscription } from './subscription-store.ts'
import { forgetUsage, isMetered, stretchesOf, unbilledUsage } from './usage.ts'

/** A period has ended: a trial turns into what follows it, and whatever renews is billed on a draft invoice. */
export function renewSubscription(turn: Turn, subscription: Subscription): void {
  const now = turn.now(subscription.customer)
  const customer = turn.store.objects.find('customer', subscription.customer)
  if (!customer) return
  const trialOver = subscription.status === 'trialing' && (subscription.trial_end ?? 0) <= now
  if (trialOver && endTrialWithoutCard(turn, subscription, customer)) return
  beginPeriod(turn, customer, subscription, trialOver ? { status: 'active' } : {})
}

/** A trial that ends without a card, where its settings end or pause it; undefined where it goes on all the same. */
export function endTrialWithoutCard(
  turn: Turn,
  subscription: Subscription,
  customer: Customer,
): Subscription | undefined {
  if (subscription.collection_method !== 'charge_automatically' || hasMethod(subscription, customer)) return undefined
  const missing = subscription.trial_settings?.end_behavior.missing_payment_method
  if (missing === 'cancel') return endWithUsage(turn, subscription, {})
  return missing === 'pause' ? pauseAfterTrial(turn, subscription) : undefined
}

// At the boundary the subscription is announced before its draft invoice, which it already names.
const boundaryOrder = () => ['customer.discount.deleted', 'customer.subscription.updated', 'invoice.created']

function beginPeriod(turn: Turn, customer: Customer, before: Subscription, patch: Partial<Subscription>): void {
  inOrder(turn, boundaryOrder, (inner) => {
    const fresh = dropEndedDiscounts(inner, before)
    const after = { ...rolled(fresh, inner.now(before.customer)), ...patch }
    const bill = renewalBill(inner, customer, before, after)
    const invoice = hasSomethingToBill(inner, bill) ? draftInvoice(inner, bill) : undefined
    for (const item of after.items.data) if (isMetered(item)) forgetUsage(inner, item.id)
    const latest = invoice ? { latest_invoice: invoice.id } : {}
    saveSubscription(inner, before, { ...after, ...latest }, 'customer.subscription.updated')
    if (invoice?.auto_advance && invoice.automatically_finalizes_at !== null) {
      plan(inner, customer.id, 'finalize_invoice', invoice.id, invoice.automatically_finalizes_at)
    }
  })
}

/** The subscription in its next period: items whose period is over move on, items of longer intervals stay. */
export function rolled(subscription: Subscription, now: number): Subscription {
  const data = subscription.items.data.map((item) => {
    if (item.current_period_end > now) return item
    const next = periodAt(subscription.billing_cycle_anchor, intervalOf(item.price), item.current_period_end)
    return { ...item, current_period_start: item.current_period_end, current_period_end: next.end }
  })
  return { ...subscription, items: { ...subscription.items, data } }
}

/** What the renewal of a subscription bills: the ended period's usage, what is pending, and the next period. */
export function renewalBill(turn: Turn, customer: Customer, before: Subscription, after: Subscription): Bill {
  const now = turn.now(customer.id)
  const ended = before.items.data.filter((item) => item.current_period_end <= now)
  const moved = (item: SubscriptionItem) => ended.some((former) => former.id === item.id)
  const start = Math.min(...before.items.data.map((item) => item.current_period_start))
  return {
    customer,
    subscription: after,
    reason: 'subscription_cycle',
    advance: after.items.data.filter(moved),
    arrears: ended.flatMap((item) => stretchesOf(turn, [item], item.current_period_end)),
    pending: pendingItems(turn, after),
    period: { start, end: now },
    extra: advanceOf(turn, after, now),
  }
}

// An unpaid subscription's invoices stay drafts, and so do those that a pause keeps.
function advanceOf(turn: Turn, subscription: Subscription, now: number): Partial<Invoice> {
  const held = subscription.status === 'unpaid' || subscription.pause_collection?.behavior === 'keep_as_draft'
  if (held) return { auto_advance: false }
  return { automatically_finalizes_at: now + Number(readSetting(turn, 'draft_seconds')) }
}

// Flexible billing makes no invoice when nothing is to be billed.
function hasSomethingToBill(turn: Turn, { subscription, advance = [], arrears = [], pending = [] }: Bill): boolean {
  if (pending.length > 0 || advance.some((item) => !isMetered(item))) return true
  if (subscription?.billing_mode.type === 'classic') return true
  return arrears.some((stretch) => unbilledUsage(turn, subscription?.customer ?? '', stretch) !== '0')
}

/** Discounts whose time or single use is over leave their subscription when a period begins. */
function dropEndedDiscounts(turn: Turn, subscription: Subscription): Subscription {
  const now = turn.now(subscription.customer)
  const kept = subscription.discounts.filter((id) => {
    const discount = turn.store.objects.find('discount', id)
    const goes = discount !== undefined && !holds(turn, discount, now)
    if (goes) announce(turn, 'customer.discount.deleted', discount)
    return !goes
  })
  return kept.length === subscription.discounts.length ? subscription : { ...subscription, discounts: kept }
}
