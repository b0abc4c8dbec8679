import type { UserId } from '../domain/account.ts'
import { type Dispute, disputedAmount, disputesOf } from '../domain/dispute.ts'
import type { Payment } from '../domain/payment.ts'
import { isoTime } from '../domain/period.ts'
import type { Ports } from '../ports.ts'

export interface HistoryRequest {
  readonly user: UserId
  readonly limit: number
  readonly cursor: string | null
}

/** What a user was charged and given back, and what of it is disputed, newest first. */
export async function billingHistory({ ledger, records }: Pick<Ports, 'ledger' | 'records'>, request: HistoryRequest) {
  const page = await records.payments(request.user, request.limit, request.cursor)
  const { disputes } = await ledger.account(request.user, {})
  return {
    payments: page.items.map((payment) => shownPayment(payment, disputes)),
    next_cursor: page.nextCursor,
  }
}

/** An entry as it is shown; `disputes` are all of the account. */
export function shownPayment(payment: Payment, disputes: readonly Dispute[]) {
  return {
    id: payment.id,
    kind: payment.kind,
    amount: payment.amount,
    currency: payment.currency,
    status: payment.status,
    description: payment.description,
    invoice_number: payment.invoiceNumber,
    hosted_invoice_url: payment.hostedInvoiceUrl,
    invoice_pdf: payment.invoicePdf,
    tax: payment.tax,
    amount_excluding_tax: payment.amountExcludingTax,
    refunded_amount: payment.refundedAmount,
    refund_of: payment.refundOf,
    disputed_amount: disputedAmount(disputes, payment.id),
    dispute_status: disputesOf(disputes, payment.id)[0]?.state ?? null,
    created_at: isoTime(payment.createdAt),
  }
}
