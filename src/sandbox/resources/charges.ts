import { isChargedBack } from '../engine/disputes.ts'
import { planRefund, refundStatus } from '../engine/refunds.ts'
import { announce, change, create } from '../events/record.ts'
import { fields, ignored, integer, metadata, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid, noSuch } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Charge, Refund } from '../wire.ts'
import { captureCharge, chargeUpdate, charging, createCharge, updateCharge } from './direct-charges.ts'
import { mergeMetadata } from './patches.ts'

const creation = {
  amount: integer,
  charge: text,
  instructions_email: ignored,
  metadata,
  payment_intent: text,
  reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
}

const searched = [
  'amount',
  'billing_details.address.postal_code',
  'created',
  'currency',
  'customer',
  'disputed',
  'payment_method_details.card.brand',
  'payment_method_details.card.exp_month',
  'payment_method_details.card.exp_year',
  'payment_method_details.card.fingerprint',
  'payment_method_details.card.last4',
  'refunded',
  'status',
]

export const chargeRoutes = [
  route('POST', '/v1/charges', fields(charging), createCharge),
  route('GET', '/v1/charges', fields({ ...paging, customer: text, payment_intent: text }), (turn, sent) =>
    listing(turn, 'charge', '/v1/charges', sent, {
      where: { customer: sent.customer, parent: sent.payment_intent },
    }),
  ),
  route('GET', '/v1/charges/search', searching, (turn, sent) =>
    search(turn, 'charge', sent, '/v1/charges/search', searched),
  ),
  route('GET', '/v1/charges/:id', fields({}), (turn, _sent, id) => retrieve(turn, 'charge', id)),
  route('POST', '/v1/charges/:id', fields(chargeUpdate), updateCharge),
  route('POST', '/v1/charges/:id/capture', fields({ amount: integer, receipt_email: ignored }), captureCharge),
  route('POST', '/v1/refunds', fields(creation), createRefund),
  route('GET', '/v1/refunds', fields({ ...paging, charge: text, payment_intent: text }), (turn, sent) =>
    listing(turn, 'refund', '/v1/refunds', sent, {
      where: { parent: sent.charge, lookup: sent.payment_intent },
    }),
  ),
  route('GET', '/v1/refunds/:id', fields({}), (turn, _sent, id) => retrieve(turn, 'refund', id)),
  route('POST', '/v1/refunds/:id', fields({ metadata }), (turn, sent, id) => {
    const before = retrieve(turn, 'refund', id)
    const patch = { metadata: mergeMetadata(before.metadata, sent.metadata) }
    return change(turn, 'refund', before, patch, 'refund.updated', 'charge.refund.updated')
  }),
]

export function createRefund(turn: Turn, sent: Parameters<typeof creation>): Refund {
  const charge = chargeOf(turn, sent)
  const left = charge.amount_captured - charge.amount_refunded
  if (left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded')
  }
  if (isChargedBack(turn, charge)) {
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, undefined, 'charge_disputed')
  }
  const amount = sent.amount ?? left
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer')
  if (amount > left) {
    throw invalid(`Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`, 'amount')
  }
  const refund = create(turn, 'refund', refundOf(turn, charge, amount, sent), 'refund.created')
  const refunded = charge.amount_refunded + amount
  const patch = { amount_refunded: refunded, refunded: refunded === charge.amount_captured }
  const after = change(turn, 'charge', charge, patch)
  announce(turn, 'charge.refunded', after)
  planRefund(turn, after, refund)
  return refund
}

function chargeOf(turn: Turn, sent: Parameters<typeof creation>): Charge {
  if (sent.charge !== undefined) return succeeded(referenced(turn, 'charge', sent.charge, 'charge'))
  if (sent.payment_intent === undefined) {
    throw invalid('One of the following params should be provided for this request: payment_intent or charge.')
  }
  const intent = referenced(turn, 'payment_intent', sent.payment_intent, 'payment_intent')
  const charge = turn.store.objects.find('charge', intent.latest_charge ?? '')
  if (!charge?.paid) {
    throw invalid(`This PaymentIntent (${intent.id}) does not have a successful charge to refund.`, 'payment_intent')
  }
  return succeeded(charge)
}

function succeeded(charge: Charge): Charge {
  if (!charge.paid) throw noSuch('charge', charge.id, 'charge', 400)
  return charge
}

function refundOf(turn: Turn, charge: Charge, amount: number, sent: Parameters<typeof creation>): Refund {
  return {
    id: freshId('re'),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: turn.now(charge.customer),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: {
      card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
      type: 'card',
    },
    metadata: mergeMetadata({}, sent.metadata),
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason: sent.reason ?? null,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refundStatus(turn, charge),
    transfer_reversal: null,
  }
}
