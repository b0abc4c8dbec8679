import type { UserId } from '../domain/account.ts'
import { BillingError } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { liveSubscription } from '../domain/subscription.ts'
import { settleAttempt } from './pursue-change.ts'
import type { Selling, Settled } from './wishes.ts'

/** Withdraws what is planned, or lets it go on; refuses where there is nothing of that. */
export async function pursueResume(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'resume'>>,
): Promise<Settled<ShownSubscription>> {
  const attempt = await ports.gateway.resume(intent)
  return settleAttempt(ports, user, intent, attempt, ({ subscriptions }) =>
    liveSubscription(subscriptions) === null
      ? new BillingError(
          'no_subscription',
          'The subscription has ended. POST /payments/create-subscription begins a new one.',
        )
      : new BillingError(
          'nothing_to_resume',
          'The subscription goes on as it is: neither an end nor a change is planned, and it is not paused.',
        ),
  )
}
