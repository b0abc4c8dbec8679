import type { UserId } from '../domain/account.ts'
import type { Bill, BillLine } from '../domain/bill.ts'
import { disputesOf } from '../domain/dispute.ts'
import { BillingError } from '../domain/errors.ts'
import type { Payment } from '../domain/payment.ts'
import { isoTime, isoTimeOrNull } from '../domain/period.ts'
import type { Ports } from '../ports.ts'
import { shownPayment } from './billing-history.ts'

/**
 * One entry of the billing history with its lines, its refunds and its disputes. Refuses: `not_found`, also for an entry of
 * somebody else; `stripe_unavailable`.
 */
export async function paymentDetail(ports: Pick<Ports, 'ledger' | 'records' | 'bills'>, user: UserId, id: string) {
  const account = await ports.ledger.account(user, { payments: [id] })
  const [payment] = account.payments
  if (payment === undefined) throw new BillingError('not_found', 'There is no entry of this id in the billing history.')
  const refunds = await ports.records.refundsOf(user, id)
  const disputes = disputesOf(account.disputes, id)
  return {
    ...shownPayment(payment, account.disputes),
    ...shownBill(payment.kind === 'refund' ? null : await ports.bills.bill(id), payment),
    refunds: refunds.map(({ id: refund, amount, status, description, createdAt }) => ({
      id: refund,
      amount,
      status,
      reason: description,
      created_at: isoTime(createdAt),
    })),
    disputes: disputes.map(({ id: dispute, amount, state, reason, createdAt, closedAt }) => ({
      id: dispute,
      amount,
      status: state,
      reason,
      created_at: isoTime(createdAt),
      closed_at: isoTimeOrNull(closedAt),
    })),
  }
}

/** What Stripe no longer has is known in one sum alone. */
function shownBill(bill: Bill | null, { amount, tax, amountExcludingTax }: Payment) {
  return {
    subtotal: bill?.subtotal ?? amountExcludingTax ?? amount,
    discount: bill?.discount ?? 0,
    tax: tax ?? bill?.tax ?? null,
    total: bill?.total ?? amount,
    lines: (bill?.lines ?? []).map(shownLine),
    receipt_url: bill?.receiptUrl ?? null,
  }
}

export function shownLine({ description, quantity, amount, isProration, period }: BillLine) {
  return {
    description,
    quantity,
    amount,
    proration: isProration,
    period_start: isoTimeOrNull(period?.start ?? null),
    period_end: isoTimeOrNull(period?.end ?? null),
  }
}
