import type { UserId } from '../domain/account.ts'
import { BillingError } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import type { Observation } from '../domain/observation.ts'
import { type Instant, isoTime, isoTimeOrNull } from '../domain/period.ts'
import { isEnded, type ObservedSubscription, type Subscription } from '../domain/subscription.ts'
import { reportUsageBefore } from './report-usage.ts'
import { type Selling, type Settled, settle } from './wishes.ts'

export interface CancelAnswer {
  readonly subscription_id: string
  readonly plan_name: string | null
  readonly status: string
  readonly cancel_at: string | null
  readonly ended_at: string | null
  readonly current_period_start: string
  readonly current_period_end: string
  readonly trial_end: string | null
}

/** Cancels at Stripe and keeps what Stripe then shows. */
export async function pursueCancel(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'cancel'>>,
): Promise<Settled<CancelAnswer>> {
  if (!intent.wish.atPeriodEnd) await reportUsageBefore(ports, user)
  const subscription = await ports.gateway.cancel(intent)
  const { subscriptions } = await ports.ledger.account(user, {})
  if (subscription === null) {
    const refusal = new BillingError('no_subscription', 'Stripe no longer knows the subscription; it has ended.')
    return settle(ports, user, intent, goneAt(ports.clock.now(), subscriptions, intent.wish.subscriptionId), {
      refusal,
    })
  }
  const planName = subscriptions.find((known) => known.id === subscription.id)?.planName ?? null
  const result = answerOf(planName, subscription)
  const seen = [{ type: 'subscription', subscription } as const]
  return settle(ports, user, intent, seen, { status: 200, result, stored: result })
}

/** What Stripe does not know any more has ended. */
function goneAt(now: Instant, subscriptions: readonly Subscription[], id: string): readonly Observation[] {
  return subscriptions
    .filter((known) => known.id === id && !isEnded(known))
    .map((known) => ({ type: 'subscription', subscription: { ...known, status: 'canceled', endedAt: now } }))
}

function answerOf(planName: string | null, subscription: ObservedSubscription): CancelAnswer {
  return {
    subscription_id: subscription.id,
    plan_name: planName,
    status: subscription.status,
    cancel_at: isoTimeOrNull(subscription.cancelAt),
    ended_at: isoTimeOrNull(subscription.endedAt),
    current_period_start: isoTime(subscription.currentPeriodStart),
    current_period_end: isoTime(subscription.currentPeriodEnd),
    trial_end: isoTimeOrNull(subscription.trialEnd),
  }
}
