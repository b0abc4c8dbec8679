import { announce } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { EventType, Subscription } from '../wire.ts'
import { plan } from './agenda.ts'
import { followEntitlements } from './entitlements.ts'
import { daySeconds, readSetting } from './settings.ts'
import { noteThresholds } from './watched-usage.ts'

/** Saves a subscription with its items: an item is also found by its own id, and both must show the same. */
export function saveSubscription(
  turn: Turn,
  before: Subscription,
  patch: Partial<Subscription>,
  ...types: readonly EventType[]
): Subscription {
  const after = withoutStaleDetails({ ...before, ...patch })
  if (Bun.deepEquals(before, after, true)) return before
  storeSubscription(turn, after)
  for (const type of types) announce(turn, type, after, type.endsWith('.updated') ? before : undefined)
  return after
}

// Why it is paused is told only while it is.
function withoutStaleDetails(subscription: Subscription): Subscription {
  if (subscription.status === 'paused') return subscription
  const { status_details: _details, ...rest } = subscription
  return rest
}

export function storeSubscription(turn: Turn, subscription: Subscription): void {
  turn.store.objects.save('subscription', subscription)
  for (const item of subscription.items.data) turn.store.objects.save('subscription_item', item)
  followEntitlements(turn, subscription.customer)
  noteThresholds(turn, subscription)
  planAhead(turn, subscription)
}

export const periodEnd = (subscription: Subscription) =>
  Math.min(...subscription.items.data.map((item) => item.current_period_end))

const trialReminder = 3 * daySeconds

/** What time will do to a subscription follows from what it is: every time it is stored, its work is planned anew. */
function planAhead(turn: Turn, subscription: Subscription): void {
  const { status, cancel_at, trial_end, pause_collection } = subscription
  const now = turn.now(subscription.customer)
  const ended = status === 'canceled' || status === 'incomplete_expired'
  const renews = ['trialing', 'active', 'past_due', 'unpaid'].includes(status)
  const ahead = (at: number | null, holds: boolean) => (holds && at !== null && at > now ? at : null)
  const end = periodEnd(subscription)
  const stays = cancel_at === null || cancel_at > end
  const upcoming = end - Number(readSetting(turn, 'upcoming_days')) * daySeconds
  const times = {
    renew_subscription: renews ? end : null,
    cancel_subscription: ended || status === 'incomplete' ? null : cancel_at,
    remind_of_trial_end: ahead((trial_end ?? 0) - trialReminder, status === 'trialing'),
    announce_upcoming_invoice: ahead(upcoming, renews && stays),
    invoice_pending_items: ahead(subscription.next_pending_invoice_item_invoice, renews),
    resume_collection: ahead(pause_collection?.resumes_at ?? null, !ended),
  } as const
  for (const [task, at] of Object.entries(times)) {
    if (at === null) turn.store.dueWork.drop(task as keyof typeof times, subscription.id)
    else plan(turn, subscription.customer, task as keyof typeof times, subscription.id, at)
  }
}
