import { composeInvoice } from '../engine/compose-invoice.ts'
import { pendingItems } from '../engine/pending-items.ts'
import { immediateBill, prepareChange } from '../engine/subscription-change.ts'
import { periodEnd, storeSubscription } from '../engine/subscription-store.ts'
import { upcomingInvoice } from '../engine/upcoming.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, Schedule, Subscription } from '../wire.ts'
import { phaseChange, phaseDraft } from './phase-change.ts'
import type { Phase } from './phases.ts'

/** The next invoice that a schedule will bring about: by beginning, by its next phase, or by a mere renewal. */
export function scheduledInvoice(turn: Turn, customer: Customer, schedule: Schedule): Invoice | undefined {
  const subscription = turn.store.objects.find('subscription', schedule.subscription ?? '')
  const [first] = schedule.phases
  if (!subscription) return first && ofBeginning(turn, customer, schedule, first)
  const now = turn.now(customer.id)
  const next = schedule.phases.find(({ start_date }) => start_date > now)
  const end = periodEnd(subscription)
  if (next && next.start_date <= end) return ofPhase(turn, customer, schedule, subscription, next)
  const isOver = schedule.end_behavior === 'cancel' && (schedule.phases.at(-1)?.end_date ?? 0) <= end
  return upcomingInvoice(turn, isOver ? { ...subscription, cancel_at: end } : subscription)
}

function ofBeginning(turn: Turn, customer: Customer, schedule: Schedule, phase: Phase): Invoice {
  const then: Turn = { ...turn, now: () => Math.max(phase.start_date, turn.now(customer.id)) }
  const subscription = phaseDraft(then, customer, schedule, phase)
  const pending = pendingItems(then, subscription)
  const advance = subscription.items.data
  return composeInvoice(then, { customer, subscription, reason: 'subscription_create', advance, pending })
}

function ofPhase(
  turn: Turn,
  customer: Customer,
  schedule: Schedule,
  before: Subscription,
  phase: Phase,
): Invoice | undefined {
  const then: Turn = { ...turn, now: () => phase.start_date }
  const change = phaseChange(then, customer, schedule, before, phase)
  prepareChange(then, customer, change)
  const bill = immediateBill(then, customer, change)
  if (bill) return composeInvoice(then, bill)
  storeSubscription(then, change.after)
  return upcomingInvoice(then, change.after)
}
