import { plan } from '../engine/agenda.ts'
import { inCurrency } from '../engine/currency-options.ts'
import { endWithUsage } from '../engine/final-usage.ts'
import { intervalOf, periodAt } from '../engine/periods.ts'
import { redeem } from '../engine/redemption.ts'
import { daySeconds } from '../engine/settings.ts'
import { type Change, makeChange } from '../engine/subscription-change.ts'
import { terminal } from '../engine/subscription-end.ts'
import { startSubscription } from '../engine/subscription-start.ts'
import { saveSubscription } from '../engine/subscription-store.ts'
import { announce, change } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import { addInvoiceItems } from '../resources/added-items.ts'
import { planOf } from '../resources/plans.ts'
import { draftSubscription } from '../resources/subscription-draft.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Price, Schedule, Subscription, SubscriptionItem } from '../wire.ts'
import type { Phase } from './phases.ts'
import { termsIn } from './settings.ts'

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

const addedOnce = (phase: Phase) =>
  phase.add_invoice_items.map(({ discounts, metadata, price, quantity, tax_rates: rates }) => ({
    discounts: discounts.map(sentDiscount),
    metadata,
    price,
    quantity: quantity ?? undefined,
    tax_rates: ratesSent(rates),
  }))

const ratesSent = (rates: Phase['default_tax_rates']) => (rates ?? []).map(({ id }) => id)

/** The subscription with which a schedule begins, not yet billed. */
export function phaseDraft(turn: Turn, customer: Customer, schedule: Schedule, phase: Phase): Subscription {
  const items = phase.items.map(({ price, quantity, metadata, discounts, tax_rates: rates }) => ({
    price,
    quantity,
    metadata,
    discounts: discounts.map(sentDiscount),
    tax_rates: ratesSent(rates),
  }))
  const trial = phase.trial_end === null ? {} : { trial_end: phase.trial_end }
  const discounts = phase.discounts.map(sentDiscount)
  const { type } = schedule.billing_mode
  const billing_mode = { type: type === 'classic' ? ('classic' as const) : ('flexible' as const) }
  const draft = draftSubscription(turn, { items, discounts, billing_mode, ...trial }, customer)
  return { ...draft, ...termsIn(phase, schedule) }
}

function begin(turn: Turn, customer: Customer, schedule: Schedule, phase: Phase): Subscription {
  const draft = phaseDraft(turn, customer, schedule, phase)
  const named = { ...draft, metadata: phase.metadata ?? {}, schedule: schedule.id }
  const method = draft.default_payment_method ?? customer.invoice_settings.default_payment_method
  addInvoiceItems(turn, customer, draft, addedOnce(phase))
  const behavior = 'allow_incomplete' as const
  return startSubscription(turn, named, { customer, method, behavior, later: true, offSession: true })
}

const sentDiscount = ({ coupon, discount, promotion_code }: Phase['discounts'][number]) => ({
  ...(coupon === null ? {} : { coupon }),
  ...(discount === null ? {} : { discount }),
  ...(promotion_code === null ? {} : { promotion_code }),
})

/** What a phase changes about a subscription when it begins. */
export function phaseChange(
  turn: Turn,
  customer: Customer,
  schedule: Schedule,
  before: Subscription,
  phase: Phase,
): Change {
  const now = turn.now(customer.id)
  const restarts = (phase.billing_cycle_anchor ?? schedule.default_settings.billing_cycle_anchor) === 'phase_start'
  const data = phase.items.flatMap((wish, index) => {
    const price = turn.store.objects.find('price', wish.price)
    if (!price) return []
    const former = before.items.data[index]
    const item = itemFor(before, inCurrency(turn, price, before.currency), wish.quantity, former, restarts, now)
    return [withTerms(turn, customer, item, wish)]
  })
  const kept = before.discounts.filter((id) => phase.discounts.some(({ discount }) => discount === id))
  const fresh = phase.discounts.filter(({ discount }) => discount === null)
  const trial = phase.trial_end !== null && phase.trial_end > now ? trialUntil(before, phase.trial_end, now) : {}
  const after: Subscription = {
    ...before,
    ...(restarts ? { billing_cycle_anchor: now } : {}),
    ...termsIn(phase, schedule),
    discounts: [...kept, ...redeem(turn, fresh.map(sentDiscount), { customer, subscription: before.id })],
    items: { ...before.items, data },
    metadata: { ...before.metadata, ...phase.metadata },
    ...trial,
  }
  const prorations =
    phase.proration_behavior === 'none' || phase.proration_behavior === 'always_invoice'
      ? phase.proration_behavior
      : 'create_prorations'
  const restarted = restarts ? data.map(({ id }) => id) : []
  return { before, after, at: now, prorations, restarted, payment: 'allow_incomplete' }
}

function withTerms(
  turn: Turn,
  customer: Customer,
  item: SubscriptionItem,
  wish: Phase['items'][number],
): SubscriptionItem {
  const target = { customer, subscription: item.subscription, subscriptionItem: item.id }
  const kept = item.discounts.filter((id) => wish.discounts.some(({ discount }) => discount === id))
  const fresh = wish.discounts.filter(({ discount }) => discount === null).map(sentDiscount)
  return {
    ...item,
    discounts: [...kept, ...redeem(turn, fresh, target)],
    metadata: { ...item.metadata, ...wish.metadata },
    tax_rates: wish.tax_rates ?? [],
  }
}

const trialUntil = (before: Subscription, end: number, now: number): Partial<Subscription> => ({
  billing_cycle_anchor: end,
  status: 'trialing',
  trial_end: end,
  trial_start: before.trial_start ?? now,
})

/** An item whose period has just ended keeps it: the renewal of this same moment moves it on. */
function itemFor(
  before: Subscription,
  price: Price,
  quantity: number | undefined,
  former: SubscriptionItem | undefined,
  restarts: boolean,
  now: number,
): SubscriptionItem {
  const { quantity: _quantity, ...rest } = former ?? blankItem(before, price, now)
  const same = former !== undefined && Bun.deepEquals(intervalOf(former.price), intervalOf(price))
  const over = former !== undefined && former.current_period_end <= now
  const period = restarts
    ? periodAt(now, intervalOf(price), now)
    : same || over
      ? { start: rest.current_period_start, end: rest.current_period_end }
      : periodAt(before.billing_cycle_anchor, intervalOf(price), now)
  return {
    ...rest,
    current_period_end: period.end,
    current_period_start: period.start,
    plan: planOf(price),
    price,
    ...(price.recurring?.usage_type === 'metered' ? {} : { quantity: quantity ?? 1 }),
  }
}

function blankItem(subscription: Subscription, price: Price, now: number): SubscriptionItem {
  return {
    id: freshId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: now,
    current_period_end: now,
    current_period_start: now,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    subscription: subscription.id,
    tax_rates: [],
  }
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
