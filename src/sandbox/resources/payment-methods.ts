import { numberOfToken } from '../engine/cards.ts'
import { storeDebit } from '../engine/debits.ts'
import { attach, type CardDetails, detach, namedMethod, storeCard } from '../engine/payment-methods.ts'
import { change } from '../events/record.ts'
import {
  clearable,
  fields,
  ignored,
  integer,
  metadata,
  need,
  oneOf,
  type Parameters,
  scalars,
  text,
} from '../http/decode.ts'
import { Failure, noSuch, unsupported } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { clientRoute, route } from '../http/route.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { PaymentMethod } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const billingDetails = fields({
  address: clearable(scalars),
  email: clearable(text),
  name: clearable(text),
  phone: clearable(text),
  tax_id: clearable(text),
})
const card = fields({
  number: text,
  exp_month: integer,
  exp_year: integer,
  cvc: text,
  token: text,
  networks: ignored,
})
const debit = fields({ iban: text })
const redisplay = oneOf('always', 'limited', 'unspecified')
export const methodData = fields({
  allow_redisplay: redisplay,
  billing_details: billingDetails,
  card,
  metadata,
  radar_options: ignored,
  sepa_debit: debit,
  type: text,
})
const creation = {
  allow_redisplay: redisplay,
  billing_details: billingDetails,
  card,
  customer: text,
  metadata,
  payment_method: text,
  radar_options: ignored,
  sepa_debit: debit,
  type: text,
  // Stripe.js sends these along.
  guid: ignored,
  muid: ignored,
  sid: ignored,
  payment_user_agent: ignored,
  referrer: ignored,
  time_on_page: ignored,
  key: ignored,
}
const updating = {
  allow_redisplay: redisplay,
  billing_details: billingDetails,
  card: fields({ exp_month: integer, exp_year: integer, networks: ignored }),
  metadata,
}
const ofCustomer = { ...paging, type: text, allow_redisplay: redisplay }

export const paymentMethodRoutes = [
  clientRoute('POST', '/v1/payment_methods', fields(creation), createMethod),
  route('GET', '/v1/payment_methods', fields({ ...ofCustomer, customer: text }), (turn, sent) =>
    methodsOf(turn, need(sent.customer, 'customer'), sent, '/v1/payment_methods'),
  ),
  // A test card's name stands for a new card here too, as at Stripe.
  route('GET', '/v1/payment_methods/:id', fields({}), (turn, _sent, id) => namedMethod(turn, id, 404)),
  route('POST', '/v1/payment_methods/:id', fields(updating), updateMethod),
  route('POST', '/v1/payment_methods/:id/attach', fields({ customer: text }), attachMethod),
  route('POST', '/v1/payment_methods/:id/detach', fields({}), detachMethod),
  route('GET', '/v1/customers/:id/payment_methods', fields(ofCustomer), (turn, sent, id) =>
    methodsOf(turn, retrieve(turn, 'customer', id, 'customer').id, sent, `/v1/customers/${id}/payment_methods`),
  ),
  route('GET', '/v1/customers/:id/payment_methods/:method', fields({}), (turn, _sent, id, method) => {
    const found = retrieve(turn, 'payment_method', method, 'payment_method')
    return found.customer === id ? found : retrieve(turn, 'payment_method', '', 'payment_method')
  }),
]

type Page = Parameters<typeof ofCustomer>

function methodsOf(turn: Turn, customer: string, page: Page, url: string) {
  referenced(turn, 'customer', customer, 'customer')
  const accept = (method: PaymentMethod) =>
    (page.type === undefined || method.type === page.type) &&
    (page.allow_redisplay === undefined || method.allow_redisplay === page.allow_redisplay)
  return listing(turn, 'payment_method', url, page, { where: { customer }, accept })
}

function createMethod(turn: Turn, sent: Parameters<typeof creation>): PaymentMethod {
  if (sent.payment_method !== undefined) throw unsupported('copying a payment method by POST /v1/payment_methods')
  return methodOfData(turn, sent)
}

type Data = Pick<
  Parameters<typeof creation>,
  'allow_redisplay' | 'billing_details' | 'card' | 'metadata' | 'sepa_debit' | 'type'
>

/** A payment method from raw card data, as a test of Stripe's own form would send it. */
export function methodOfData(turn: Turn, data: Data): PaymentMethod {
  const type = need(data.type, 'type')
  if (type === 'sepa_debit') return debitMethod(turn, data)
  if (type !== 'card') throw unsupported(`payment methods of the type ${type}`)
  const sent = need(data.card, 'card')
  if (sent.token !== undefined) return ofToken(turn, sent.token, data)
  const made = storeCard(turn, cardDetails(sent), {
    ...sentOnly({ allow_redisplay: data.allow_redisplay }),
    metadata: mergeMetadata({}, data.metadata),
  })
  return change(turn, 'payment_method', made, { billing_details: billingOf(made, data.billing_details) })
}

