import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { confirmIntent } from './confirmation.ts'
import { draftInvoice, finalizeInvoice } from './invoices.ts'
import { arrearsLines, usageOf } from './lines.ts'
import { openPayment, settlePaid } from './settlement.ts'
import { saveSubscription } from './subscription-store.ts'

/**
 * Bills what was used and not billed when a subscription ends. The buyer is not there, so a card that asks for
 * authentication declines; an invoice that stays unpaid stays open and is not tried again.
 */
export function billFinalUsage(turn: Turn, subscription: Subscription, until: number): Subscription {
  const used = subscription.items.data.some((item) => usageOf(turn, subscription, item, until) !== '0')
  const customer = turn.store.objects.find('customer', subscription.customer)
  if (!used || !customer) return subscription
  const makeLines = (id: string) => arrearsLines(turn, subscription, id, until)
  const drafted = draftInvoice(turn, customer, subscription, 'subscription_cycle', makeLines)
  const invoice = finalizeInvoice(turn, drafted, customer)
  const billed = saveSubscription(turn, subscription, { latest_invoice: invoice.id })
  if (invoice.amount_due === 0) {
    settlePaid(turn, invoice, null)
    return billed
  }
  const id = subscription.default_payment_method ?? customer.invoice_settings.default_payment_method
  const method = id === null ? undefined : turn.store.objects.find('payment_method', id)
  const intent = openPayment(turn, invoice, method?.id ?? null, 'Subscription update')
  if (method && subscription.collection_method === 'charge_automatically') {
    confirmIntent(turn, intent, method, { offSession: true, returnUrl: null, authenticated: false })
  }
  return turn.store.objects.find('subscription', billed.id) ?? billed
}
