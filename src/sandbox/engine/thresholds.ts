import { inOrder } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Subscription, SubscriptionItem } from '../wire.ts'
import { plan } from './agenda.ts'
import { type Bill, composeInvoice, type Threshold } from './compose-invoice.ts'
import { draftInvoice } from './invoices.ts'
import { recall, remember } from './memory.ts'
import { decimalSum } from './money.ts'
import { pendingItems } from './pending-items.ts'
import { intervalOf, periodAt } from './periods.ts'
import { daySeconds, readSetting } from './settings.ts'
import { saveSubscription } from './subscription-store.ts'
import { forgetUsage, isMetered, type Stretch, stretchesOf, unbilledUsage, usageIn } from './usage.ts'

/** Usage has come in: a subscription whose threshold it reaches is invoiced now, and not at the end of its period. */
export function watchThresholds(turn: Turn, customerId: string): void {
  for (const id of recall(turn, 'thresholds', customerId) ?? []) {
    const subscription = turn.store.objects.find('subscription', id)
    const customer = turn.store.objects.find('customer', customerId)
    if (subscription && customer && isCompared(turn, subscription)) billWhenReached(turn, customer, subscription)
  }
}

// Stripe compares neither in a trial nor in the last day of a period, lest two invoices come on one date.
function isCompared(turn: Turn, { status, customer, items }: Subscription): boolean {
  const end = Math.min(...items.data.map((item) => item.current_period_end))
  return (status === 'active' || status === 'past_due') && turn.now(customer) < end - daySeconds
}

function billWhenReached(turn: Turn, customer: Customer, subscription: Subscription): void {
  const now = turn.now(customer.id)
  const resets = subscription.billing_thresholds?.reset_billing_cycle_anchor === true
  const bill: Bill = {
    customer,
    subscription,
    reason: 'subscription_threshold',
    arrears: stretchesUntil(turn, subscription.items.data, now, resets),
    pending: pendingItems(turn, subscription),
  }
  const threshold = reachedBy(turn, subscription, bill)
  if (!threshold) return
  const after = resets ? restarted(subscription, now) : subscription
  inOrder(
    turn,
    () => ['customer.subscription.updated', 'invoice.created'],
    (inner) => {
      const at = now + Number(readSetting(inner, 'draft_seconds'))
      const advance = resets ? after.items.data.filter((item) => !isMetered(item)) : []
      const extra = { automatically_finalizes_at: at }
      const invoice = draftInvoice(inner, { ...bill, subscription: after, advance, threshold, extra })
      for (const item of after.items.data.filter(isMetered)) markBilled(inner, item, now, resets)
      saveSubscription(inner, subscription, { ...after, latest_invoice: invoice.id }, 'customer.subscription.updated')
      plan(inner, customer.id, 'finalize_invoice', invoice.id, at)
    },
  )
}

/** All use there is, also of this very second; a cycle that begins anew leaves what lies ahead to its new period. */
function stretchesUntil(turn: Turn, items: readonly SubscriptionItem[], now: number, resets: boolean): Stretch[] {
  return items.flatMap((item) =>
    stretchesOf(turn, [item], resets ? now + 1 : item.current_period_end).map((stretch) => ({
      ...stretch,
      shown: { start: stretch.period.start, end: Math.min(stretch.period.end, now) },
    })),
  )
}

function reachedBy(turn: Turn, subscription: Subscription, bill: Bill): Threshold | undefined {
  const limit = subscription.billing_thresholds?.amount_gte ?? null
  const owed = limit === null ? 0 : (composeInvoice(turn, bill).total_excluding_tax ?? 0)
  const items = subscription.items.data.flatMap(({ id, billing_thresholds: own }) => {
    const used = (bill.arrears ?? [])
      .filter(({ item }) => item.id === id)
      .map((stretch) => unbilledUsage(turn, subscription.customer, stretch))
    const usage_gte = own?.usage_gte ?? null
    return usage_gte !== null && Number(decimalSum(used)) >= usage_gte ? [{ item: id, usage_gte }] : []
  })
  const amount_gte = limit !== null && owed >= limit ? limit : null
  return amount_gte === null && items.length === 0 ? undefined : { amount_gte, items }
}

/** As if its period had come to its end: what recurs is billed for a whole new one. */
function restarted(subscription: Subscription, now: number): Subscription {
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: now,
    current_period_end: periodAt(now, intervalOf(item.price), now).end,
  }))
  return { ...subscription, billing_cycle_anchor: now, items: { ...subscription.items, data } }
}

// Counted by quantity and not by time, so that what is reported late is billed too, and tiers go on where they were.
function markBilled(turn: Turn, item: SubscriptionItem, now: number, resets: boolean): void {
  if (resets) forgetUsage(turn, item.id)
  const customer = turn.store.objects.find('subscription', item.subscription)?.customer ?? ''
  const stretches = stretchesOf(turn, [item], resets ? now + 1 : item.current_period_end)
  const marked = stretches.map((stretch) => ({ ...stretch, billed: usageIn(turn, customer, stretch) }))
  const segments = marked.slice(0, -1).map(({ price, period, billed }) => ({ price: price.id, ...period, billed }))
  if (segments.length > 0) remember(turn, 'segments', item.id, segments)
  remember(turn, 'billed_usage', item.id, marked.at(-1)?.billed ?? null)
}
