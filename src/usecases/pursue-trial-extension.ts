import type { UserId } from '../domain/account.ts'
import { BillingError } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { isoTimeOrNull } from '../domain/period.ts'
import { type Selling, type Settled, settle } from './wishes.ts'

export interface TrialAnswer {
  readonly subscription_id: string
  readonly status: string
  readonly trial_end: string | null
}

/** Moves the end of the trial at Stripe and keeps what Stripe then shows. */
export async function pursueTrialExtension(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'extend-trial'>>,
): Promise<Settled<TrialAnswer>> {
  const subscription = await ports.gateway.extendTrial(intent)
  if (subscription === null) {
    const refusal = new BillingError('no_subscription', 'Stripe no longer knows the subscription; it has ended.')
    return settle(ports, user, intent, [], { refusal })
  }
  const seen = [{ type: 'subscription', subscription } as const]
  if (subscription.status !== 'trialing') {
    const refusal = new BillingError('not_trialing', 'The trial ended before it could be extended.')
    return settle(ports, user, intent, seen, { refusal })
  }
  const { id, status, trialEnd } = subscription
  const result: TrialAnswer = { subscription_id: id, status, trial_end: isoTimeOrNull(trialEnd) }
  return settle(ports, user, intent, seen, { status: 200, result, stored: result })
}
