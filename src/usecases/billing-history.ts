import type { UserId } from '../domain/account.ts'
import type { Payment } from '../domain/payment.ts'
import { isoTime } from '../domain/period.ts'
import type { Ports } from '../ports.ts'

export interface HistoryRequest {
  readonly user: UserId
  readonly limit: number
  readonly cursor: string | null
}

/** What a user was charged and given back, newest first. */
export async function billingHistory(ports: Pick<Ports, 'records'>, request: HistoryRequest) {
  const page = await ports.records.payments(request.user, request.limit, request.cursor)
  return {
    payments: page.items.map(shownPayment),
    next_cursor: page.nextCursor,
  }
}

/** An entry as it is shown. */
export function shownPayment(payment: Payment) {
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
    created_at: isoTime(payment.createdAt),
  }
}
