import { freshId } from '../identifiers.ts'
import type { StoredNotification } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'

/** Stores an event of the second API and queues it for the destinations that want it. */
export function notify(
  turn: Turn,
  type: string,
  data: object | null,
  related: StoredNotification['related'] = null,
): StoredNotification {
  const { id, idempotency_key } = turn.cause
  const made: StoredNotification = {
    id: freshId('evt_test'),
    object: 'v2.core.event',
    created: turn.now(),
    type,
    data,
    reason: id === null ? null : { id, idempotency_key: idempotency_key ?? '' },
    related,
  }
  turn.store.objects.save('v2.core.event', made)
  for (const destination of turn.store.objects.select('v2.core.event_destination')) {
    const wants = destination.enabled_events.some((wanted) => wanted === '*' || wanted === type)
    if (!wants || destination.status !== 'enabled' || destination.event_payload !== 'thin') continue
    turn.store.deliveries.enqueue(made.id, destination.id)
  }
  return made
}

/** As a destination receives it: without the data, which whoever wants it fetches. */
export function notificationOf(stored: StoredNotification): object {
  const { reason, related } = stored
  return {
    id: stored.id,
    object: stored.object,
    created: isoTime(stored.created),
    livemode: false,
    type: stored.type,
    ...(reason ? { reason: { type: 'request', request: reason } } : {}),
    ...(related ? { related_object: related } : {}),
  }
}

export const isoTime = (at: number) => new Date(at * 1000).toISOString()
