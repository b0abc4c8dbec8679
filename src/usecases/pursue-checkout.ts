import type { UserId } from '../domain/account.ts'
import { BillingError, invalidField } from '../domain/errors.ts'
import { type Intent, mustLookUp, type WishOf } from '../domain/intent.ts'
import { isoTime } from '../domain/period.ts'
import { isLiveNow } from './pursue-subscribe.ts'
import { customerFor, type Selling, type Settled, settle } from './wishes.ts'

export interface CheckoutAnswer {
  readonly checkout_session_id: string
  /** Null once it is over. */
  readonly url: string | null
  readonly expires_at: string
}

/** Closes the pages that were opened before and opens this one. */
export async function pursueCheckout(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'checkout'>>,
): Promise<Settled<CheckoutAnswer>> {
  const customerId = await customerFor(ports, user, intent)
  const seen = await ports.gateway.expireCheckouts(customerId, intent)
  if (seen.some(isLiveNow)) {
    const refusal = new BillingError('subscription_exists', 'An earlier checkout was paid in the meantime.')
    return settle(ports, user, intent, seen, { refusal })
  }
  const made = mustLookUp(intent) ? await ports.observatory.madeBy(intent, customerId) : null
  const { checkout, refusal } = await ports.gateway.openCheckout(user, customerId, intent, made)
  if (checkout === null) {
    const error = invalidField(refusal?.path ?? '', refusal?.message ?? 'Stripe would not open the page.')
    return settle(ports, user, intent, seen, { refusal: error })
  }
  const { id, url, expiresAt } = checkout
  const result: CheckoutAnswer = { checkout_session_id: id, url, expires_at: isoTime(expiresAt) }
  return settle(ports, user, intent, seen, { status: 201, result, stored: { ...result, url: null } })
}
