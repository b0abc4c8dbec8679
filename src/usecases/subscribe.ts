import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { openSubscribe, subscribeWish } from '../domain/subscribing.ts'
import { fulfil } from './fulfil-wish.ts'
import { pursueSubscribe, type SubscribeAnswer } from './pursue-subscribe.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface SubscribeRequest extends Request {
  readonly planName: string
  readonly priceId: string | null
  readonly paymentMethodId: string | null
}

/**
 * Sells a plan. However often it is clicked, raced or retried, one customer and one live subscription come of it:
 * the wish is saved before Stripe is called, and wishes of one user are pursued one after the other.
 * Refuses: `price_mismatch`, `subscription_exists`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function subscribe(ports: Selling, request: SubscribeRequest): Promise<Answered<SubscribeAnswer>> {
  const { user, planName, priceId, paymentMethodId } = request
  const unpriced: WishOf<'subscribe'> = {
    kind: 'subscribe',
    planName,
    priceId: '',
    meteredPriceIds: [],
    paymentMethodId,
  }
  const intent = newIntent(ports, request, unpriced, { planName, priceId, paymentMethodId })
  const priceIds = ports.priceIds()
  return fulfil(ports, user, intent, {
    open: (account) =>
      openSubscribe<SubscribeAnswer>(account, intent, () => subscribeWish(ports.catalogue, priceIds, request)),
    pursue: (opened) => pursueSubscribe(ports, user, opened),
    revive: async (answered) => {
      const clientSecret = await ports.observatory.clientSecret(answered.result.subscription_id)
      return { ...answered, result: { ...answered.result, client_secret: clientSecret } }
    },
  })
}
