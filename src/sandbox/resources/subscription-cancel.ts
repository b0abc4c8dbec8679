import { endSubscription, endWithUsage, terminal } from '../engine/subscription-end.ts'
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
  const end = sent.invoice_now === true ? endWithUsage : endSubscription
  return end(turn, subscription, details)
}
