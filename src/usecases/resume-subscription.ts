import { BillingError } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import type { ShownSubscription } from '../domain/shown-subscription.ts'
import { openWish } from '../domain/subscribing.ts'
import { liveSubscription } from '../domain/subscription.ts'
import { withClientSecret } from './change-plan.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueResume } from './pursue-resume.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface ResumeRequest extends Request {
  readonly paymentMethodId: string | null
}

/**
 * Withdraws a planned end or a planned change, and lets a paused subscription go on. Whether there is something of that,
 * Stripe is asked: it may have been planned in its portal a moment ago.
 * Refuses: `no_subscription`, `nothing_to_resume`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function resumeSubscription(ports: Selling, request: ResumeRequest): Promise<Answered<ShownSubscription>> {
  const { user, paymentMethodId } = request
  const unopened: WishOf<'resume'> = { kind: 'resume', subscriptionId: '', paymentMethodId }
  const intent = newIntent(ports, request, unopened, { paymentMethodId })
  return fulfil(ports, user, intent, {
    open: (account) =>
      openWish(account, intent, () => {
        const live = liveSubscription(account.subscriptions)
        if (live !== null) return { ...unopened, subscriptionId: live.id }
        throw new BillingError(
          'no_subscription',
          'There is no subscription to resume; one that has ended does not come back. POST /payments/create-subscription begins a new one.',
        )
      }),
    pursue: (opened) => pursueResume(ports, user, opened),
    revive: (answered) => withClientSecret(ports, answered),
  })
}
