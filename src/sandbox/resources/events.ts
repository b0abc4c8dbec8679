import { fields, flag, list, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { present } from '../present.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { StoredEvent } from '../wire.ts'

const filters = { ...paging, delivery_success: flag, type: text, types: list(text) }

export const eventRoutes = [
  route('GET', '/v1/events', fields(filters), listEvents),
  route('GET', '/v1/events/:id', fields({}), (turn, _sent, id) => present(turn, retrieve(turn, 'event', id))),
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
      (turn.store.deliveries.pendingFor(event.id) === 0) === sent.delivery_success)
  const exact = sent.type !== undefined && !sent.type.includes('*')
  return listing(turn, 'event', '/v1/events', sent, { where: exact ? { lookup: sent.type } : {}, accept })
}

/** `*` stands for any ending, as in `invoice.*`. */
function matchesType(type: string, wanted: string | undefined): boolean {
  if (wanted === undefined || wanted === type) return true
  return wanted.endsWith('*') && type.startsWith(wanted.slice(0, -1))
}
