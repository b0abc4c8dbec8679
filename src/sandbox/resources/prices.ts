import { requireCurrency } from '../engine/currency.ts'
import { change, create, recordEvent } from '../events/record.ts'
import {
  clearable,
  decimal,
  fields,
  flag,
  hashOf,
  integer,
  list,
  metadata,
  need,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Price, Product } from '../wire.ts'
import { blankProduct } from './blank-product.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { planOf } from './plans.ts'
import { currencyOption, keepOptions, tiered, tierList, unitAmounts } from './price-amounts.ts'

const recurring = fields({
  interval: oneOf('day', 'week', 'month', 'year'),
  interval_count: integer,
  meter: text,
  trial_period_days: integer,
  usage_type: oneOf('licensed', 'metered'),
})
const amounts = {
  currency: text,
  currency_options: hashOf(currencyOption),
  custom_unit_amount: notSimulated,
  metadata,
  recurring,
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  unit_amount: integer,
  unit_amount_decimal: decimal,
}
/** A price made together with its product. */
export const priceData = fields(amounts)

const creation = {
  ...amounts,
  active: flag,
  billing_scheme: oneOf('per_unit', 'tiered'),
  lookup_key: text,
  nickname: text,
  product: text,
  product_data: fields({
    active: flag,
    id: text,
    metadata,
    name: text,
    statement_descriptor: text,
    tax_code: text,
    unit_label: text,
  }),
  tiers: tierList,
  tiers_mode: oneOf('graduated', 'volume'),
  transfer_lookup_key: flag,
  transform_quantity: fields({ divide_by: integer, round: oneOf('down', 'up') }),
}
const updating = {
  active: flag,
  currency_options: hashOf(currencyOption),
  lookup_key: clearable(text),
  metadata,
  nickname: clearable(text),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  transfer_lookup_key: flag,
}
const filters = {
  ...paging,
  active: flag,
  currency: text,
  lookup_keys: list(text),
  product: text,
  recurring: fields({ interval: text, meter: text, usage_type: text }),
  type: oneOf('one_time', 'recurring'),
}
type Creation = Parameters<typeof creation>

export const priceRoutes = [
  route('POST', '/v1/prices', fields(creation), createPrice),
  route('GET', '/v1/prices', fields(filters), listPrices),
  route('GET', '/v1/prices/search', searching, (turn, sent) =>
    search(turn, 'price', sent, '/v1/prices/search', ['active', 'currency', 'lookup_key', 'product', 'type']),
  ),
  route('GET', '/v1/prices/:id', fields({}), (turn, _sent, id) => retrieve(turn, 'price', id, 'price')),
  route('POST', '/v1/prices/:id', fields(updating), updatePrice),
]

export function createPrice(turn: Turn, sent: Creation): Price {
  const currency = requireCurrency(need(sent.currency, 'currency'))
  const product = productOf(turn, sent)
  const id = freshId('price')
  if (sent.lookup_key !== undefined) takeLookupKey(turn, sent.lookup_key, id, sent.transfer_lookup_key)
  const price: Price = {
    ...blankPrice,
    ...(sent.billing_scheme === 'tiered' ? tiered(turn, sent, id) : unitAmounts(sent)),
    ...(sent.transform_quantity ? { transform_quantity: transformation(sent.transform_quantity) } : {}),
    ...sentOnly({ active: sent.active, nickname: sent.nickname, tax_behavior: sent.tax_behavior }),
    id,
    created: turn.now(),
    currency,
    lookup_key: sent.lookup_key ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    product,
    recurring: recurringOf(turn, sent.recurring),
    type: sent.recurring ? 'recurring' : 'one_time',
  }
  keepOptions(turn, price, sent.currency_options)
  const made = create(turn, 'price', price, 'price.created')
  // Every recurring price has a twin of the older kind, announced as well (seen in Stripe's logs).
  if (made.recurring) recordEvent(turn, 'plan.created', planOf(made))
  return made
}

