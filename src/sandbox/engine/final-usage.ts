import type { Turn } from '../turn.ts'
import type { Customer, Subscription } from '../wire.ts'
import type { Bill } from './compose-invoice.ts'
import { confirmIntent } from './confirmation.ts'
import { draftInvoice, finalizeInvoice } from './invoices.ts'
import { defaultMethodOf } from './payment-methods.ts'
import { pendingItems } from './pending-items.ts'
import { openPayment, settlePaid } from './settlement.ts'
import { endSubscription, expireIncomplete } from './subscription-end.ts'
import { saveSubscription } from './subscription-store.ts'
import { stretchesOf, unbilledUsage } from './usage.ts'

type Details = Partial<NonNullable<Subscription['cancellation_details']>>

/** Ends a subscription after billing what its metered items used until now and what was still pending. */
export function endWithUsage(turn: Turn, subscription: Subscription, details: Details): Subscription {
  if (subscription.status === 'incomplete') return expireIncomplete(turn, subscription)
  const billed = billFinalUsage(turn, subscription, turn.now(subscription.customer))
  return endSubscription(turn, billed, details)
}

/**
 * Bills what was used and not billed when a subscription ends. The buyer is not there, so a card that asks for
 * authentication declines; an invoice that stays unpaid stays open and is not tried again.
 */
function billFinalUsage(turn: Turn, subscription: Subscription, until: number): Subscription {
  const customer = turn.store.objects.find('customer', subscription.customer)
  const bill = customer && finalBill(turn, customer, subscription, until)
  if (!bill) return subscription
  const draft = draftInvoice(turn, bill)
  const invoice = finalizeInvoice(turn, draft, customer)
  const billed = saveSubscription(turn, subscription, { latest_invoice: invoice.id })
  if (invoice.amount_due === 0) {
    settlePaid(turn, invoice, null)
    return billed
  }
  const id = subscription.default_payment_method ?? defaultMethodOf(customer)
  const method = id === null ? undefined : turn.store.objects.find('payment_method', id)
  const intent = openPayment(turn, invoice, method?.id ?? null, 'Subscription update')
  if (method && subscription.collection_method === 'charge_automatically') {
    confirmIntent(turn, intent, method, { offSession: true, returnUrl: null, authenticated: false })
  }
  return turn.store.objects.find('subscription', billed.id) ?? billed
}

/** What is left to bill when a subscription ends at a moment; undefined when that is nothing. */
export function finalBill(turn: Turn, customer: Customer, subscription: Subscription, until: number): Bill | undefined {
  const arrears = stretchesOf(turn, subscription.items.data, until)
  const pending = pendingItems(turn, subscription)
  const used = arrears.some((stretch) => unbilledUsage(turn, customer.id, stretch) !== '0')
  if (!used && pending.length === 0) return undefined
  return { customer, subscription, reason: 'subscription_cycle', arrears, pending }
}
