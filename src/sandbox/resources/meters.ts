import { aggregate } from '../engine/metering.ts'
import { change, create } from '../events/record.ts'
import { fields, integer, need, oneOf, type Parameters, scalars, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, listOf, paging } from '../http/listing.ts'
import { notYet, route } from '../http/route.ts'
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
const event = { event_name: text, identifier: text, payload: scalars, timestamp: integer }
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
  notYet('POST', `${path}/:id/deactivate`),
  notYet('POST', `${path}/:id/reactivate`),
  route('GET', `${path}/:id/event_summaries`, fields(summary), summarize),
  route('POST', '/v1/billing/meter_events', fields(event), takeEvent),
  notYet('POST', '/v1/billing/meter_event_adjustments'),
]

function createMeter(turn: Turn, sent: Parameters<typeof creation>): Meter {
  const eventName = need(sent.event_name, 'event_name')
  const twin = turn.store.objects
    .select('billing.meter', { lookup: eventName })
    .find(({ status }) => status === 'active')
  if (twin) {
    throw invalid(
      `An active meter (${twin.id}) already uses the event name ${eventName}.`,
      'event_name',
      'resource_already_exists',
    )
  }
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

const dayLong = 86_400

/**
 * Takes in a usage event. Stripe checks payloads later and reports errors by another event; here they are refused
 * at once, so that a mistake does not pass for success.
 */
function takeEvent(turn: Turn, sent: Parameters<typeof event>): object {
  const eventName = need(sent.event_name, 'event_name')
  const payload = need(sent.payload, 'payload')
  const [meter] = turn.store.objects.select('billing.meter', { lookup: eventName })
  if (!meter) throw invalid(`No active meter found for event name: ${eventName}.`, 'event_name', 'resource_missing')
  const now = turn.now()
  const timestamp = sent.timestamp ?? now
  checkTime(timestamp, now)
  const customer = need(
    payload[meter.customer_mapping.event_payload_key],
    `payload[${meter.customer_mapping.event_payload_key}]`,
  )
  const value = meteredValue(meter, payload)
  const identifier = sent.identifier ?? crypto.randomUUID()
  if (identifier.length > 100) throw invalid('Invalid string: must be at most 100 characters', 'identifier')
  if (turn.store.meterEvents.seenSince(identifier, now - dayLong)) {
    throw invalid(`An event already exists with identifier ${identifier}.`, 'identifier')
  }
  turn.store.meterEvents.take({ identifier, eventName, customer, value, timestamp, receivedAt: now })
  return {
    object: 'billing.meter_event',
    created: now,
    event_name: eventName,
    identifier,
    livemode: false,
    payload,
    timestamp,
  }
}

function checkTime(timestamp: number, now: number): void {
  if (timestamp < now - 35 * dayLong) {
    throw invalid('The timestamp must be within the past 35 calendar days.', 'timestamp', 'timestamp_too_far_in_past')
  }
  if (timestamp > now + 300) {
    throw invalid('The timestamp must be no more than 5 minutes in the future.', 'timestamp', 'timestamp_in_future')
  }
}

function meteredValue(meter: Meter, payload: Readonly<Record<string, string>>): string {
  const key = meter.value_settings.event_payload_key
  if (meter.default_aggregation.formula === 'count') return payload[key] ?? '1'
  const value = need(payload[key], `payload[${key}]`)
  if (!/^-?\d+(\.\d+)?$/.test(value)) {
    throw invalid(`The value ${value} is not a number.`, `payload[${key}]`, 'meter_event_invalid_value')
  }
  if (value.replace(/\D/g, '').length > 15) {
    throw invalid('The value has more than 15 digits.', `payload[${key}]`, 'meter_event_value_too_many_digits')
  }
  return value
}

function summarize(turn: Turn, sent: Parameters<typeof summary>, id: string) {
  const meter = retrieve(turn, 'billing.meter', id)
  const customer = need(sent.customer, 'customer')
  const from = aligned(need(sent.start_time, 'start_time'), 'start_time')
  const to = aligned(need(sent.end_time, 'end_time'), 'end_time')
  const width =
    sent.value_grouping_window === 'day' ? dayLong : sent.value_grouping_window === 'hour' ? 3600 : to - from
  const summaries = []
  for (let start = from; start < to && width > 0; start += width) {
    const values = turn.store.meterEvents.between(customer, meter.event_name, start, Math.min(start + width, to))
    if (values.length > 0) summaries.push(summaryOf(meter, start, Math.min(start + width, to), values))
  }
  return listOf(summaries.reverse(), `${path}/${id}/event_summaries`)
}

function aligned(at: number, name: string): number {
  if (at % 60 !== 0) throw invalid(`${name} must be aligned with a minute boundary.`, name)
  return at
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
