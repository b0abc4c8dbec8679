import { change, create } from '../events/record.ts'
import { fields, flag, ignored, integer, metadata, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { PromotionCode } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const creation = {
  active: flag,
  code: text,
  coupon: text,
  customer: text,
  expires_at: integer,
  max_redemptions: integer,
  metadata,
  promotion: fields({ coupon: text, type: oneOf('coupon') }),
  restrictions: fields({
    currency_options: ignored,
    first_time_transaction: flag,
    minimum_amount: integer,
    minimum_amount_currency: text,
  }),
}
const filters = { ...paging, active: flag, code: text, coupon: text, customer: text }
const path = '/v1/promotion_codes'

export const promotionCodeRoutes = [
  route('POST', path, fields(creation), createCode),
  route('GET', path, fields(filters), (turn, sent) =>
    listing(turn, 'promotion_code', path, sent, {
      where: { customer: sent.customer, parent: sent.coupon },
      accept: (code) =>
        (sent.active === undefined || code.active === sent.active) &&
        (sent.code === undefined || code.code.toLowerCase() === sent.code.toLowerCase()),
    }),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'promotion_code', id, 'promotion_code')),
  route('POST', `${path}/:id`, fields({ active: flag, metadata, restrictions: ignored }), (turn, sent, id) => {
    const before = retrieve(turn, 'promotion_code', id, 'promotion_code')
    const patch = { ...sentOnly({ active: sent.active }), metadata: mergeMetadata(before.metadata, sent.metadata) }
    return change(turn, 'promotion_code', before, patch, 'promotion_code.updated')
  }),
]

/** Older callers name the coupon at the top level; the newer `promotion` hash says the same. */
function createCode(turn: Turn, sent: Parameters<typeof creation>): PromotionCode {
  const coupon = referenced(turn, 'coupon', need(sent.promotion?.coupon ?? sent.coupon, 'promotion[coupon]'), 'coupon')
  const code = sent.code ?? randomLetters(8).toUpperCase()
  requireFree(turn, code)
  const { restrictions } = sent
  const made: PromotionCode = {
    id: freshId('promo'),
    object: 'promotion_code',
    active: sent.active ?? true,
    code,
    created: turn.now(),
    customer: sent.customer === undefined ? null : referenced(turn, 'customer', sent.customer, 'customer').id,
    customer_account: null,
    expires_at: sent.expires_at ?? null,
    livemode: false,
    max_redemptions: sent.max_redemptions ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    promotion: { coupon: coupon.id, type: 'coupon' },
    restrictions: {
      first_time_transaction: restrictions?.first_time_transaction ?? false,
      minimum_amount: restrictions?.minimum_amount ?? null,
      minimum_amount_currency: restrictions?.minimum_amount_currency ?? null,
    },
    times_redeemed: 0,
  }
  return create(turn, 'promotion_code', made, 'promotion_code.created')
}

/** The active code a buyer may have typed, in any case. */
function findCode(turn: Turn, code: string): PromotionCode | undefined {
  const [found] = turn.store.objects.first(
    'promotion_code',
    {},
    1,
    (candidate) => candidate.active && candidate.code.toLowerCase() === code.toLowerCase(),
  )
  return found
}

function requireFree(turn: Turn, code: string): void {
  if (!findCode(turn, code)) return
  throw invalid('An active promotion code with `code: '.concat(code, '` already exists.'), 'code')
}
