import { aggregate } from '../engine/metering.ts'
import { readSetting } from '../engine/settings.ts'
import { change, create } from '../events/record.ts'
import { fields, integer, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { limitOf, listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Meter } from '../wire.ts'

const creation = {
  customer_mapping: fields({ event_payload_key: text, type: oneOf('by_id') }),
  default_aggregation: fields({ formula: oneOf('count', 'last', 'sum') }),
  display_name: text,
  event_name: text,
  event_time_window: oneOf('day', 'hour'),
  value_settings: fields({ event_payload_key: text }),
}
const summary = {
  ...paging,
  customer: text,
  end_time: integer,
  start_time: integer,
  value_grouping_window: oneOf('day', 'hour'),
}
const path = '/v1/billing/meters'

export const meterRoutes = [
  route('POST', path, fields(creation), createMeter),
  route('GET', path, fields({ ...paging, status: oneOf('active', 'inactive') }), (turn, sent) =>
    listing(turn, 'billing.meter', path, sent, {
      accept: (meter) => sent.status === undefined || meter.status === sent.status,
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'billing.meter', id)),
  route('POST', `${path}/:id`, fields({ display_name: text }), (turn, sent, id) => {
    const before = retrieve(turn, 'billing.meter', id)
    const name = sent.display_name ?? before.display_name
    return change(turn, 'billing.meter', before, { display_name: name, updated: turn.now() }, 'billing.meter.updated')
  }),
  route('POST', `${path}/:id/deactivate`, fields({}), deactivate),
  route('POST', `${path}/:id/reactivate`, fields({}), reactivate),
  route('GET', `${path}/:id/event_summaries`, fields(summary), summarize),
]

function createMeter(turn: Turn, sent: Parameters<typeof creation>): Meter {
  const eventName = need(sent.event_name, 'event_name')
  requireFree(turn, eventName)
  const now = turn.now()
  const meter: Meter = {
    id: freshId('mtr_test'),
    object: 'billing.meter',
    created: now,
    customer_mapping: {
      event_payload_key: sent.customer_mapping?.event_payload_key ?? 'stripe_customer_id',
      type: 'by_id',
    },
    default_aggregation: {
      formula: need(sent.default_aggregation?.formula, 'default_aggregation[formula]'),
    },
    display_name: need(sent.display_name, 'display_name'),
    event_name: eventName,
    event_time_window: sent.event_time_window ?? null,
    livemode: false,
    status: 'active',
    status_transitions: { deactivated_at: null },
    updated: now,
    value_settings: { event_payload_key: sent.value_settings?.event_payload_key ?? 'value' },
  }
  return create(turn, 'billing.meter', meter, 'billing.meter.created')
}

function requireFree(turn: Turn, eventName: string): void {
  const meters = turn.store.objects.select('billing.meter', { lookup: eventName })
  const twin = meters.find(({ status }) => status === 'active')
  if (!twin) return
  throw invalid(
    `An active meter (${twin.id}) already uses the event name ${eventName}.`,
    'event_name',
    'resource_already_exists',
  )
}

function deactivate(turn: Turn, _sent: object, id: string): Meter {
  const before = retrieve(turn, 'billing.meter', id)
  if (before.status === 'inactive') throw invalid('This meter is already inactive.')
  const status_transitions = { deactivated_at: turn.now() }
  const patch = { status: 'inactive', status_transitions, updated: turn.now() } as const
  return change(turn, 'billing.meter', before, patch, 'billing.meter.deactivated')
}

function reactivate(turn: Turn, _sent: object, id: string): Meter {
  const before = retrieve(turn, 'billing.meter', id)
  if (before.status === 'active') throw invalid('This meter is already active.')
  requireFree(turn, before.event_name)
  const patch = { status: 'active', status_transitions: { deactivated_at: null }, updated: turn.now() } as const
  return change(turn, 'billing.meter', before, patch, 'billing.meter.reactivated')
}

const dayLong = 86_400

/** Sums may lag behind what was sent, as at Stripe; by how much is a setting. */
function summarize(turn: Turn, sent: Parameters<typeof summary>, id: string) {
  const meter = retrieve(turn, 'billing.meter', id)
  const customer = need(sent.customer, 'customer')
  const from = aligned(need(sent.start_time, 'start_time'), 'start_time', sent.value_grouping_window)
  const to = aligned(need(sent.end_time, 'end_time'), 'end_time', sent.value_grouping_window)
  if (to <= from) throw invalid('end_time must be after start_time.', 'end_time')
  const width = sent.value_grouping_window === undefined ? to - from : windows[sent.value_grouping_window]
  const known = turn.now(customer) - Number(readSetting(turn, 'meter_summary_lag_seconds'))
  const summaries = []
  for (let start = from; start < to; start += width) {
    const end = Math.min(start + width, to)
    const values = turn.store.meterEvents.between(customer, meter.event_name, start, end, known)
    if (values.length > 0) summaries.push(summaryOf(meter, start, end, values))
  }
  return pageOf(summaries.reverse(), sent, `${path}/${id}/event_summaries`)
}

const windows = { day: dayLong, hour: 3600 } as const

function aligned(at: number, name: string, window: keyof typeof windows | undefined): number {
  const unit = window === undefined ? 60 : windows[window]
  if (at % unit !== 0) throw invalid(`${name} must be aligned with a ${window ?? 'minute'} boundary.`, name)
  return at
}

function pageOf<T>(summaries: readonly T[], page: Parameters<typeof summary>, url: string) {
  const limit = limitOf(page)
  return { object: 'list', data: summaries.slice(0, limit), has_more: summaries.length > limit, url }
}

function summaryOf(meter: Meter, start: number, end: number, values: readonly { readonly value: string }[]) {
  return {
    id: freshId('mtrusg'),
    object: 'billing.meter_event_summary',
    aggregated_value: Number(
      aggregate(
        meter,
        values.map(({ value }) => value),
      ),
    ),
    end_time: end,
    livemode: false,
    meter: meter.id,
    start_time: start,
  }
}