function productOf(turn: Turn, sent: Creation): string {
  if (sent.product !== undefined) return referenced(turn, 'product', sent.product, 'product').id
  const data = need(sent.product_data, 'product')
  const now = turn.now()
  const product: Product = {
    ...blankProduct,
    ...sentOnly({ active: data.active, tax_code: data.tax_code, unit_label: data.unit_label }),
    id: data.id ?? freshId('prod'),
    created: now,
    metadata: mergeMetadata({}, data.metadata),
    name: need(data.name, 'product_data[name]'),
    updated: now,
  }
  return create(turn, 'product', product, 'product.created').id
}

const transformation = (sent: NonNullable<Creation['transform_quantity']>) => ({
  divide_by: need(sent.divide_by, 'transform_quantity[divide_by]'),
  round: need(sent.round, 'transform_quantity[round]'),
})

function recurringOf(turn: Turn, sent: Creation['recurring']): Price['recurring'] {
  if (!sent) return null
  const usage = sent.usage_type ?? 'licensed'
  if (usage === 'metered' && sent.meter === undefined) {
    throw invalid('Starting from API version 2025-03-31.basil, metered prices need a meter.', 'recurring[meter]')
  }
  const meter = sent.meter === undefined ? null : referenced(turn, 'billing.meter', sent.meter, 'recurring[meter]').id
  return {
    interval: need(sent.interval, 'recurring[interval]'),
    interval_count: sent.interval_count ?? 1,
    meter,
    trial_period_days: sent.trial_period_days ?? null,
    usage_type: usage,
  }
}

/** One active holder per lookup key; `transfer_lookup_key` takes it from its present one in the same step. */
function takeLookupKey(turn: Turn, key: string, taker: string, transfer: boolean | undefined): void {
  for (const holder of turn.store.objects.select('price', { lookup: key })) {
    if (holder.id === taker) continue
    if (transfer !== true) {
      throw invalid(`A price (\`${holder.id}\`) already uses that lookup key.`, 'lookup_key', 'resource_already_exists')
    }
    change(turn, 'price', holder, { lookup_key: null }, 'price.updated')
  }
}

function updatePrice(turn: Turn, sent: Parameters<typeof updating>, id: string): Price {
  const before = retrieve(turn, 'price', id, 'price')
  if (sent.lookup_key) takeLookupKey(turn, sent.lookup_key, id, sent.transfer_lookup_key)
  keepOptions(turn, before, sent.currency_options)
  const { active, lookup_key, nickname, tax_behavior } = sent
  const patch: Partial<Price> = {
    ...sentOnly({ active, lookup_key, nickname, tax_behavior }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  return change(turn, 'price', before, patch, 'price.updated')
}

function listPrices(turn: Turn, sent: Parameters<typeof filters>) {
  const wanted = sent.recurring
  const accept = (price: Price) =>
    (sent.active === undefined || price.active === sent.active) &&
    (sent.currency === undefined || price.currency === sent.currency) &&
    (sent.lookup_keys === undefined || sent.lookup_keys.includes(price.lookup_key ?? '')) &&
    (sent.type === undefined || price.type === sent.type) &&
    (wanted?.interval === undefined || price.recurring?.interval === wanted.interval) &&
    (wanted?.meter === undefined || price.recurring?.meter === wanted.meter) &&
    (wanted?.usage_type === undefined || price.recurring?.usage_type === wanted.usage_type)
  const single = sent.lookup_keys?.length === 1 ? sent.lookup_keys[0] : undefined
  return listing(turn, 'price', '/v1/prices', sent, { where: { parent: sent.product, lookup: single }, accept })
}

const blankPrice = {
  object: 'price',
  active: true,
  billing_scheme: 'per_unit',
  custom_unit_amount: null,
  livemode: false,
  nickname: null,
  tax_behavior: 'unspecified',
  tiers_mode: null,
  transform_quantity: null,
} satisfies Partial<Price>
