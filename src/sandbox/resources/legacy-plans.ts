import { previousAttributes } from '../events/difference.ts'
import { announce, recordEvent } from '../events/record.ts'
import {
  clearable,
  either,
  fields,
  flag,
  ignored,
  integer,
  metadata,
  need,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Price } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { planOf } from './plans.ts'
import { createPrice } from './prices.ts'

const path = '/v1/plans'
const productData = fields({ active: flag, id: text, metadata, name: text, tax_code: text, unit_label: text })
const creation = {
  active: flag,
  amount: integer,
  amount_decimal: text,
  billing_scheme: oneOf('per_unit', 'tiered'),
  currency: text,
  id: notSimulated,
  interval: oneOf('day', 'week', 'month', 'year'),
  interval_count: integer,
  metadata,
  meter: text,
  nickname: text,
  product: either(text, productData),
  tiers: notSimulated,
  tiers_mode: notSimulated,
  transform_usage: notSimulated,
  trial_period_days: integer,
  usage_type: oneOf('licensed', 'metered'),
}
const updating = {
  active: flag,
  metadata,
  nickname: clearable(text),
  product: notSimulated,
  trial_period_days: ignored,
}

/** Plans, the older twins of recurring prices: what is done to one is done to its price. */
export const planRoutes = [
  route('POST', path, fields(creation), createPlan),
  route('GET', path, fields({ ...paging, active: flag, product: text }), (turn, sent) => {
    const accept = (price: Price) =>
      price.recurring !== null && (sent.active === undefined || price.active === sent.active)
    const prices = listing(turn, 'price', path, sent, { where: { parent: sent.product }, accept })
    return { ...prices, data: prices.data.map((price) => planOf(price as Price)) }
  }),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => planOf(retrieve(turn, 'price', id, 'plan'))),
  route('POST', `${path}/:id`, fields(updating), updatePlan),
  route('DELETE', `${path}/:id`, fields({}), deletePlan),
]

function createPlan(turn: Turn, sent: Parameters<typeof creation>): object {
  const product = need(sent.product, 'product')
  const recurring = sentOnly({
    interval: need(sent.interval, 'interval'),
    interval_count: sent.interval_count,
    meter: sent.meter,
    trial_period_days: sent.trial_period_days,
    usage_type: sent.usage_type,
  })
  const price = createPrice(turn, {
    ...sentOnly({ active: sent.active, currency: sent.currency, metadata: sent.metadata, nickname: sent.nickname }),
    ...sentOnly({ unit_amount: sent.amount, unit_amount_decimal: sent.amount_decimal }),
    ...(typeof product === 'string' ? { product } : { product_data: product }),
    recurring,
  })
  return planOf(price)
}

function updatePlan(turn: Turn, sent: Parameters<typeof updating>, id: string): object {
  const before = retrieve(turn, 'price', id, 'plan')
  const after: Price = {
    ...before,
    ...sentOnly({ active: sent.active, nickname: sent.nickname }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  const previous = previousAttributes(planOf(before), planOf(after))
  if (!previous) return planOf(before)
  turn.store.objects.save('price', after)
  recordEvent(turn, 'plan.updated', planOf(after), previous)
  announce(turn, 'price.updated', after, before)
  return planOf(after)
}

function deletePlan(turn: Turn, _sent: object, id: string): object {
  const price = retrieve(turn, 'price', id, 'plan')
  turn.store.objects.remove('price', id)
  recordEvent(turn, 'plan.deleted', planOf(price))
  announce(turn, 'price.deleted', price)
  return { id, object: 'plan', deleted: true }
}
