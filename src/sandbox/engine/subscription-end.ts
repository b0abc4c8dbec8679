import { change, inOrder } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { stopCollectingFor, voidInvoice } from './settlement.ts'
import { saveSubscription } from './subscription-store.ts'

export const terminal = (subscription: Subscription) => ['canceled', 'incomplete_expired'].includes(subscription.status)

/** Ends a subscription now. One that never became active expires instead, and its open invoice is voided. */
export function endSubscription(
  turn: Turn,
  subscription: Subscription,
  details: Partial<NonNullable<Subscription['cancellation_details']>>,
): Subscription {
  if (subscription.status === 'incomplete') return expireIncomplete(turn, subscription)
  const now = turn.now(subscription.customer)
  const patch: Partial<Subscription> = {
    status: 'canceled',
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: subscription.canceled_at ?? now,
    cancellation_details: { ...detailsOf(subscription), ...details },
    ended_at: now,
    pending_update: null,
  }
  const ended = saveSubscription(turn, subscription, patch, 'customer.subscription.deleted')
  stopCollectingFor(turn, ended)
  endSchedule(turn, ended, details.reason === 'payment_failed')
  return ended
}

// A schedule has nothing left to do when its subscription ends before it.
function endSchedule(turn: Turn, { schedule: id, customer }: Subscription, delinquent: boolean): void {
  const schedule = id === null ? undefined : turn.store.objects.find('subscription_schedule', id)
  if (schedule?.status !== 'active') return
  const patch = { canceled_at: turn.now(customer), current_phase: null, status: 'canceled' } as const
  const type = delinquent ? 'subscription_schedule.aborted' : 'subscription_schedule.canceled'
  change(turn, 'subscription_schedule', schedule, patch, type)
  for (const task of ['advance_schedule', 'announce_schedule_expiry'] as const)
    turn.store.dueWork.drop(task, schedule.id)
}

/** The 23 hours for the first payment are over, or it was cancelled before: final, with nothing left to pay. */
export function expireIncomplete(turn: Turn, subscription: Subscription): Subscription {
  const order = () => ['customer.subscription.updated', 'invoice.voided', 'payment_intent.canceled']
  return inOrder(turn, order, (inner) => {
    const invoice = inner.store.objects.find('invoice', subscription.latest_invoice ?? '')
    if (invoice?.status === 'open') voidInvoice(inner, invoice)
    return inner.store.objects.find('subscription', subscription.id) ?? subscription
  })
}

export const detailsOf = (subscription: Subscription): NonNullable<Subscription['cancellation_details']> =>
  subscription.cancellation_details ?? { comment: null, feedback: null, feedback_option: null, reason: null }
