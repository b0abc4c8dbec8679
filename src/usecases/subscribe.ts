import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { usableCode } from '../domain/promotion-code.ts'
import { openSubscribe, subscribeWish } from '../domain/subscribing.ts'
import { allowanceOf, claimsOf } from '../domain/trial.ts'
import { fulfil } from './fulfil-wish.ts'
import { judged } from './promotion-codes.ts'
import { pursueSubscribe, type SubscribeAnswer } from './pursue-subscribe.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface SubscribeRequest extends Request {
  readonly planName: string
  readonly priceId: string | null
  readonly paymentMethodId: string | null
  readonly promotionCode?: string | null
  /** Whether it is to begin with the plan's free trial. Default: false. */
  readonly trial?: boolean
}

/**
 * Sells a plan. However often it is clicked, raced or retried, one customer and one live subscription come of it:
 * the wish is saved before Stripe is called, and wishes of one user are pursued one after the other.
 * Refuses: `price_mismatch`, `subscription_exists`, `trial_used`, `promotion_code_invalid`,
 * `payment_method_required`, `card_declined`, `in_progress`, `stripe_unavailable`.
 */
export async function subscribe(ports: Selling, request: SubscribeRequest): Promise<Answered<SubscribeAnswer>> {
  const { user, planName, priceId, paymentMethodId, trial = false, promotionCode = null } = request
  const unpriced: WishOf<'subscribe'> = {
    kind: 'subscribe',
    planName,
    priceId: '',
    meteredPriceIds: [],
    paymentMethodId,
    trial: null,
    promotionCodeId: null,
  }
  const more = { ...(trial ? { trial } : {}), ...(promotionCode === null ? {} : { promotionCode }) }
  const intent = newIntent(ports, request, unpriced, {
    planName,
    priceId,
    paymentMethodId,
    ...more,
  })
  const priceIds = ports.priceIds()
  return fulfil(ports, user, intent, {
    prepare: async () => {
      const claims = trial ? await claimsFor(ports, request) : []
      const promotionCodeId = promotionCode === null ? null : await usableFor(ports, request, promotionCode)
      return {
        needs: { trialClaims: [...claims, allowanceOf(user)] },
        open: (account) =>
          openSubscribe<SubscribeAnswer>(account, intent, claims, () =>
            subscribeWish(ports.catalogue, priceIds, request, promotionCodeId),
          ),
      }
    },
    pursue: (opened) => pursueSubscribe(ports, user, opened),
    revive: async (answered) => {
      const clientSecret = await ports.observatory.clientSecret(answered.result.subscription_id)
      return { ...answered, result: { ...answered.result, client_secret: clientSecret } }
    },
  })
}

/** By what the person who asks for a trial would be known again. */
async function claimsFor(ports: Selling, { user, person, paymentMethodId }: SubscribeRequest) {
  const cardFingerprint = paymentMethodId === null ? null : await ports.observatory.cardFingerprint(paymentMethodId)
  return claimsOf({ user, email: person.email, cardFingerprint })
}

/** The id of a code that may be used, looked up before anything is made at Stripe. */
export async function usableFor(
  ports: Selling,
  { user, planName, priceId }: Pick<SubscribeRequest, 'user' | 'planName' | 'priceId'>,
  code: string,
): Promise<string> {
  const account = await ports.ledger.account(user, {})
  const { promotion, purchase } = await judged(ports, account, { user, code, planName, priceId })
  return usableCode(promotion, purchase).id
}
