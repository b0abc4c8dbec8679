import { announce } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { saveSubscription } from './subscription-store.ts'

type PauseReason = NonNullable<Subscription['status_details']>['paused']['subscription']['type']

/** Stops a subscription: no period runs and nothing is billed until it is resumed. */
export function pauseSubscription(
  turn: Turn,
  subscription: Subscription,
  reason: PauseReason,
  patch: Partial<Subscription> = {},
): Subscription {
  const now = turn.now(subscription.customer)
  const paused: Partial<Subscription> = {
    ...patch,
    status: 'paused',
    status_details: { paused: { subscription: { type: reason }, transitioned_at: now, type: 'subscription' } },
  }
  const after = saveSubscription(turn, subscription, paused, 'customer.subscription.updated')
  announce(turn, 'customer.subscription.paused', after)
  return after
}

/** A trial that ends without a card, when its settings say so. */
export const pauseAfterTrial = (turn: Turn, subscription: Subscription) =>
  pauseSubscription(turn, subscription, 'trial_end_without_payment_method')
