import type Stripe from 'stripe'
import { attach, detach, namedMethod, storeCard } from '../engine/payment-methods.ts'
import { change, recordEvent } from '../events/record.ts'
import { clearable, fields, ignored, integer, metadata, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { noSuch, unsupported } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { clientRoute, route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { PaymentMethod, Wire } from '../wire.ts'
import { mergeMetadata } from './patches.ts'
import { cardDetails } from './payment-methods.ts'

// The older way to a customer's cards. Underneath they are payment methods, as they can be used at Stripe too.
const path = '/v1/customers/:id/sources'
const addresses = {
  address_city: ignored,
  address_country: ignored,
  address_line1: ignored,
  address_line2: ignored,
  address_state: ignored,
  address_zip: ignored,
}
const rawCard = fields({
  ...addresses,
  currency: ignored,
  cvc: text,
  exp_month: integer,
  exp_year: integer,
  name: text,
  number: text,
})
const updating = { ...addresses, exp_month: integer, exp_year: integer, metadata, name: clearable(text) }
const creation = { metadata, source: text, validate: ignored }

export const cardSourceRoutes = [
  clientRoute('POST', '/v1/tokens', fields({ card: rawCard, customer: ignored }), createToken),
  route('GET', '/v1/tokens/:id', fields({}), (turn, _sent, id) => tokenOf(turn, id)),
  route('POST', path, fields(creation), addCard),
  route('GET', path, fields({ ...paging, object: oneOf('card') }), (turn, sent, id) => {
    const customer = retrieve(turn, 'customer', id).id
    const page = listing(turn, 'payment_method', `/v1/customers/${id}/sources`, sent, {
      where: { customer },
      accept: ({ type }) => type === 'card',
    })
    return { ...page, data: page.data.map((method) => cardSource(method as PaymentMethod)) }
  }),
  route('GET', `${path}/:source`, fields({}), (turn, _sent, id, source) => cardSource(ownCard(turn, id, source))),
  route('POST', `${path}/:source`, fields(updating), updateCard),
  route('DELETE', `${path}/:source`, fields({}), removeCard),
]

interface KeptToken {
  readonly method: string
  readonly created: number
}

/** A token stands for one card; the first use takes it. */
function createToken(turn: Turn, sent: { readonly card?: ReturnType<typeof rawCard> | undefined }): object {
  if (!sent.card) throw unsupported('tokens of anything but cards')
  const method = storeCard(turn, cardDetails(sent.card), { id: freshId('card') })
  const id = freshId('tok')
  const kept: KeptToken = { method: method.id, created: turn.now() }
  turn.store.vault.keep(id, JSON.stringify(kept))
  return tokenOf(turn, id)
}

function tokenOf(turn: Turn, id: string): Wire<Stripe.Token> {
  const kept = turn.store.vault.read(id)
  const token = kept === undefined ? undefined : (JSON.parse(kept) as KeptToken)
  const method = turn.store.objects.find('payment_method', token?.method ?? '')
  if (!token || !method) throw noSuch('token', id, 'token', 404)
  return {
    id,
    object: 'token',
    card: cardSource(method),
    client_ip: null,
    created: token.created,
    livemode: false,
    type: 'card',
    used: method.customer !== null,
  }
}

function addCard(turn: Turn, sent: Parameters<typeof creation>, id: string): Wire<Stripe.Card> {
  const customer = retrieve(turn, 'customer', id)
  const method = attach(turn, namedMethod(turn, need(sent.source, 'source')), customer.id)
  const noted = change(turn, 'payment_method', method, { metadata: mergeMetadata({}, sent.metadata) })
  const card = cardSource(noted)
  recordEvent(turn, 'customer.source.created', card)
  if (customer.default_source === null) {
    change(turn, 'customer', customer, { default_source: method.id }, 'customer.updated')
  }
  return card
}

function updateCard(turn: Turn, sent: Parameters<typeof updating>, id: string, source: string): Wire<Stripe.Card> {
  const before = ownCard(turn, id, source)
  const { card } = before
  const dates = { exp_month: sent.exp_month ?? card?.exp_month, exp_year: sent.exp_year ?? card?.exp_year }
  const name = sent.name === undefined ? before.billing_details.name : sent.name
  const after = change(turn, 'payment_method', before, {
    ...(card ? { card: { ...card, ...(dates as Pick<typeof card, 'exp_month' | 'exp_year'>) } } : {}),
    billing_details: { ...before.billing_details, name },
    metadata: mergeMetadata(before.metadata, sent.metadata),
  })
  recordEvent(turn, 'customer.source.updated', cardSource(after))
  return cardSource(after)
}

function removeCard(turn: Turn, _sent: object, id: string, source: string): object {
  const method = ownCard(turn, id, source)
  const customer = retrieve(turn, 'customer', id)
  recordEvent(turn, 'customer.source.deleted', cardSource(method))
  detach(turn, method)
  if (customer.default_source === source) {
    const present = retrieve(turn, 'customer', id)
    change(turn, 'customer', present, { default_source: null }, 'customer.updated')
  }
  return { id: source, object: 'card', deleted: true }
}

function ownCard(turn: Turn, customer: string, source: string): PaymentMethod {
  const method = turn.store.objects.find('payment_method', source)
  if (method?.customer === retrieve(turn, 'customer', customer).id && method.type === 'card') return method
  throw noSuch('source', source, 'id', 404)
}

const brandNames: Readonly<Record<string, string>> = {
  amex: 'American Express',
  diners: 'Diners Club',
  discover: 'Discover',
  jcb: 'JCB',
  mastercard: 'MasterCard',
  unionpay: 'UnionPay',
  visa: 'Visa',
}

/** A card payment method in its older form. */
function cardSource({
  id,
  allow_redisplay,
  billing_details,
  card,
  customer,
  metadata,
}: PaymentMethod): Wire<Stripe.Card> {
  return {
    id,
    object: 'card',
    address_city: null,
    address_country: null,
    address_line1: null,
    address_line1_check: null,
    address_line2: null,
    address_state: null,
    address_zip: null,
    address_zip_check: null,
    allow_redisplay: allow_redisplay ?? null,
    brand: brandNames[card?.brand ?? ''] ?? 'Unknown',
    country: card?.country ?? null,
    customer,
    cvc_check: card?.checks?.cvc_check ?? null,
    dynamic_last4: null,
    exp_month: card?.exp_month ?? 0,
    exp_year: card?.exp_year ?? 0,
    fingerprint: card?.fingerprint ?? null,
    funding: card?.funding ?? 'unknown',
    last4: card?.last4 ?? '',
    metadata: metadata ?? {},
    name: billing_details.name,
    regulated_status: 'unregulated',
    tokenization_method: null,
  }
}
