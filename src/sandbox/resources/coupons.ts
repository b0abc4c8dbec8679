import { recall, remember } from '../engine/memory.ts'
import { announce, change, create } from '../events/record.ts'
import {
  clearable,
  decimal,
  fields,
  hashOf,
  integer,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { randomLetters } from '../identifiers.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Coupon } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const currencyOptions = hashOf(fields({ amount_off: integer }))
const creation = {
  amount_off: integer,
  applies_to: fields({ products: list(text) }),
  currency: text,
  currency_options: currencyOptions,
  duration: oneOf('forever', 'once', 'repeating'),
  duration_in_months: integer,
  id: text,
  max_redemptions: integer,
  metadata,
  name: text,
  percent_off: decimal,
  redeem_by: integer,
}
const updating = { currency_options: currencyOptions, metadata, name: clearable(text) }
const path = '/v1/coupons'

export const couponRoutes = [
  route('POST', path, fields(creation), createCoupon),
  route('GET', path, fields(paging), (turn, sent) => listing(turn, 'coupon', path, sent)),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'coupon', id, 'coupon')),
  route('POST', `${path}/:id`, fields(updating), (turn, sent, id) => {
    const before = retrieve(turn, 'coupon', id, 'coupon')
    keepOptions(turn, id, sent.currency_options)
    const patch = { ...sentOnly({ name: sent.name }), metadata: mergeMetadata(before.metadata, sent.metadata) }
    return change(turn, 'coupon', before, patch, 'coupon.updated')
  }),
  // Who has redeemed it keeps the discount; it cannot be redeemed again.
  route('DELETE', `${path}/:id`, fields({}), (turn, _sent, id) => {
    const coupon = retrieve(turn, 'coupon', id, 'coupon')
    turn.store.objects.remove('coupon', id)
    announce(turn, 'coupon.deleted', coupon)
    return { id, object: 'coupon', deleted: true }
  }),
]

function createCoupon(turn: Turn, sent: Parameters<typeof creation>): Coupon {
  const id = sent.id ?? randomLetters(8)
  if (turn.store.objects.find('coupon', id)) {
    throw invalid('Coupon already exists.', 'id', 'resource_already_exists')
  }
  const duration = sent.duration ?? 'once'
  requireConsistent(sent, duration)
  const percent = sent.percent_off === undefined ? null : Number(sent.percent_off)
  if (percent !== null && (percent <= 0 || percent > 100)) {
    throw invalid('Invalid percent_off: must be greater than 0 and at most 100.', 'percent_off')
  }
  keepOptions(turn, id, sent.currency_options)
  if (sent.applies_to?.products) remember(turn, 'applies_to', id, sent.applies_to.products)
  const coupon: Coupon = {
    id,
    object: 'coupon',
    amount_off: sent.amount_off ?? null,
    created: turn.now(),
    currency: sent.amount_off === undefined ? null : (sent.currency?.toLowerCase() ?? null),
    duration,
    duration_in_months: sent.duration_in_months ?? null,
    livemode: false,
    max_redemptions: sent.max_redemptions ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    name: sent.name ?? null,
    percent_off: percent,
    redeem_by: sent.redeem_by ?? null,
    times_redeemed: 0,
    valid: true,
  }
  return create(turn, 'coupon', coupon, 'coupon.created')
}

/** What it takes off in other currencies; shown only to those who expand it. */
function keepOptions(turn: Turn, id: string, sent: Parameters<typeof creation>['currency_options']): void {
  if (!sent) return
  const options = Object.entries(sent).map(([currency, option]) => {
    const amount_off = need(option.amount_off, `currency_options[${currency}][amount_off]`)
    return [currency.toLowerCase(), { amount_off }] as const
  })
  remember(turn, 'amounts_off', id, { ...recall(turn, 'amounts_off', id), ...Object.fromEntries(options) })
}

function requireConsistent(sent: Parameters<typeof creation>, duration: string): void {
  if ((sent.percent_off === undefined) === (sent.amount_off === undefined)) {
    throw invalid('You must pass exactly one of percent_off or amount_off.', 'percent_off')
  }
  if (sent.amount_off !== undefined && sent.currency === undefined) {
    throw invalid('You must pass currency when passing amount_off.', 'currency', 'parameter_missing')
  }
  if (sent.amount_off !== undefined && sent.amount_off < 1) {
    throw invalid('This value must be greater than or equal to 1.', 'amount_off', 'parameter_invalid_integer')
  }
  if ((duration === 'repeating') !== (sent.duration_in_months !== undefined)) {
    throw invalid('You must pass duration_in_months when duration is repeating, and only then.', 'duration_in_months')
  }
}
