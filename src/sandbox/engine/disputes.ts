import { announce, change, create } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import type { Dispute } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Charge, PaymentMethod } from '../wire.ts'
import { cardOf } from './payment-methods.ts'

const reasons = { dispute: 'fraudulent', not_received: 'product_not_received', inquiry: 'general' } as const
const weekLong = 7 * 86_400

/** The bank disputes a charge of a card that is made for it. An inquiry takes no money yet. */
export function openDispute(turn: Turn, charge: Charge, method: PaymentMethod): void {
  const { aftermath } = cardOf(turn, method)
  if (aftermath !== 'dispute' && aftermath !== 'not_received' && aftermath !== 'inquiry') return
  const inquiry = aftermath === 'inquiry'
  const now = turn.now(charge.customer)
  const dispute: Dispute = {
    id: freshId('du'),
    object: 'dispute',
    amount: charge.amount,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: { ...blankEvidence, customer_name: charge.billing_details.name },
    evidence_details: {
      due_by: now + weekLong,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: null,
    is_charge_refundable: inquiry,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: reasons[aftermath],
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  }
  change(turn, 'charge', charge, { disputed: true }, 'charge.updated')
  create(turn, 'dispute', dispute, 'charge.dispute.created')
  if (!inquiry) announce(turn, 'charge.dispute.funds_withdrawn', dispute)
}

/** The bank has decided. */
export function closeDispute(turn: Turn, dispute: Dispute, won: boolean): Dispute {
  const inquiry = dispute.status.startsWith('warning_')
  const status = inquiry ? 'warning_closed' : won ? 'won' : 'lost'
  const closed = change(turn, 'dispute', dispute, { status }, 'charge.dispute.closed')
  if (won && !inquiry) announce(turn, 'charge.dispute.funds_reinstated', closed)
  return closed
}

/** Whether the bank holds the money, or has kept it; an inquiry takes none. */
export function isChargedBack(turn: Turn, charge: Charge): boolean {
  const disputes = turn.store.objects.select('dispute', { parent: charge.id })
  return disputes.some(({ status }) => ['needs_response', 'under_review', 'lost'].includes(status))
}

export const isOpen = (dispute: Dispute) =>
  ['needs_response', 'under_review', 'warning_needs_response', 'warning_under_review'].includes(dispute.status)

const blankEvidence = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
} satisfies Dispute['evidence']
