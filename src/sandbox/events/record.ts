import { freshId } from '../identifiers.ts'
import { present } from '../present.ts'
import type { HeldEvent, Turn } from '../turn.ts'
import { apiVersion, type EventType, type Kind, type Kinds, type StoredEvent, type WebhookEndpoint } from '../wire.ts'
import { previousAttributes } from './difference.ts'

/** Stores an event about an object as it is now and queues its deliveries, in the transaction of the change itself. */
export function announce<K extends Kind>(turn: Turn, type: EventType, object: Kinds[K], before?: Kinds[K]): void {
  const shown = present(turn, object)
  const previous = before && previousAttributes(present(turn, before), shown)
  recordEvent(turn, type, shown, previous)
}

/** The same for a payload that is no stored object (a plan, a hash of its own). */
export function recordEvent(turn: Turn, type: EventType, object: object, previous?: Record<string, unknown>): void {
  const data = previous ? { object, previous_attributes: previous } : { object }
  if (turn.held) turn.held.push({ type, data })
  else store(turn, { type, data })
}

/**
 * Runs one operation and stores its events in the order Stripe sends them, which is not the order of their causes:
 * a subscription made with a good card is announced once, already active, before its invoice.
 */
export function inOrder<T>(turn: Turn, order: (result: T) => readonly string[], operate: (turn: Turn) => T): T {
  const held: HeldEvent[] = []
  const result = operate({ ...turn, held })
  const ranks = order(result)
  const rank = (event: HeldEvent) => ranks.indexOf(event.type)
  // An event the order does not name tells of a step inside the operation that Stripe does not announce.
  const wanted = held.filter((event) => rank(event) >= 0).sort((left, right) => rank(left) - rank(right))
  for (const event of wanted) {
    if (turn.held) turn.held.push(event)
    else store(turn, event)
  }
  return result
}

function store(turn: Turn, { type, data }: HeldEvent): void {
  const endpoints = turn.store.objects.select('webhook_endpoint').filter((endpoint) => wants(endpoint, type))
  const { object } = data
  const customer = 'customer' in object && typeof object.customer === 'string' ? object.customer : null
  const event: StoredEvent = {
    id: freshId('evt'),
    object: 'event',
    api_version: apiVersion,
    created: turn.now(customer),
    data,
    livemode: false,
    pending_webhooks: endpoints.length,
    request: turn.cause,
    type,
  }
  turn.store.objects.save('event', event)
  for (const endpoint of endpoints) turn.store.deliveries.enqueue(event.id, endpoint.id)
}

function wants(endpoint: WebhookEndpoint, type: string): boolean {
  if (endpoint.status !== 'enabled') return false
  return endpoint.enabled_events.includes('*') || endpoint.enabled_events.includes(type)
}

/** Stores a changed object; a patch that changes nothing stores nothing and announces nothing. */
export function change<K extends Kind>(
  turn: Turn,
  kind: K,
  before: Kinds[K],
  patch: Partial<Kinds[K]>,
  ...types: readonly EventType[]
): Kinds[K] {
  const after = { ...before, ...patch }
  if (Bun.deepEquals(before, after, true)) return before
  turn.store.objects.save(kind, after)
  // Only `*.updated` carries the former values; the other types tell what happened by their name.
  for (const type of types) announce<K>(turn, type, after, type.endsWith('.updated') ? before : undefined)
  return after
}

/** Stores a new object and announces it. */
export function create<K extends Kind>(
  turn: Turn,
  kind: K,
  object: Kinds[K],
  ...types: readonly EventType[]
): Kinds[K] {
  turn.store.objects.save(kind, object)
  for (const type of types) announce<K>(turn, type, object)
  return object
}
