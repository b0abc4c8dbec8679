import { announce } from '../events/record.ts'
import { advanceSchedule, announceExpiry } from '../schedules/running.ts'
import type { Task } from '../store/due-work.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { finalizeAndCollect, retryCollection } from './collection.ts'
import { fallBehind } from './dunning.ts'
import { endWithUsage } from './final-usage.ts'
import { invoicePendingItems } from './pending-invoicing.ts'
import { expirePendingUpdate } from './pending-update.ts'
import { renewSubscription } from './renewal.ts'
import { subscriptionOf } from './settlement.ts'
import { expireIncomplete, terminal } from './subscription-end.ts'
import { saveSubscription } from './subscription-store.ts'
import { surfaceTasks } from './surface-tasks.ts'
import { announceUpcoming } from './upcoming.ts'

type Perform = (turn: Turn, subject: string) => void

const onSubscription =
  (act: (turn: Turn, subscription: Subscription) => void): Perform =>
  (turn, id) => {
    const subscription = turn.store.objects.find('subscription', id)
    if (subscription && !terminal(subscription)) act(turn, subscription)
  }
const onInvoice =
  (status: 'draft' | 'open', act: (turn: Turn, invoice: Invoice) => void): Perform =>
  (turn, id) => {
    const invoice = turn.store.objects.find('invoice', id)
    if (invoice?.status === status) act(turn, invoice)
  }

/** What each kind of due work does; what no longer applies when its time comes does nothing. */
export const tasks: Readonly<Record<Task, Perform>> = {
  ...surfaceTasks,
  advance_schedule: advanceSchedule,
  announce_schedule_expiry: announceExpiry,
  announce_upcoming_invoice: onSubscription(announceUpcoming),
  cancel_subscription: onSubscription((turn, subscription) => void endWithUsage(turn, subscription, {})),
  collect_invoice: onInvoice('open', retryCollection),
  expire_incomplete_subscription: onSubscription((turn, subscription) => {
    if (subscription.status === 'incomplete') expireIncomplete(turn, subscription)
  }),
  expire_pending_update: expirePendingUpdate,
  finalize_invoice: onInvoice('draft', (turn, invoice) => void finalizeAndCollect(turn, invoice)),
  invoice_pending_items: onSubscription(invoicePendingItems),
  mark_invoice_overdue: onInvoice('open', markOverdue),
  remind_of_trial_end: onSubscription((turn, subscription) => {
    announce(turn, 'customer.subscription.trial_will_end', subscription)
  }),
  renew_subscription: onSubscription(renewSubscription),
  resume_collection: onSubscription((turn, subscription) => {
    saveSubscription(turn, subscription, { pause_collection: null }, 'customer.subscription.updated')
  }),
}

function markOverdue(turn: Turn, invoice: Invoice): void {
  announce(turn, 'invoice.overdue', invoice)
  const subscription = subscriptionOf(turn, invoice)
  if (subscription) fallBehind(turn, subscription, false)
}
