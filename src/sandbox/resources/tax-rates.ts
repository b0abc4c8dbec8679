import { change, create } from '../events/record.ts'
import { clearable, decimal, fields, flag, list, metadata, need, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import type { TaxRate } from '../surface-kinds.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const path = '/v1/tax_rates'
const common = {
  active: flag,
  country: text,
  description: clearable(text),
  display_name: text,
  jurisdiction: clearable(text),
  metadata,
  state: text,
  tax_type: text,
}
const creation = { ...common, inclusive: flag, percentage: decimal }

export const taxRateRoutes = [
  route('POST', path, fields(creation), createTaxRate),
  route('GET', path, fields({ ...paging, active: flag, inclusive: flag }), (turn, sent) =>
    listing(turn, 'tax_rate', path, sent, {
      accept: (rate) =>
        (sent.active === undefined || rate.active === sent.active) &&
        (sent.inclusive === undefined || rate.inclusive === sent.inclusive),
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'tax_rate', id, 'tax_rate')),
  route('POST', `${path}/:id`, fields(common), (turn, sent, id) => {
    const before = retrieve(turn, 'tax_rate', id, 'tax_rate')
    return change(turn, 'tax_rate', before, patchOf(before.metadata, sent), 'tax_rate.updated')
  }),
]

function createTaxRate(turn: Turn, sent: Parameters<typeof creation>): TaxRate {
  const percentage = Number(need(sent.percentage, 'percentage'))
  const rate: TaxRate = {
    id: freshId('txr'),
    object: 'tax_rate',
    active: true,
    country: null,
    created: turn.now(),
    description: null,
    display_name: need(sent.display_name, 'display_name'),
    effective_percentage: null,
    flat_amount: null,
    inclusive: need(sent.inclusive, 'inclusive'),
    jurisdiction: null,
    jurisdiction_level: null,
    livemode: false,
    percentage,
    rate_type: 'percentage',
    state: null,
    tax_type: null,
    ...patchOf({}, sent),
  }
  return create(turn, 'tax_rate', rate, 'tax_rate.created')
}

function patchOf(before: TaxRate['metadata'], sent: Parameters<typeof common>) {
  const { active, country, description, display_name, jurisdiction, state, tax_type } = sent
  return {
    ...sentOnly({ active, country, description, display_name, jurisdiction, state }),
    ...(tax_type === undefined ? {} : { tax_type: tax_type as NonNullable<TaxRate['tax_type']> }),
    metadata: mergeMetadata(before, sent.metadata),
  }
}

/** The rates of an item, an invoice or a subscription; an empty value takes them off. */
export const taxRateWishes = clearable(list(text))

export function namedRates(turn: Turn, ids: readonly string[] | null, name: string): TaxRate[] {
  return (ids ?? []).map((id, index) => {
    const rate = referenced(turn, 'tax_rate', id, `${name}[${index}]`)
    if (!rate.active)
      throw invalid(`The tax rate ${id} is archived and cannot be applied any more.`, `${name}[${index}]`)
    return rate
  })
}
