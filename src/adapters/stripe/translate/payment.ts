import type { Stripe } from 'stripe'
import type { DisputeState, ObservedDispute } from '../../../domain/dispute.ts'
import type { ObservedPaymentIntent, ObservedRefund, Payment, PaymentIntentStatus } from '../../../domain/payment.ts'
import { packOf } from '../pack-metadata.ts'
import { idOf, type Known, known, milliseconds } from './values.ts'

/**
 * Needs `latest_charge` expanded to know what was given back; without `refunds` nobody knows what of it takes back what was
 * bought. It enters the history when it is paid or has failed.
 */
export function toPaymentIntent(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[] | null = null,
): ObservedPaymentIntent {
  const status = known(PAYMENT_INTENT_STATUS, intent.status)
  const customerId = idOf(intent.customer) ?? ''
  const failed = intent.last_payment_error !== null && status !== 'succeeded'
  const entry: Payment = {
    id: intent.id,
    customerId,
    kind: 'payment',
    amount: intent.amount,
    currency: intent.currency,
    status: failed ? 'failed' : 'paid',
    description: intent.description,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: refundedOf(intent),
    takenBackAmount: 0,
    refundOf: null,
    tax: null,
    amountExcludingTax: null,
    createdAt: milliseconds(intent.created),
  }
  const { amount, currency } = intent
  const isEntry = status === 'succeeded' || failed
  const pack = packOf(intent.metadata)
  return {
    id: intent.id,
    customerId,
    status,
    amount,
    currency,
    entry: isEntry ? entry : null,
    pack,
    refunds: refunds && toRefunds(refunds),
  }
}

const PAYMENT_INTENT_STATUS = {
  requires_payment_method: 'requires_payment_method',
  requires_confirmation: 'requires_confirmation',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'requires_capture',
  succeeded: 'succeeded',
  canceled: 'canceled',
} as const satisfies Record<Known<Stripe.PaymentIntent['status']>, PaymentIntentStatus>

/** Those that did not come back. Who made one by our API said whether it takes back what was bought. */
function toRefunds(refunds: readonly Stripe.Refund[]): readonly ObservedRefund[] {
  return refunds
    .filter(({ status }) => status !== 'failed' && status !== 'canceled')
    .map(({ amount, metadata }) => {
      const said = metadata?.take_back
      return { amount, takeBack: said === undefined ? null : said === 'true' }
    })
}

export function refundedOf(intent: Stripe.PaymentIntent): number {
  const charge = intent.latest_charge
  return charge === null || typeof charge === 'string' ? 0 : charge.amount_refunded
}

/** A refund names no customer: it is that of the payment it gives back; `refundOf` is that payment's entry. */
export function toRefundEntry(refund: Stripe.Refund, customerId: string, refundOf: string): Payment {
  return {
    id: refund.id,
    customerId,
    kind: 'refund',
    amount: refund.amount,
    currency: refund.currency,
    status: refund.status ?? 'pending',
    description: refund.reason,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: 0,
    takenBackAmount: 0,
    refundOf,
    tax: null,
    amountExcludingTax: null,
    createdAt: milliseconds(refund.created),
  }
}

/** A dispute names neither customer nor invoice: they are those of the payment. */
export function toDispute(
  dispute: Stripe.Dispute,
  seen: Pick<ObservedDispute, 'customerId' | 'paymentId' | 'subscriptionId'>,
): ObservedDispute {
  return {
    id: dispute.id,
    ...seen,
    amount: dispute.amount,
    currency: dispute.currency,
    reason: dispute.reason,
    state: known(DISPUTE_STATE, dispute.status),
    createdAt: milliseconds(dispute.created),
  }
}

/** An appeal follows a dispute that was lost; one that was prevented never took any money. */
const DISPUTE_STATE = {
  needs_response: 'open',
  under_review: 'open',
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'won',
  won: 'won',
  prevented: 'won',
  lost: 'lost',
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
} as const satisfies Record<Known<Stripe.Dispute['status']>, DisputeState>