interface RawCard {
  readonly number?: string | undefined
  readonly exp_month?: number | undefined
  readonly exp_year?: number | undefined
  readonly cvc?: string | undefined
}

/** A card as it was typed, refused in Stripe's words where a card form would refuse it. */
export function cardDetails(sent: RawCard): CardDetails {
  const expMonth = need(sent.exp_month, 'card[exp_month]')
  const expYear = fullYear(need(sent.exp_year, 'card[exp_year]'))
  const number = need(sent.number, 'card[number]').replaceAll(/[\s-]/g, '')
  checkExpiry(expMonth, expYear)
  if (sent.cvc !== undefined && !/^\d{3,4}$/.test(sent.cvc)) throw cardProblem('invalid_cvc', 'cvc', 'security code')
  return { number, expMonth, expYear }
}

function ofToken(turn: Turn, token: string, data: Data): PaymentMethod {
  if (numberOfToken(token) === undefined && turn.store.vault.read(token) === undefined)
    throw noSuch('token', token, 'card[token]', 400)
  const made = namedMethod(turn, token)
  const metadata = mergeMetadata({}, data.metadata)
  return change(turn, 'payment_method', made, { billing_details: billingOf(made, data.billing_details), metadata })
}

function debitMethod(turn: Turn, data: Data): PaymentMethod {
  const made = storeDebit(turn, need(data.sepa_debit?.iban, 'sepa_debit[iban]'))
  const metadata = mergeMetadata({}, data.metadata)
  return change(turn, 'payment_method', made, { billing_details: billingOf(made, data.billing_details), metadata })
}

const fullYear = (year: number) => (year < 100 ? 2000 + year : year)

function checkExpiry(month: number, year: number): void {
  if (month < 1 || month > 12) throw cardProblem('invalid_expiry_month', 'exp_month', 'expiration month')
  const now = new Date()
  const past = year < now.getUTCFullYear() || (year === now.getUTCFullYear() && month < now.getUTCMonth() + 1)
  if (past || year > now.getUTCFullYear() + 50) throw cardProblem('invalid_expiry_year', 'exp_year', 'expiration year')
}

function cardProblem(code: string, param: string, what: string): Failure {
  return new Failure(402, { type: 'card_error', code, param, message: `Your card's ${what} is invalid.` })
}

type Billing = Data['billing_details']

function billingOf(method: PaymentMethod, sent: Billing): PaymentMethod['billing_details'] {
  if (!sent) return method.billing_details
  const { address, ...rest } = sent
  const before = method.billing_details
  return { ...before, ...sentOnly(rest), address: address === undefined ? before.address : addressOf(address) }
}

const blankAddress = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null }
const addressOf = (sent: Readonly<Record<string, string>> | null) =>
  sent === null ? null : { ...blankAddress, ...sent }

function updateMethod(turn: Turn, sent: Parameters<typeof updating>, id: string): PaymentMethod {
  const before = retrieve(turn, 'payment_method', id, 'payment_method')
  if (before.customer === null) {
    throw new Failure(400, {
      type: 'invalid_request_error',
      message:
        'You must save this PaymentMethod to a customer before you can update it. See https://stripe.com/docs/payments/save-during-payment for how to save a PaymentMethod to a customer.',
    })
  }
  const dates = sentOnly({ exp_month: sent.card?.exp_month, exp_year: sent.card?.exp_year })
  const patch: Partial<PaymentMethod> = {
    ...sentOnly({ allow_redisplay: sent.allow_redisplay }),
    ...(before.card ? { card: { ...before.card, ...dates } } : {}),
    billing_details: billingOf(before, sent.billing_details),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  return change(turn, 'payment_method', before, patch, 'payment_method.updated')
}

function attachMethod(turn: Turn, sent: { readonly customer?: string | undefined }, id: string): PaymentMethod {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  return attach(turn, namedMethod(turn, id, 404), customer.id)
}

function detachMethod(turn: Turn, _sent: object, id: string): PaymentMethod {
  const method = retrieve(turn, 'payment_method', id, 'payment_method')
  if (method.customer === null) {
    throw new Failure(400, {
      type: 'invalid_request_error',
      message: 'The payment method you provided is not attached to a customer so detachment is impossible.',
    })
  }
  return detach(turn, method)
}
