import { clockOf } from '../engine/agenda.ts'
import { endWithUsage } from '../engine/final-usage.ts'
import { endSubscription, terminal } from '../engine/subscription-end.ts'
import { saveSubscription } from '../engine/subscription-store.ts'
import { announce, change, create } from '../events/record.ts'
import {
  either,
  fields,
  flag,
  ignored,
  integer,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  type TimeRange,
  text,
  timeRange,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { mergeMetadata } from '../resources/patches.ts'
import { creditUnused } from '../resources/subscription-cancel.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Schedule, Subscription } from '../wire.ts'
import { phasesOf, presentPhase, sentPhase } from './phases.ts'
import { enterPhase, planSchedule, releaseSchedule } from './running.ts'
import { defaultSettings, settingsAfter } from './settings.ts'

const common = {
  default_settings: defaultSettings,
  end_behavior: oneOf('cancel', 'none', 'release', 'renew'),
  metadata,
  phases: list(sentPhase),
}
const creation = {
  ...common,
  billing_mode: fields({ flexible: ignored, type: oneOf('classic', 'flexible') }),
  customer: text,
  from_subscription: text,
  start_date: either(integer, oneOf('now')),
}
export const scheduleDetails = {
  billing_mode: creation.billing_mode,
  end_behavior: common.end_behavior,
  phases: common.phases,
  proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
}
const updating = { ...common, proration_behavior: oneOf('always_invoice', 'create_prorations', 'none') }
const filters = {
  ...paging,
  canceled_at: timeRange,
  completed_at: timeRange,
  customer: text,
  released_at: timeRange,
  scheduled: flag,
}
const path = '/v1/subscription_schedules'
const kind = 'subscription_schedule'

export const scheduleRoutes = [
  route('POST', path, fields(creation), createSchedule),
  route('GET', path, fields(filters), (turn, sent) =>
    listing(turn, kind, path, sent, {
      where: { customer: sent.customer },
      accept: (schedule) =>
        (sent.scheduled !== true || schedule.status === 'not_started') &&
        isWithin(schedule.canceled_at, sent.canceled_at) &&
        isWithin(schedule.completed_at, sent.completed_at) &&
        isWithin(schedule.released_at, sent.released_at),
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, kind, id, 'schedule')),
  route('POST', `${path}/:id`, fields(updating), updateSchedule),
  route('POST', `${path}/:id/release`, fields({ preserve_cancel_date: flag }), (turn, _sent, id) =>
    releaseSchedule(turn, requireRunning(retrieve(turn, kind, id, 'schedule'))),
  ),
  route('POST', `${path}/:id/cancel`, fields({ invoice_now: flag, prorate: flag }), cancelSchedule),
]

const isWithin = (at: number | null, range: TimeRange | undefined) =>
  range === undefined || (at !== null && at >= (range.from ?? 0) && at <= (range.to ?? Number.POSITIVE_INFINITY))

/** A schedule of phases as it would be, checked and not yet stored. */
export function draftSchedule(turn: Turn, sent: Parameters<typeof creation>): Schedule {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  const now = turn.now(customer.id)
  const begin = sent.start_date === undefined || sent.start_date === 'now' ? now : sent.start_date
  const phases = phasesOf(turn, need(sent.phases, 'phases'), begin, now)
  return {
    ...blankSchedule,
    id: freshId('sub_sched'),
    billing_mode: modeOf(sent.billing_mode?.type, now),
    created: now,
    customer: customer.id,
    default_settings: settingsAfter(blankSchedule.default_settings, sent.default_settings),
    end_behavior: sent.end_behavior ?? 'release',
    metadata: mergeMetadata({}, sent.metadata),
    phases,
    status: 'not_started',
    test_clock: clockOf(turn, customer.id),
  }
}

function createSchedule(turn: Turn, sent: Parameters<typeof creation>): Schedule {
  if (sent.from_subscription !== undefined) return fromSubscription(turn, sent.from_subscription, sent)
  const made = create(turn, kind, draftSchedule(turn, sent), 'subscription_schedule.created')
  const now = turn.now(made.customer)
  const [first] = made.phases
  if (first && first.start_date <= now) return enterPhase(turn, made, first)
  planSchedule(turn, made)
  return made
}

function modeOf(type: 'classic' | 'flexible' | undefined, now: number): Schedule['billing_mode'] {
  if (type === 'classic') return { flexible: null, type }
  return { flexible: { proration_discounts: 'included' }, type: 'flexible', updated_at: now }
}

function fromSubscription(turn: Turn, id: string, sent: Parameters<typeof creation>): Schedule {
  const subscription = referenced(turn, 'subscription', id, 'from_subscription')
  requireFree(subscription)
  if (sent.phases) {
    throw invalid('You cannot set `phases` if `from_subscription` is set.', 'phases')
  }
  const phase = presentPhase(subscription)
  const schedule: Schedule = {
    ...blankSchedule,
    id: freshId('sub_sched'),
    billing_mode: subscription.billing_mode,
    created: turn.now(subscription.customer),
    current_phase: { end_date: phase.end_date, start_date: phase.start_date },
    customer: subscription.customer,
    default_settings: settingsAfter(settingsOf(subscription), sent.default_settings),
    end_behavior: sent.end_behavior ?? 'release',
    metadata: mergeMetadata({}, sent.metadata),
    phases: [phase],
    status: 'active',
    subscription: subscription.id,
    test_clock: clockOf(turn, subscription.customer),
  }
  const made = create(turn, kind, schedule, 'subscription_schedule.created')
  saveSubscription(turn, subscription, { schedule: made.id }, 'customer.subscription.updated')
  planSchedule(turn, made)
  return made
}

/** How a subscription is billed. Its card is left out: it may change before the next phase, and is kept then. */
function settingsOf({ collection_method, days_until_due }: Subscription): Schedule['default_settings'] {
  const { default_settings: blank } = blankSchedule
  return { ...blank, collection_method, invoice_settings: { ...blank.invoice_settings, days_until_due } }
}

function requireFree(subscription: Subscription): void {
  if (terminal(subscription)) throw invalid('You cannot schedule a subscription that has ended.', 'from_subscription')
  if (subscription.schedule === null) return
  throw invalid(
    `You cannot migrate a subscription that is already attached to a schedule: ${subscription.schedule}`,
    'from_subscription',
  )
}

function requireRunning(schedule: Schedule): Schedule {
  if (schedule.status === 'active' || schedule.status === 'not_started') return schedule
  throw invalid(`You cannot change a subscription schedule that is ${schedule.status}.`)
}

/** New phases replace all: what is running must be sent again, and takes effect at once when it has changed. */
export function updateSchedule(turn: Turn, sent: Parameters<typeof updating>, id: string): Schedule {
  const before = requireRunning(retrieve(turn, kind, id, 'schedule'))
  const now = turn.now(before.customer)
  const begin = before.current_phase?.start_date ?? before.phases[0]?.start_date ?? now
  const phases = sent.phases ? phasesOf(turn, sent.phases, begin, now) : before.phases
  const current = phases.find(({ start_date, end_date }) => start_date <= now && now < end_date)
  if (before.status === 'active' && !current) {
    throw invalid('You must send the current phase again when you update the phases of a schedule.', 'phases')
  }
  const patch: Partial<Schedule> = {
    current_phase: current ? { end_date: current.end_date, start_date: current.start_date } : null,
    default_settings: settingsAfter(before.default_settings, sent.default_settings),
    end_behavior: sent.end_behavior ?? before.end_behavior,
    metadata: mergeMetadata(before.metadata, sent.metadata),
    phases,
  }
  const after = change(turn, kind, before, patch, 'subscription_schedule.updated')
  planSchedule(turn, after)
  const former = before.phases.find(({ start_date }) => start_date === before.current_phase?.start_date)
  const behavior = sent.proration_behavior ?? current?.proration_behavior ?? 'create_prorations'
  const differs = current !== undefined && !Bun.deepEquals(current.items, former?.items)
  if (!differs || before.status !== 'active') return after
  // What a phase adds once was added when it began.
  return enterPhase(turn, after, { ...current, add_invoice_items: [], proration_behavior: behavior })
}

function cancelSchedule(
  turn: Turn,
  sent: { readonly invoice_now?: boolean | undefined; readonly prorate?: boolean | undefined },
  id: string,
): Schedule {
  const before = requireRunning(retrieve(turn, kind, id, 'schedule'))
  const patch: Partial<Schedule> = { canceled_at: turn.now(before.customer), current_phase: null, status: 'canceled' }
  const after = change(turn, kind, before, patch, 'subscription_schedule.canceled')
  // As Stripe's own command line expects of a schedule that never began.
  if (before.status === 'not_started') announce(turn, 'subscription_schedule.aborted', after)
  planSchedule(turn, after)
  const subscription = turn.store.objects.find('subscription', before.subscription ?? '')
  if (!subscription || terminal(subscription)) return after
  if (sent.prorate !== false) creditUnused(turn, subscription)
  const end = sent.invoice_now === false ? endSubscription : endWithUsage
  end(turn, subscription, { reason: 'cancellation_requested' })
  return after
}

const blankSchedule = {
  object: 'subscription_schedule',
  application: null,
  canceled_at: null,
  completed_at: null,
  current_phase: null,
  customer_account: null,
  default_settings: {
    application_fee_percent: null,
    billing_cycle_anchor: 'automatic',
    billing_thresholds: null,
    collection_method: 'charge_automatically',
    default_payment_method: null,
    description: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      days_until_due: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    on_behalf_of: null,
    transfer_data: null,
  },
  livemode: false,
  pause_schedules: [],
  released_at: null,
  released_subscription: null,
  subscription: null,
} satisfies Partial<Schedule>
