import { announce } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import { remember } from './memory.ts'
import { subscriptionOf, voidInvoice } from './settlement.ts'
import { saveSubscription } from './subscription-store.ts'

/** Nobody paid for a change in its 23 hours: its invoice is voided, and the subscription stays as it was. */
export function expirePendingUpdate(turn: Turn, invoiceId: string): void {
  const invoice = turn.store.objects.find('invoice', invoiceId)
  const subscription = invoice && subscriptionOf(turn, invoice)
  if (!invoice || !subscription?.pending_update) return
  remember(turn, 'pending_update', invoiceId, null)
  if (invoice.status === 'open') voidInvoice(turn, invoice)
  const present = turn.store.objects.find('subscription', subscription.id) ?? subscription
  const after = saveSubscription(turn, present, { pending_update: null }, 'customer.subscription.updated')
  announce(turn, 'customer.subscription.pending_update_expired', after)
}
