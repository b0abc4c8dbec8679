import { soundAlerts } from '../engine/alerts.ts'
import { readSetting } from '../engine/settings.ts'
import { watchThresholds } from '../engine/thresholds.ts'
import { isoTime, notify } from '../events/notify.ts'
import { fields, integer, list, need, oneOf, type Parameters, scalars, text } from '../http/decode.ts'
import { type Failure, invalid } from '../http/failure.ts'
import { route, tokenRoute } from '../http/route.ts'
import type { Turn } from '../turn.ts'
import type { Meter } from '../wire.ts'
import { openSession, requireSession } from './meter-stream.ts'

const event = { event_name: text, identifier: text, payload: scalars, timestamp: integer }
const second = { ...event, timestamp: text }
const adjustment = { cancel: fields({ identifier: text }), event_name: text, type: oneOf('cancel') }

export const meterEventRoutes = [
  route('POST', '/v1/billing/meter_events', fields(event), (turn, sent) => take(turn, sent, sent.timestamp)),
  route('POST', '/v1/billing/meter_event_adjustments', fields(adjustment), cancelEvent),
  route('POST', '/v2/billing/meter_events', fields(second), takeSecond),
  route('POST', '/v2/billing/meter_event_adjustments', fields(adjustment), cancelEvent),
  route('POST', '/v2/billing/meter_event_session', fields({}), openSession),
  tokenRoute(
    route('POST', '/v2/billing/meter_event_stream', fields({ events: list(fields(second)) }), takeMany),
    requireSession,
  ),
]

const dayLong = 86_400
const mostEvents = 100

/** A reason why an event counts for nothing, found after it was taken in. */
interface Problem {
  readonly code: string
  readonly message: string
}

interface Sent {
  readonly event_name?: string | undefined
  readonly identifier?: string | undefined
  readonly payload?: Readonly<Record<string, string>> | undefined
}

/**
 * Takes in a usage event. Like Stripe it checks times and identifiers at once and the payload later, telling what was
 * wrong by an event to thin destinations, unless a setting wants everything refused at once.
 */
