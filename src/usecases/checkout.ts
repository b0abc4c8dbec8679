import type { Answered } from '../domain/idempotency.ts'
import type { WishOf } from '../domain/intent.ts'
import { checkReturnUrl } from '../domain/return-url.ts'
import { openCheckout, subscribeWish } from '../domain/subscribing.ts'
import { allowanceOf, claimsOf } from '../domain/trial.ts'
import type { Ports } from '../ports.ts'
import { fulfil } from './fulfil-wish.ts'
import { type CheckoutAnswer, pursueCheckout } from './pursue-checkout.ts'
import { usableFor } from './subscribe.ts'
import { newIntent, type Request, type Selling } from './wishes.ts'

export interface CheckoutRequest extends Request {
  readonly planName: string
  readonly priceId: string | null
  readonly promotionCode: string | null
  readonly trial: boolean
  readonly successUrl: string
  readonly cancelUrl: string
}

/**
 * Opens Stripe's hosted page for subscribing to a plan; what is paid there is seen like any other subscription. Pages that
 * were opened before are closed, and of two that were paid all the same one stays and the other is given back.
 * Refuses: `validation_failed`, `price_mismatch`, `subscription_exists`, `trial_used`, `promotion_code_invalid`,
 * `in_progress`, `stripe_unavailable`.
 */
export async function createCheckoutSession(
  ports: Selling & Pick<Ports, 'returnRules'>,
  request: CheckoutRequest,
): Promise<Answered<CheckoutAnswer>> {
  const { user, person, planName, priceId, promotionCode, trial, successUrl, cancelUrl } = request
  checkReturnUrl(ports.returnRules, '/success_url', successUrl)
  checkReturnUrl(ports.returnRules, '/cancel_url', cancelUrl)
  const blank = { planName, priceId: '', meteredPriceIds: [], trial: null, trialAllowed: false, promotionCodeId: null }
  const wish: WishOf<'checkout'> = { kind: 'checkout', ...blank, successUrl, cancelUrl }
  const asked = { planName, priceId, promotionCode, trial, successUrl, cancelUrl }
  const intent = newIntent(ports, request, wish, asked)
  return fulfil(ports, user, intent, {
    prepare: async () => {
      const promotionCodeId = promotionCode === null ? null : await usableFor(ports, request, promotionCode)
      const priceIds = ports.priceIds()
      const claims = claimsOf({ user, email: person.email, cardFingerprint: null })
      return {
        needs: { trialClaims: [...claims, allowanceOf(user)] },
        open: (account) =>
          openCheckout<CheckoutAnswer>(account, intent, () => {
            // The card is given on the page: a trial that needs one gets it there.
            const priced = { planName, priceId, paymentMethodId: 'on the page', trial }
            return subscribeWish(ports.catalogue, priceIds, priced, promotionCodeId)
          }),
      }
    },
    pursue: (opened) => pursueCheckout(ports, user, opened),
    revive: async (answered) => {
      const url = await ports.observatory.checkoutUrl(answered.result.checkout_session_id)
      return { ...answered, result: { ...answered.result, url } }
    },
  })
}
