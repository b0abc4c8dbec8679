import { remember } from '../engine/memory.ts'
import { change } from '../events/record.ts'
import { fields, integer, list, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import type { StoredAlert } from '../surface-kinds.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'

const creation = {
  alert_type: oneOf('usage_threshold'),
  title: text,
  usage_threshold: fields({
    filters: list(fields({ customer: text, type: oneOf('customer') })),
    gte: integer,
    meter: text,
    recurrence: oneOf('one_time'),
  }),
}
const path = '/v1/billing/alerts'
const kind = 'billing.alert'

export const alertRoutes = [
  route('POST', path, fields(creation), createAlert),
  route('GET', path, fields({ ...paging, alert_type: oneOf('usage_threshold'), meter: text }), (turn, sent) =>
    // What is archived is in no list.
    listing(turn, kind, path, sent, {
      where: { parent: sent.meter },
      accept: ({ status }) => status !== 'archived',
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, kind, id)),
  route('POST', `${path}/:id/activate`, fields({}), (turn, _sent, id) => {
    const alert = move(turn, id, 'active')
    remember(turn, 'alerted', id, [])
    return alert
  }),
  route('POST', `${path}/:id/deactivate`, fields({}), (turn, _sent, id) => move(turn, id, 'inactive')),
  route('POST', `${path}/:id/archive`, fields({}), (turn, _sent, id) => move(turn, id, 'archived')),
]

function createAlert(turn: Turn, sent: Parameters<typeof creation>): StoredAlert {
  const alert_type = need(sent.alert_type, 'alert_type')
  const wish = need(sent.usage_threshold, 'usage_threshold')
  const gte = need(wish.gte, 'usage_threshold[gte]')
  if (gte < 1) throw invalid('This value must be greater than 0.', 'usage_threshold[gte]', 'parameter_invalid_integer')
  const filters = (wish.filters ?? []).map(({ customer, type }, index) => {
    const name = `usage_threshold[filters][${index}]`
    if (customer !== undefined) referenced(turn, 'customer', customer, `${name}[customer]`)
    return { customer: customer ?? null, type: need(type, `${name}[type]`) }
  })
  if (filters.length > 1) throw invalid('You can only specify up to one filter.', 'usage_threshold[filters]')
  const meter = referenced(turn, 'billing.meter', need(wish.meter, 'usage_threshold[meter]'), 'usage_threshold[meter]')
  const alert: StoredAlert = {
    id: freshId('alrt'),
    object: kind,
    alert_type,
    created: turn.now(),
    livemode: false,
    status: 'active',
    title: need(sent.title, 'title'),
    usage_threshold: {
      filters: filters.length === 0 ? null : filters,
      gte,
      meter: meter.id,
      recurrence: need(wish.recurrence, 'usage_threshold[recurrence]'),
    },
  }
  turn.store.objects.save(kind, alert)
  return alert
}

function move(turn: Turn, id: string, status: 'active' | 'archived' | 'inactive'): StoredAlert {
  const before = retrieve(turn, kind, id)
  if (before.status === 'archived') throw invalid('This alert is archived and cannot be changed any more.')
  if (before.status === status) throw invalid(`This alert is already ${status}.`)
  return change(turn, kind, before, { status })
}
