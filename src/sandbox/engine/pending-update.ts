import { announce } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import { subscriptionOf, voidInvoice } from './settlement.ts'

/** Nobody paid for a change in its 23 hours: its invoice is voided, and the subscription stays as it was. */
export function expirePendingUpdate(turn: Turn, invoiceId: string): void {
  const invoice = turn.store.objects.find('invoice', invoiceId)
  if (invoice?.status !== 'open' || !subscriptionOf(turn, invoice)?.pending_update) return
  const after = subscriptionOf(turn, voidInvoice(turn, invoice))
  if (after) announce(turn, 'customer.subscription.pending_update_expired', after)
}
