import { BillingError } from '../domain/errors.ts'
import { type Instant, isoTime, isoTimeOrNull } from '../domain/period.ts'
import type { EventFilter, KeptEvent } from '../domain/webhook-event.ts'
import type { Ports } from '../ports.ts'

export interface EventsRequest extends EventFilter {
  readonly limit: number
  readonly cursor: string | null
}

/** The inbox, the latest received first. */
export async function listEvents(ports: Pick<Ports, 'eventLog'>, { limit, cursor, ...filter }: EventsRequest) {
  const page = await ports.eventLog.list(filter, limit, cursor)
  return { events: page.items.map(shownEvent), next_cursor: page.nextCursor }
}

/** One event with what Stripe sent. Refuses `not_found`. */
export async function showEvent(ports: Pick<Ports, 'eventLog'>, eventId: string) {
  const kept = await ports.eventLog.find(eventId)
  if (kept === null) throw unknownEvent(eventId)
  // It was verified to be JSON when it came.
  return { ...shownEvent(kept), body: JSON.parse(new TextDecoder().decode(kept.body)) as unknown }
}

export interface Replayer {
  /** Who does it: `operator:alice`. */
  readonly operator: string
  /** Why; null where that is not told. */
  readonly reason: string | null
}

type Replaying = Pick<Ports, 'eventLog' | 'clock' | 'newId'>

/** Puts one event back to be applied. Refuses `not_found`. */
export async function replayEvent(ports: Replaying, eventId: string, by: Replayer) {
  const { unknown } = await replayEvents(ports, [eventId], by)
  if (unknown.length > 0) throw unknownEvent(eventId)
  return showEvent(ports, eventId)
}

/** Puts events back to be applied, whatever became of them; what they tell is then looked up at Stripe. */
export async function replayEvents(ports: Replaying, eventIds: readonly string[], by: Replayer) {
  const at = ports.clock.wall()
  const wanted = [...new Set(eventIds)]
  const replays = wanted.map((eventId) => ({ eventId, audit: auditOf(ports, eventId, by, at) }))
  const there = await ports.eventLog.replay(replays, at)
  return { replayed: there, unknown: wanted.filter((id) => !there.includes(id)) }
}

/** So many dead letters are put back in one step. */
const AT_ONCE = 500

/** Puts all dead letters back to be applied. */
export async function replayDeadEvents(ports: Replaying, by: Replayer) {
  const replayed = new Set<string>()
  for (;;) {
    const dead = { state: 'dead', type: null, customerId: null, objectId: null } as const
    const { items } = await ports.eventLog.list(dead, AT_ONCE, null)
    // One that has died again meanwhile is left for the next time.
    const left = items.map(({ event }) => event.id).filter((id) => !replayed.has(id))
    if (left.length === 0) return { replayed: [...replayed], unknown: [] }
    for (const id of (await replayEvents(ports, left, by)).replayed) replayed.add(id)
  }
}

function auditOf(ports: Replaying, eventId: string, { operator: actor, reason }: Replayer, at: Instant) {
  const detail = reason === null ? `Event ${eventId}` : `Event ${eventId}: ${reason}`
  return { id: ports.newId('audit'), at, actor, action: 'event-replayed', detail } as const
}

function unknownEvent(eventId: string): BillingError {
  const nobody = `There is no event ${eventId} in the inbox.`
  return new BillingError('not_found', `${nobody} GET /admin/webhooks lists them.`, {
    operatorDetail: `${nobody} "speech-billing webhooks list" shows what is there.`,
  })
}

function shownEvent({ event, state, attempts, outcome, receivedAt, settledAt, nextTryAt, replayedAt }: KeptEvent) {
  return {
    id: event.id,
    type: event.type,
    state,
    outcome,
    object_id: event.objectId,
    customer_id: event.customerId,
    attempts,
    created_at: isoTime(event.createdAt),
    received_at: isoTime(receivedAt),
    settled_at: isoTimeOrNull(settledAt),
    next_try_at: isoTimeOrNull(nextTryAt),
    replayed_at: isoTimeOrNull(replayedAt),
    api_version: event.apiVersion,
  }
}
