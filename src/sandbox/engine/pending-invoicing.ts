import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { plan } from './agenda.ts'
import { draftInvoice } from './invoices.ts'
import { pendingItems } from './pending-items.ts'
import { type Interval, stepsFromAnchor } from './periods.ts'
import { readSetting } from './settings.ts'
import { saveSubscription } from './subscription-store.ts'

/** Between renewals, what is pending is invoiced as often as the subscription says. */
export function invoicePendingItems(turn: Turn, subscription: Subscription): void {
  const customer = turn.store.objects.find('customer', subscription.customer)
  const interval = subscription.pending_invoice_item_interval
  if (!customer || !interval) return
  const now = turn.now(customer.id)
  const next = nextPending(interval, now)
  const pending = pendingItems(turn, subscription)
  if (pending.length === 0) {
    saveSubscription(turn, subscription, { next_pending_invoice_item_invoice: next }, 'customer.subscription.updated')
    return
  }
  const at = now + Number(readSetting(turn, 'draft_seconds'))
  const invoice = draftInvoice(turn, {
    customer,
    subscription,
    reason: 'automatic_pending_invoice_item_invoice',
    pending,
    extra: { automatically_finalizes_at: at },
  })
  plan(turn, customer.id, 'finalize_invoice', invoice.id, at)
  const patch = { latest_invoice: invoice.id, next_pending_invoice_item_invoice: next }
  saveSubscription(turn, subscription, patch, 'customer.subscription.updated')
}

/** When pending items are invoiced the next time. */
export function nextPending(interval: Subscription['pending_invoice_item_interval'], now: number): number | null {
  if (!interval) return null
  return stepsFromAnchor(
    now,
    { interval: interval.interval as Interval['interval'], interval_count: interval.interval_count },
    1,
  )
}
