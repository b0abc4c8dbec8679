import type { UserId } from '../domain/account.ts'
import { BillingError, invalidField } from '../domain/errors.ts'
import { type Intent, mustLookUp, type WishOf } from '../domain/intent.ts'
import type { Observation } from '../domain/observation.ts'
import { isoTime, isoTimeOrNull } from '../domain/period.ts'
import { incompleteSubscription, isEnded, isLive, type ObservedSubscription } from '../domain/subscription.ts'
import type { AttemptOutcome, SubscriptionAttempt } from '../ports/gateway.ts'
import { customerFor, declined, type Selling, type Settled, settle } from './wishes.ts'

export interface SubscribeAnswer {
  readonly subscription_id: string
  readonly plan_name: string
  readonly status: string
  readonly client_secret: string | null
  readonly current_period_start: string
  readonly current_period_end: string
  readonly trial_end: string | null
}

/** Makes or continues the subscription that was wished for; a declined card leaves nothing that could charge later. */
export async function pursueSubscribe(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'subscribe'>>,
): Promise<Settled<SubscribeAnswer>> {
  const isKnown = (await ports.ledger.account(user, {})).customerId !== null
  const customerId = await customerFor(ports, user, intent)
  // A page that was opened before could still be paid, and there would be two.
  const closing = isKnown ? await ports.gateway.expireCheckouts(customerId, intent) : []
  if (closing.some(isLiveNow)) return settle(ports, user, intent, closing, { refusal: refusalOf({ type: 'settled' }) })
  const { attempt, seen } = await attemptSubscription(ports, user, customerId, intent)
  const { subscription, outcome } = attempt
  if (subscription === null) return settle(ports, user, intent, seen, { refusal: refusalOf(outcome) })
  if (outcome.type === 'declined' || outcome.type === 'refused') {
    const abandoned = await ports.gateway.abandon(subscription.id, intent)
    return settle(ports, user, intent, [...seen, asObservation(abandoned)], { refusal: refusalOf(outcome) })
  }
  const result = answerOf(intent.wish.planName, subscription, attempt.clientSecret)
  const stored = { ...result, client_secret: null }
  return settle(ports, user, intent, [...seen, asObservation(subscription)], { status: 201, result, stored })
}

/** Whether a subscription was seen that is paid. */
export function isLiveNow(observation: Observation): boolean {
  return observation.type === 'subscription' && isLive(observation.subscription)
}

interface Attempted {
  readonly attempt: SubscriptionAttempt
  /** What else was seen on the way. */
  readonly seen: readonly Observation[]
}

/** Continues what is waiting for its first payment, if it is of the same price; replaces it if it is of another. */
async function attemptSubscription(
  ports: Selling,
  user: UserId,
  customerId: string,
  intent: Intent<WishOf<'subscribe'>>,
): Promise<Attempted> {
  const { gateway } = ports
  const made = mustLookUp(intent) ? await ports.observatory.madeBy(intent, customerId) : null
  if (made !== null) return { attempt: await gateway.resumeSubscribing(made, intent), seen: [] }

  const waiting = incompleteSubscription((await ports.ledger.account(user, {})).subscriptions)
  if (waiting === null) return { attempt: await gateway.subscribe(user, customerId, intent), seen: [] }

  if (waiting.priceId === intent.wish.priceId) {
    const attempt = await gateway.resumeSubscribing(waiting.id, intent)
    if (attempt.subscription === null || !isEnded(attempt.subscription)) return { attempt, seen: [] }
    return { attempt: await gateway.subscribe(user, customerId, intent), seen: [asObservation(attempt.subscription)] }
  }
  const abandoned = await gateway.abandon(waiting.id, intent)
  if (isLive(abandoned)) return { attempt: paidMeanwhile, seen: [asObservation(abandoned)] }
  return { attempt: await gateway.subscribe(user, customerId, intent), seen: [asObservation(abandoned)] }
}

/** The one to be replaced was paid in another window at the last moment: then that one is the subscription. */
const paidMeanwhile: SubscriptionAttempt = {
  subscription: null,
  outcome: { type: 'settled' },
  clientSecret: null,
}

function refusalOf(outcome: AttemptOutcome): BillingError {
  if (outcome.type === 'declined') return declined(outcome.message)
  if (outcome.type === 'refused') return invalidField(outcome.path, outcome.message, outcome.reason)
  return new BillingError(
    'subscription_exists',
    'Another subscription was paid in the meantime. GET /payments/subscription-status shows it.',
  )
}

function answerOf(planName: string, subscription: ObservedSubscription, clientSecret: string | null): SubscribeAnswer {
  return {
    subscription_id: subscription.id,
    plan_name: planName,
    status: subscription.status,
    client_secret: clientSecret,
    current_period_start: isoTime(subscription.currentPeriodStart),
    current_period_end: isoTime(subscription.currentPeriodEnd),
    trial_end: isoTimeOrNull(subscription.trialEnd),
  }
}

function asObservation(subscription: ObservedSubscription): Observation {
  return { type: 'subscription', subscription }
}
