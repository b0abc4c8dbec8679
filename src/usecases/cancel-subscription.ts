import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openCancel } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { type CancelAnswer, pursueCancel } from './pursue-cancel.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface CancelRequest extends Request {
  readonly atPeriodEnd: boolean
  /** One of Stripe's eight words for why, or null. */
  readonly reason: string | null
  /** The customer's own words, or null. */
  readonly feedback: string | null
}

/**
 * Cancels the user's subscription, at the end of the paid period or at once; doing it twice is the same as once.
 * Refuses: `no_subscription`, `in_progress`, `stripe_unavailable`.
 */
export async function cancelSubscription(ports: Selling, request: CancelRequest): Promise<Answered<CancelAnswer>> {
  const { user, atPeriodEnd, reason, feedback } = request
  const asked = { atPeriodEnd, reason, feedback }
  const wish: WishOf<'cancel'> = { kind: 'cancel', subscriptionId: '', ...asked }
  const intent = newIntent(ports, request, wish, asked)
  return fulfil(ports, user, intent, {
    open: (account) => openCancel<CancelAnswer>(account, intent),
    pursue: (opened) => pursueCancel(ports, user, opened),
    revive: async (answered) => answered,
  })
}
