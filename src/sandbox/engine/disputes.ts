import { announce, change, create } from '../events/record.ts'
import { freshId } from '../identifiers.ts'
import type { Dispute } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { Charge, PaymentMethod } from '../wire.ts'
import { cardOf } from './payment-methods.ts'
import type { Aftermath } from './test-cards.ts'

/** What a card made for it brings about after its payment. */
const kinds: Readonly<Partial<Record<Aftermath, Kind>>> = {
  dispute: { reason: 'fraudulent' },
  not_received: { reason: 'product_not_received' },
  inquiry: { reason: 'general', inquiry: true },
  compelling_evidence: { reason: 'fraudulent', eligible: 'visa_compelling_evidence_3' },
  compliance: { reason: 'noncompliant', eligible: 'visa_compliance' },
  several_disputes: { reason: 'fraudulent', parts: 2 },
}
interface Kind {
  readonly reason: string
  readonly inquiry?: boolean
  readonly eligible?: Dispute['enhanced_eligibility_types'][number]
  /** Into how many disputes the amount is divided. */
  readonly parts?: number
}
const weekLong = 7 * 86_400

/** The bank disputes a charge of a card that is made for it, or warns of fraud. An inquiry takes no money yet. */
export function openDispute(turn: Turn, charge: Charge, method: PaymentMethod): void {
  const { aftermath } = cardOf(turn, method)
  if (aftermath === 'fraud_warning') warnOfFraud(turn, charge)
  const kind = aftermath === null ? undefined : kinds[aftermath]
  if (!kind) return
  change(turn, 'charge', charge, { disputed: true }, 'charge.updated')
  const { parts = 1, inquiry = false } = kind
  for (let part = 0; part < parts; part += 1) {
    const amount = Math.floor(charge.amount / parts) + (part === 0 ? charge.amount % parts : 0)
    const dispute = create(turn, 'dispute', disputeOf(turn, charge, kind, amount), 'charge.dispute.created')
    if (!inquiry) announce(turn, 'charge.dispute.funds_withdrawn', dispute)
  }
}

function disputeOf(turn: Turn, charge: Charge, { reason, inquiry = false, eligible }: Kind, amount: number): Dispute {
  const now = turn.now(charge.customer)
  return {
    id: freshId('du'),
    object: 'dispute',
    amount,
    balance_transactions: [],
    charge: charge.id,
    created: now,
    currency: charge.currency,
    enhanced_eligibility_types: eligible ? [eligible] : [],
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
    reason,
    status: inquiry ? 'warning_needs_response' : 'needs_response',
  }
}

/** The issuer suspects fraud; the money stays, and a refund now saves a dispute. */
function warnOfFraud(turn: Turn, charge: Charge): void {
  const warning = {
    id: freshId('issfr'),
    object: 'radar.early_fraud_warning' as const,
    actionable: true,
    charge: charge.id,
    created: turn.now(charge.customer),
    fraud_type: 'misc',
    livemode: false,
    ...(charge.payment_intent === null ? {} : { payment_intent: charge.payment_intent }),
  }
  create(turn, 'radar.early_fraud_warning', warning, 'radar.early_fraud_warning.created')
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