function take(
  turn: Turn,
  sent: Sent,
  at: number | undefined,
  atOnce = readSetting(turn, 'meter_errors') === 'at_once',
): object {
  const eventName = need(sent.event_name, 'event_name')
  const payload = need(sent.payload, 'payload')
  const found = turn.store.objects.select('billing.meter', { lookup: eventName })
  const meter = found.find(({ status }) => status === 'active') ?? found[0]
  // The customer may live by a test clock.
  const now = turn.now(payload[meter?.customer_mapping.event_payload_key ?? 'stripe_customer_id'])
  const timestamp = at ?? now
  const identifier = sent.identifier ?? crypto.randomUUID()
  checkTime(timestamp, now)
  checkIdentifier(turn, identifier, now)
  const problem = problemOf(turn, meter, eventName, payload)
  if (problem && atOnce) throw refusal(problem, meter)
  if (problem) report(turn, meter, problem)
  const taken = { identifier, eventName, timestamp, receivedAt: now }
  const customer = problem || !meter ? '' : (payload[meter.customer_mapping.event_payload_key] ?? '')
  // A faulty event counts for nobody, but its identifier is taken all the same.
  turn.store.meterEvents.take({ ...taken, customer, value: problem || !meter ? '0' : meteredValue(meter, payload) })
  if (!problem && meter) {
    soundAlerts(turn, meter, customer)
    watchThresholds(turn, customer)
  }
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

function checkIdentifier(turn: Turn, identifier: string, now: number): void {
  if (identifier.length > 100) throw invalid('Invalid string: must be at most 100 characters', 'identifier')
  if (turn.store.meterEvents.seenSince(identifier, now - dayLong)) {
    throw invalid(`An event already exists with identifier ${identifier}.`, 'identifier')
  }
}

const meteredValue = (meter: Meter, payload: Readonly<Record<string, string>>) =>
  payload[meter.value_settings.event_payload_key] ?? '1'

function problemOf(
  turn: Turn,
  meter: Meter | undefined,
  eventName: string,
  payload: Readonly<Record<string, string>>,
): Problem | undefined {
  if (!meter) return { code: 'no_meter', message: `No active meter found for event name: ${eventName}.` }
  if (meter.status !== 'active') return { code: 'archived_meter', message: `The meter ${meter.id} is archived.` }
  const key = meter.customer_mapping.event_payload_key
  const customer = payload[key]
  if (!customer) {
    return { code: 'meter_event_no_customer_defined', message: `The payload has no customer under the key ${key}.` }
  }
  if (!turn.store.objects.find('customer', customer)) {
    return { code: 'meter_event_customer_not_found', message: `No such customer: '${customer}'.` }
  }
  return valueProblem(meter, payload)
}

function valueProblem(meter: Meter, payload: Readonly<Record<string, string>>): Problem | undefined {
  const key = meter.value_settings.event_payload_key
  const value = payload[key]
  if (value === undefined && meter.default_aggregation.formula === 'count') return undefined
  if (value === undefined || !/^-?\d+(\.\d+)?$/.test(value)) {
    return { code: 'meter_event_invalid_value', message: `The value ${value ?? ''} under the key ${key} is no number.` }
  }
  if (value.replace(/\D/g, '').length > 15) {
    return { code: 'meter_event_value_too_many_digits', message: `The value ${value} has more than 15 digits.` }
  }
  return undefined
}

function refusal({ code, message }: Problem, meter: Meter | undefined): Failure {
  const param = meter ? `payload[${meter.value_settings.event_payload_key}]` : 'event_name'
  return invalid(message, param, code === 'no_meter' ? 'resource_missing' : code)
}

function report(turn: Turn, meter: Meter | undefined, { code, message }: Problem): void {
  const sample = { error_message: message, request: { identifier: turn.cause.idempotency_key ?? turn.cause.id ?? '' } }
  const data = {
    developer_message_summary: `There is 1 invalid event: ${message}`,
    reason: { error_count: 1, error_types: [{ code, error_count: 1, sample_errors: [sample] }] },
    validation_end: isoTime(turn.now() + 1),
    validation_start: isoTime(turn.now()),
  }
  if (!meter) return void notify(turn, 'v1.billing.meter.no_meter_found', data)
  const related = { id: meter.id, type: 'billing.meter', url: `/v1/billing/meters/${meter.id}` }
  notify(turn, 'v1.billing.meter.error_report_triggered', data, related)
}

// The second API checks everything before it answers, and writes its times in words.
function takeSecond(turn: Turn, sent: Parameters<typeof second>): object {
  const taken = take(turn, sent, secondsOf(sent.timestamp), true) as {
    readonly created: number
    readonly timestamp: number
  }
  return {
    ...taken,
    object: 'v2.billing.meter_event',
    created: isoTime(taken.created),
    timestamp: isoTime(taken.timestamp),
  }
}

function secondsOf(timestamp: string | undefined): number | undefined {
  const at = timestamp === undefined ? undefined : Math.floor(Date.parse(timestamp) / 1000)
  if (Number.isNaN(at)) throw invalid('Invalid timestamp: it must be an ISO 8601 time.', 'timestamp')
  return at
}

/** The stream: all of a call's events or none are taken in, and what is wrong with a payload is told later. */
function takeMany(turn: Turn, sent: { readonly events?: readonly Parameters<typeof second>[] | undefined }): object {
  const events = need(sent.events, 'events')
  if (events.length > mostEvents) throw invalid(`Array must have at most ${mostEvents} elements.`, 'events')
  for (const one of events) take(turn, one, secondsOf(one.timestamp))
  return {}
}

/** Takes one event back, within a day of its coming in. */
function cancelEvent(turn: Turn, sent: Parameters<typeof adjustment>): object {
  const eventName = need(sent.event_name, 'event_name')
  need(sent.type, 'type')
  const identifier = need(sent.cancel?.identifier, 'cancel[identifier]')
  if (!turn.store.meterEvents.cancel(eventName, identifier, turn.now() - dayLong)) {
    throw invalid(
      `No event with the identifier ${identifier} was received for ${eventName} within the past 24 hours.`,
      'cancel[identifier]',
      'resource_missing',
    )
  }
  return {
    object: 'billing.meter_event_adjustment',
    cancel: { identifier },
    event_name: eventName,
    livemode: false,
    status: 'complete',
    type: 'cancel',
  }
}
