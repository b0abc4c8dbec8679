import { plan } from '../engine/agenda.ts'
import { endWithUsage } from '../engine/final-usage.ts'
import { daySeconds } from '../engine/settings.ts'
import { makeChange } from '../engine/subscription-change.ts'
import { terminal } from '../engine/subscription-end.ts'
import { startSubscription } from '../engine/subscription-start.ts'
import { saveSubscription } from '../engine/subscription-store.ts'
import { announce, change } from '../events/record.ts'
import { addInvoiceItems } from '../resources/added-items.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Schedule, Subscription } from '../wire.ts'
import { addedOnce, phaseChange, phaseDraft } from './phase-change.ts'
import type { Phase } from './phases.ts'

// Stripe's reference says seven days; its own command line expects the event nine days before the end.
const noticeDays = 9

/** Plans the next moment a schedule has to act, and the notice some days before it is over. */
export function planSchedule(turn: Turn, schedule: Schedule): void {
  const active = schedule.status === 'active' || schedule.status === 'not_started'
  const now = turn.now(schedule.customer)
  const moments = schedule.phases.flatMap((phase) => [phase.start_date, phase.end_date])
  const next = schedule.status === 'not_started' ? moments[0] : moments.find((moment) => moment > now)
  if (active && next !== undefined) plan(turn, schedule.customer, 'advance_schedule', schedule.id, next)
  else turn.store.dueWork.drop('advance_schedule', schedule.id)
  const notice = (schedule.phases.at(-1)?.end_date ?? 0) - noticeDays * daySeconds
  if (active && notice > now) plan(turn, schedule.customer, 'announce_schedule_expiry', schedule.id, notice)
  else turn.store.dueWork.drop('announce_schedule_expiry', schedule.id)
}

export function announceExpiry(turn: Turn, id: string): void {
  const schedule = turn.store.objects.find('subscription_schedule', id)
  if (schedule?.status === 'active') announce(turn, 'subscription_schedule.expiring', schedule)
}

/** A phase ends or begins. */
export function advanceSchedule(turn: Turn, id: string): void {
  const schedule = turn.store.objects.find('subscription_schedule', id)
  if (!schedule || (schedule.status !== 'active' && schedule.status !== 'not_started')) return
  const now = turn.now(schedule.customer)
  const phase = schedule.phases.find(({ start_date, end_date }) => start_date <= now && now < end_date)
  if (phase) enterPhase(turn, schedule, phase)
  else finish(turn, schedule)
}

/** Begins a phase: the subscription is made, or changed to what the phase says. */
export function enterPhase(turn: Turn, schedule: Schedule, phase: Phase): Schedule {
  const customer = turn.store.objects.find('customer', schedule.customer)
  if (!customer) return schedule
  const present = turn.store.objects.find('subscription', schedule.subscription ?? '')
  const subscription = present
    ? carryOn(turn, customer, schedule, present, phase)
    : begin(turn, customer, schedule, phase)
  const patch: Partial<Schedule> = {
    current_phase: { end_date: phase.end_date, start_date: phase.start_date },
    status: 'active',
    subscription: subscription.id,
  }
  const entered = change(turn, 'subscription_schedule', schedule, patch, 'subscription_schedule.updated')
  planSchedule(turn, entered)
  return entered
}

function carryOn(
  turn: Turn,
  customer: Customer,
  schedule: Schedule,
  present: Subscription,
  phase: Phase,
): Subscription {
  addInvoiceItems(turn, customer, present, addedOnce(phase))
  return makeChange(turn, customer, phaseChange(turn, customer, schedule, present, phase))
}

function begin(turn: Turn, customer: Customer, schedule: Schedule, phase: Phase): Subscription {
  const draft = phaseDraft(turn, customer, schedule, phase)
  const named = { ...draft, metadata: phase.metadata ?? {}, schedule: schedule.id }
  const method = draft.default_payment_method ?? customer.invoice_settings.default_payment_method
  addInvoiceItems(turn, customer, draft, addedOnce(phase))
  const behavior = 'allow_incomplete' as const
  return startSubscription(turn, named, { customer, method, behavior, later: true, offSession: true })
}

/** The last phase is over: the subscription goes on without its schedule, or ends with it. */
function finish(turn: Turn, schedule: Schedule): void {
  const patch: Partial<Schedule> = {
    completed_at: turn.now(schedule.customer),
    current_phase: null,
    status: 'completed',
  }
  const done = change(turn, 'subscription_schedule', schedule, patch, 'subscription_schedule.completed')
  if (schedule.end_behavior !== 'cancel') {
    releaseSchedule(turn, done)
    return
  }
  const subscription = turn.store.objects.find('subscription', schedule.subscription ?? '')
  if (subscription && !terminal(subscription)) endWithUsage(turn, subscription, {})
}

/** Lets go of the subscription, which stays as it is. */
export function releaseSchedule(turn: Turn, schedule: Schedule): Schedule {
  const patch: Partial<Schedule> = {
    current_phase: null,
    released_at: turn.now(schedule.customer),
    released_subscription: schedule.subscription,
    status: 'released',
    subscription: null,
  }
  const released = change(turn, 'subscription_schedule', schedule, patch, 'subscription_schedule.released')
  planSchedule(turn, released)
  const subscription = turn.store.objects.find('subscription', schedule.subscription ?? '')
  if (subscription) saveSubscription(turn, subscription, { schedule: null }, 'customer.subscription.updated')
  return released
}
