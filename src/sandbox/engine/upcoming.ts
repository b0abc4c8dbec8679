import { recordEvent } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Invoice, Subscription } from '../wire.ts'
import { composeInvoice } from './compose-invoice.ts'
import { finalBill } from './final-usage.ts'
import { settledWith } from './invoices.ts'
import { renewalBill, rolled } from './renewal.ts'
import { periodEnd } from './subscription-store.ts'

/**
 * The next invoice as it stands now, by the very functions that will make it: of a renewal, or the last one of a
 * subscription that ends with its period, if there is anything left to bill.
 */
export function upcomingInvoice(turn: Turn, subscription: Subscription): Invoice | undefined {
  const customer = turn.store.objects.find('customer', subscription.customer)
  if (!customer) return undefined
  const boundary = periodEnd(subscription)
  const then: Turn = { ...turn, now: () => boundary }
  const isLast = subscription.cancel_at !== null && subscription.cancel_at <= boundary
  const bill = isLast
    ? finalBill(then, customer, subscription, boundary)
    : renewalBill(then, customer, subscription, renewed(subscription, boundary))
  if (!bill) return undefined
  const invoice = composeInvoice(then, bill)
  const { due, ending } = settledWith(invoice, customer)
  return {
    ...invoice,
    id: `upcoming_${invoice.id}`,
    amount_due: due,
    amount_remaining: due,
    billing_reason: 'upcoming',
    ending_balance: ending,
    next_payment_attempt: invoice.automatically_finalizes_at,
  }
}

function renewed(subscription: Subscription, boundary: number): Subscription {
  const trialOver = subscription.status === 'trialing' && (subscription.trial_end ?? 0) <= boundary
  return { ...rolled(subscription, boundary), ...(trialOver ? { status: 'active' } : {}) }
}

/** Some days before a renewal; this event's invoice is the one that has no id. */
export function announceUpcoming(turn: Turn, subscription: Subscription): void {
  const invoice = upcomingInvoice(turn, subscription)
  if (!invoice) return
  const { id: _id, ...shown } = invoice
  recordEvent(turn, 'invoice.upcoming', shown)
}
