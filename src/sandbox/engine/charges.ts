import { create } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Charge, PaymentIntent, PaymentMethod } from '../wire.ts'
import { paymentTime } from './agenda.ts'
import { cardOf } from './payment-methods.ts'
import type { Decline, Screening } from './test-cards.ts'

/** What is charged: an intent, or nothing but an amount. */
export type Chargeable = Omit<
  Pick<
    PaymentIntent,
    'amount' | 'capture_method' | 'currency' | 'customer' | 'description' | 'id' | 'metadata' | 'receipt_email'
  >,
  'id'
> & { readonly id: string | null }

/** Charges a card for an intent, or records that the attempt was declined. */
export function charge(turn: Turn, intent: Chargeable, method: PaymentMethod, decline: Decline | null): Charge {
  const captured = decline === null && intent.capture_method !== 'manual'
  const made: Charge = {
    ...blankCharge,
    id: freshId('ch'),
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    billing_details: { ...method.billing_details, tax_id: null },
    captured,
    created: paymentTime(turn, intent.customer),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    failure_code: decline?.code ?? null,
    failure_message: decline?.message ?? null,
    metadata: intent.metadata,
    outcome: outcomeOf(decline, method.type === 'card' ? cardOf(turn, method).screening.risk : undefined),
    paid: decline === null,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: details(method, intent.amount),
    receipt_email: intent.receipt_email,
    status: decline ? 'failed' : 'succeeded',
  }
  return create(turn, 'charge', made, decline ? 'charge.failed' : 'charge.succeeded')
}

const blankCharge = {
  object: 'charge',
  amount_refunded: 0,
  application: null,
  application_fee: null,
  application_fee_amount: null,
  balance_transaction: null,
  calculated_statement_descriptor: null,
  disputed: false,
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  receipt_number: null,
  receipt_url: null,
  refunded: false,
  review: null,
  shipping: null,
  source: null,
  source_transfer: null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_data: null,
  transfer_group: null,
} satisfies Partial<Charge>

function outcomeOf(decline: Decline | null, risk: Screening['risk']): Charge['outcome'] {
  if (decline && risk === 'highest') return blocked
  const advice = decline ? 'try_again_later' : null
  return {
    advice_code: advice,
    network_advice_code: null,
    network_decline_code: decline?.networkCode ?? null,
    network_status: decline ? 'declined_by_network' : 'approved_by_network',
    reason: decline?.declineCode ?? null,
    risk_level: risk ?? 'normal',
    risk_score: risk === 'elevated' ? 70 : 10,
    seller_message: decline ? 'The bank did not accept the payment.' : 'Payment complete.',
    type: decline ? 'issuer_declined' : 'authorized',
  }
}

/** Stripe itself did not let it through to the bank. */
const blocked: Charge['outcome'] = {
  advice_code: null,
  network_advice_code: null,
  network_decline_code: null,
  network_status: 'not_sent_to_network',
  reason: 'highest_risk_level',
  risk_level: 'highest',
  risk_score: 92,
  seller_message: 'Stripe blocked this payment as too risky.',
  type: 'blocked',
}

function details(method: PaymentMethod, amount: number): Charge['payment_method_details'] {
  const { card } = method
  if (!card) return null
  return {
    card: {
      amount_authorized: amount,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
      ...(card.fingerprint ? { fingerprint: card.fingerprint } : {}),
    },
    type: 'card',
  }
}
