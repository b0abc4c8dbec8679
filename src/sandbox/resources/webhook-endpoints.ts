import { change } from '../events/record.ts'
import { clearable, fields, flag, list, metadata, need, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import { retrieve, type Turn } from '../turn.ts'
import { apiVersion, type WebhookEndpoint } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const creation = {
  api_version: text,
  connect: flag,
  description: clearable(text),
  enabled_events: list(text),
  metadata,
  url: text,
}
const updating = {
  description: clearable(text),
  disabled: flag,
  enabled_events: list(text),
  metadata,
  url: text,
}
const path = '/v1/webhook_endpoints'

export const webhookEndpointRoutes = [
  route('POST', path, fields(creation), createEndpoint),
  route('GET', path, fields(paging), (turn, sent) => listing(turn, 'webhook_endpoint', path, sent)),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'webhook_endpoint', id)),
  route('POST', `${path}/:id`, fields(updating), updateEndpoint),
  route('DELETE', `${path}/:id`, fields({}), deleteEndpoint),
]

// The secret is in the answer to the creation and never shown again.
function createEndpoint(turn: Turn, sent: Parameters<typeof creation>): WebhookEndpoint {
  const events = need(sent.enabled_events, 'enabled_events')
  if (events.length === 0) throw invalid('enabled_events must name at least one event.', 'enabled_events')
  const { endpoint, secret } = addEndpoint(turn, requireUrl(need(sent.url, 'url')), events)
  const described: WebhookEndpoint = {
    ...endpoint,
    ...sentOnly({ description: sent.description, api_version: sent.api_version }),
    metadata: mergeMetadata({}, sent.metadata),
  }
  turn.store.objects.save('webhook_endpoint', described)
  return { ...described, secret }
}

export function addEndpoint(turn: Turn, url: string, events: string[], chosenSecret?: string) {
  const secret = chosenSecret ?? `whsec_${randomLetters(32)}`
  const endpoint: WebhookEndpoint = {
    id: freshId('we'),
    object: 'webhook_endpoint',
    api_version: apiVersion,
    application: null,
    created: turn.now(),
    description: null,
    enabled_events: events,
    livemode: false,
    metadata: {},
    status: 'enabled',
    url,
  }
  turn.store.objects.save('webhook_endpoint', endpoint)
  turn.store.vault.keep(endpoint.id, secret)
  return { endpoint, secret }
}

function requireUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:/.test(url)) {
    throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', 'url', 'url_invalid')
  }
  return url
}

function updateEndpoint(turn: Turn, sent: Parameters<typeof updating>, id: string): WebhookEndpoint {
  const before = retrieve(turn, 'webhook_endpoint', id)
  const status = sent.disabled === undefined ? before.status : sent.disabled ? 'disabled' : 'enabled'
  const patch: Partial<WebhookEndpoint> = {
    ...sentOnly({ description: sent.description, enabled_events: sent.enabled_events }),
    ...(sent.url === undefined ? {} : { url: requireUrl(sent.url) }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
    status,
  }
  if (status === 'disabled') turn.store.deliveries.abandonFor(id)
  return change(turn, 'webhook_endpoint', before, patch)
}

function deleteEndpoint(turn: Turn, _sent: object, id: string): object {
  retrieve(turn, 'webhook_endpoint', id)
  turn.store.objects.remove('webhook_endpoint', id)
  turn.store.deliveries.abandonFor(id)
  return { id, object: 'webhook_endpoint', deleted: true }
}
