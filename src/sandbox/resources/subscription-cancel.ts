import { endWithUsage } from '../engine/final-usage.ts'
import { remember } from '../engine/memory.ts'
import { storeItems } from '../engine/pending-items.ts'
import { prorate } from '../engine/proration.ts'
import { endSubscription, terminal } from '../engine/subscription-end.ts'
import { noSuch } from '../http/failure.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { sentOnly } from './patches.ts'
import type { Cancellation } from './subscription-parameters.ts'

/** Ends it now. Stripe answers with the whole subscription, not with a `deleted` stub. */
export function cancelSubscription(turn: Turn, sent: Cancellation, id: string): Subscription {
  const subscription = retrieve(turn, 'subscription', id)
  if (terminal(subscription)) throw noSuch('subscription', id, 'id', 404)
  const details = { ...sentOnly(sent.cancellation_details ?? {}), reason: 'cancellation_requested' } as const
  if (sent.prorate === true) creditUnused(turn, subscription)
  const end = sent.invoice_now === true ? endWithUsage : endSubscription
  return end(turn, subscription, details)
}

/** Credits the time that will not be used; the credit is pending until an invoice takes it in. */
export function creditUnused(turn: Turn, subscription: Subscription): void {
  const customer = turn.store.objects.find('customer', subscription.customer)
  if (!customer) return
  const after = { ...subscription, items: { ...subscription.items, data: [] } }
  const at = turn.now(customer.id)
  const { items, billed } = prorate(turn, { customer, before: subscription, after, at, restarted: () => false })
  storeItems(turn, items)
  for (const [item, basis] of billed) remember(turn, 'billed', item, basis)
}
