import { freshId } from '../identifiers.ts'
import { present } from '../present.ts'
import type { StoredDestination } from '../surface-kinds.ts'
import type { HeldEvent, Turn } from '../turn.ts'
import { apiVersion, type EventType, type Kind, type Kinds, type StoredEvent, type WebhookEndpoint } from '../wire.ts'
import { previousAttributes } from './difference.ts'
import { notify } from './notify.ts'

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

// What follows from an operation without being part of it comes after it, named in its order or not.
const sequel = /^(billing\.credit_balance_transaction\.|charge\.dispute\.|charge\.updated$|entitlements\.|radar\.)/

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
  const sequels = held.filter((event) => sequel.test(event.type))
  for (const event of [...wanted, ...sequels]) {
    if (turn.held) turn.held.push(event)
    else store(turn, event)
  }
  return result
}

function store(turn: Turn, { type, data }: HeldEvent): void {
  const destinations = turn.store.objects.select('v2.core.event_destination')
  const endpoints = receivers(turn, destinations).filter((endpoint) => wants(endpoint, type))
  const { object } = data
  const customer = customerOf(turn, object)
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
  notifyTwin(turn, destinations, event)
}

// Thin destinations may ask for the events of the first API under a name of the second. Without one there are none.
function notifyTwin(turn: Turn, destinations: readonly StoredDestination[], { type, data }: StoredEvent): void {
  const twin = `v1.${type}`
  const wanted = destinations.some((one) => one.event_payload === 'thin' && wants(one, twin))
  const object = data.object as { readonly id?: string; readonly object: string }
  if (!wanted || object.id === undefined) return
  notify(turn, twin, null, {
    id: object.id,
    type: object.object,
    url: `/v1/${object.object.replace('.', '/')}s/${object.id}`,
  })
}

// Endpoints of the first API, and destinations of the second that want events whole.
export function receivers(
  turn: Turn,
  destinations: readonly StoredDestination[] = turn.store.objects.select('v2.core.event_destination'),
): Receiver[] {
  return [
    ...turn.store.objects.select('webhook_endpoint'),
    ...destinations.filter(({ event_payload }) => event_payload === 'snapshot'),
  ]
}

type Receiver = Pick<WebhookEndpoint, 'id' | 'status'> & { readonly enabled_events: readonly string[] }

// Whose clock an event is stamped by.
function customerOf(turn: Turn, object: object): string | null {
  if ('object' in object && object.object === 'invoice_payment' && 'invoice' in object) {
    return turn.store.objects.find('invoice', String(object.invoice))?.customer ?? null
  }
  if ('object' in object && object.object === 'customer' && 'id' in object) return String(object.id)
  return 'customer' in object && typeof object.customer === 'string' ? object.customer : null
}

export function wants(endpoint: Receiver, type: string): boolean {
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
  return replace(turn, kind, before, { ...before, ...patch }, ...types)
}

/** The same with the whole object, where a field may be gone. */
export function replace<K extends Kind>(
  turn: Turn,
  kind: K,
  before: Kinds[K],
  after: Kinds[K],
  ...types: readonly EventType[]
): Kinds[K] {
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
