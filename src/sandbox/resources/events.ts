import { receivers, wants } from '../events/record.ts'
import { fields, flag, list, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { present } from '../present.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { StoredEvent } from '../wire.ts'

const filters = { ...paging, delivery_success: flag, type: text, types: list(text) }

export const eventRoutes = [
  route('GET', '/v1/events', fields(filters), listEvents),
  route('GET', '/v1/events/:id', fields({}), (turn, _sent, id) => present(turn, retrieve(turn, 'event', id))),
  // What `stripe events resend` calls.
  route('POST', '/v1/events/:id/retry', fields({ webhook_endpoint: text }), resend),
]

function listEvents(turn: Turn, sent: Parameters<typeof filters>) {
  if (sent.type !== undefined && sent.types !== undefined) {
    throw invalid('You may only specify one of these parameters: type, types.', 'type')
  }
  if ((sent.types?.length ?? 0) > 20) throw invalid('You may list up to 20 types.', 'types')
  const accept = (event: StoredEvent) =>
    matchesType(event.type, sent.type) &&
    (sent.types === undefined || sent.types.some((type) => matchesType(event.type, type))) &&
    (sent.delivery_success === undefined ||
      (turn.store.deliveries.undeliveredOf(event.id) === 0) === sent.delivery_success)
  const exact = sent.type !== undefined && !sent.type.includes('*')
  return listing(turn, 'event', '/v1/events', sent, { where: exact ? { lookup: sent.type } : {}, accept })
}

/** Queues an event again: for one endpoint, or for all that want its type. */
export function resend(turn: Turn, sent: { readonly webhook_endpoint?: string | undefined }, id: string): object {
  const event = retrieve(turn, 'event', id)
  const wanted =
    sent.webhook_endpoint === undefined
      ? receivers(turn).filter((endpoint) => wants(endpoint, event.type))
      : [referenced(turn, 'webhook_endpoint', sent.webhook_endpoint, 'webhook_endpoint')]
  for (const endpoint of wanted) turn.store.deliveries.enqueue(event.id, endpoint.id)
  return present(turn, event)
}

/** `*` stands for any ending, as in `invoice.*`. */
function matchesType(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === type) return true
  return wanted.endsWith('*') && type.startsWith(wanted.slice(0, -1))
}
