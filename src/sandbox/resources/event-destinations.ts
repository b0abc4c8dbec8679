import { isoTime, notificationOf, notify } from '../events/notify.ts'
import {
  fields,
  ignored,
  integer,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  scalars,
  text,
} from '../http/decode.ts'
import { invalid, unsupported } from '../http/failure.ts'
import { limitOf } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import type { StoredDestination, StoredNotification } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Kind, Kinds } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const path = '/v2/core/event_destinations'
const include = list(text)
const webhook = fields({ url: text })
const creation = {
  description: text,
  enabled_events: list(text),
  event_payload: oneOf('snapshot', 'thin'),
  events_from: ignored,
  include,
  metadata,
  name: text,
  snapshot_api_version: ignored,
  type: oneOf('webhook_endpoint', 'amazon_eventbridge', 'azure_event_grid'),
  webhook_endpoint: webhook,
}
const updating = {
  description: text,
  enabled_events: list(text),
  include,
  metadata,
  name: text,
  webhook_endpoint: webhook,
}
const pages = { limit: integer, page: text }
const eventFilters = { ...pages, created: scalars, object_id: text, types: list(text) }

export const eventDestinationRoutes = [
  route('POST', path, fields(creation), createDestination),
  route('GET', path, fields({ ...pages, include }), (turn, sent) =>
    pageOf(turn, 'v2.core.event_destination', path, sent, (stored) => shown(stored, sent.include)),
  ),
  route('GET', `${path}/:id`, fields({ include }), (turn, sent, id) =>
    shown(retrieve(turn, 'v2.core.event_destination', id), sent.include),
  ),
  route('POST', `${path}/:id`, fields(updating), updateDestination),
  route('DELETE', `${path}/:id`, fields({}), (turn, _sent, id) => {
    retrieve(turn, 'v2.core.event_destination', id)
    turn.store.objects.remove('v2.core.event_destination', id)
    turn.store.deliveries.abandonFor(id)
    return { id, object: 'v2.core.event_destination' }
  }),
  route('POST', `${path}/:id/disable`, fields({}), (turn, _sent, id) => setStatus(turn, id, 'disabled')),
  route('POST', `${path}/:id/enable`, fields({}), (turn, _sent, id) => setStatus(turn, id, 'enabled')),
  route('POST', `${path}/:id/ping`, fields({}), ping),
  route('GET', '/v2/core/events', fields(eventFilters), listEvents),
  route('GET', '/v2/core/events/:id', fields({}), (turn, _sent, id) => whole(retrieve(turn, 'v2.core.event', id))),
]

function createDestination(turn: Turn, sent: Parameters<typeof creation>): object {
  if (need(sent.type, 'type') !== 'webhook_endpoint') throw unsupported(`event destinations of the type ${sent.type}`)
  const now = turn.now()
  const stored: StoredDestination = {
    id: freshId('ed_test'),
    object: 'v2.core.event_destination',
    created: now,
    updated: now,
    description: sent.description ?? '',
    enabled_events: need(sent.enabled_events, 'enabled_events'),
    event_payload: need(sent.event_payload, 'event_payload'),
    metadata: mergeMetadata({}, sent.metadata),
    name: need(sent.name, 'name'),
    status: 'enabled',
    url: requireUrl(need(sent.webhook_endpoint?.url, 'webhook_endpoint.url')),
  }
  turn.store.objects.save('v2.core.event_destination', stored)
  turn.store.vault.keep(stored.id, `whsec_${randomLetters(32)}`)
  return shown(stored, sent.include, turn.store.vault.read(stored.id))
}

function requireUrl(url: string): string {
  if (/^https?:/.test(url) && URL.canParse(url)) return url
  throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', 'webhook_endpoint.url')
}

/** The secret is told at creation only, and the address only to those who ask for it. */
function shown(stored: StoredDestination, wanted: readonly string[] = [], secret?: string): object {
  const { url, created, updated, ...rest } = stored
  const withSecret = wanted.includes('webhook_endpoint.signing_secret') && secret !== undefined
  return {
    ...rest,
    created: isoTime(created),
    updated: isoTime(updated),
    events_from: ['self'],
    livemode: false,
    type: 'webhook_endpoint',
    webhook_endpoint: {
      ...(wanted.includes('webhook_endpoint.url') ? { url } : {}),
      ...(withSecret ? { signing_secret: secret } : {}),
    },
    ...(stored.status === 'disabled' ? { status_details: { disabled: { reason: 'user' } } } : {}),
  }
}

function updateDestination(turn: Turn, sent: Parameters<typeof updating>, id: string): object {
  const before = retrieve(turn, 'v2.core.event_destination', id)
  const { description, enabled_events, name } = sent
  const after: StoredDestination = {
    ...before,
    ...sentOnly({ description, enabled_events, name }),
    ...(sent.webhook_endpoint?.url === undefined ? {} : { url: requireUrl(sent.webhook_endpoint.url) }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
    updated: turn.now(),
  }
  turn.store.objects.save('v2.core.event_destination', after)
  return shown(after, sent.include)
}

function setStatus(turn: Turn, id: string, status: StoredDestination['status']): object {
  const after = { ...retrieve(turn, 'v2.core.event_destination', id), status, updated: turn.now() }
  turn.store.objects.save('v2.core.event_destination', after)
  if (status === 'disabled') turn.store.deliveries.abandonFor(id)
  return shown(after)
}

function ping(turn: Turn, _sent: object, id: string): object {
  retrieve(turn, 'v2.core.event_destination', id)
  const related = { id, type: 'v2.core.event_destination', url: `${path}/${id}` }
  const made = notify(turn, 'v2.core.event_destination.ping', null, related)
  turn.store.deliveries.enqueue(made.id, id)
  return whole(made)
}

const whole = (stored: StoredNotification) => ({
  ...notificationOf(stored),
  ...(stored.data ? { data: stored.data } : {}),
})

function listEvents(turn: Turn, sent: Parameters<typeof eventFilters>): object {
  const range = Object.entries(sent.created ?? {}).map(([name, value]) => [name, Date.parse(value) / 1000] as const)
  const accept = (event: StoredNotification) =>
    (sent.object_id === undefined || event.related?.id === sent.object_id) &&
    (sent.types === undefined || sent.types.includes(event.type)) &&
    range.every(([name, at]) => (name.startsWith('g') ? event.created >= at : event.created <= at))
  return pageOf(turn, 'v2.core.event', '/v2/core/events', sent, whole, accept)
}

/** A page in the manner of the second API: an address to the next one instead of a cursor by id. */
function pageOf<K extends Kind>(
  turn: Turn,
  kind: K,
  url: string,
  sent: { readonly limit?: number | undefined; readonly page?: string | undefined },
  show: (stored: Kinds[K]) => object,
  accept: (stored: Kinds[K]) => boolean = () => true,
): object {
  const limit = limitOf(sent)
  const olderThan = sent.page === undefined ? undefined : turn.store.objects.position(kind, sent.page)
  const found = turn.store.objects.first(kind, { olderThan }, limit + 1, accept)
  const data = found.slice(0, limit)
  const next = found.length > limit ? `${url}?limit=${limit}&page=${data.at(-1)?.id}` : null
  return { data: data.map(show), next_page_url: next, previous_page_url: null }
}
