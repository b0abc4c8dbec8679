import type { Account, Decision } from './account.ts'
import { type Catalogue, findPrice, type PriceIds } from './catalogue.ts'
import { hasCode } from './discount.ts'
import { BillingError } from './errors.ts'
import type { Intent, WishOf } from './intent.ts'
import type { PlanPrice } from './plan.ts'
import { type PromotionCode, type Purchase, usableCode } from './promotion-code.ts'
import { type Opened, openWish, subscribeWish } from './subscribing.ts'
import { liveSubscription } from './subscription.ts'

/** A price of the catalogue by its Stripe id: a plan's, or any. Null when none is meant, or it is not of the catalogue. */
export function priceInQuestion(
  catalogue: Catalogue,
  priceIds: PriceIds,
  planName: string | null,
  priceId: string | null,
): (PlanPrice & { readonly id: string }) | null {
  const id =
    planName === null
      ? priceId
      : subscribeWish(catalogue, priceIds, { planName, priceId, paymentMethodId: null }).priceId
  const price = id === null ? null : findPrice(catalogue, priceIds, id)
  return id === null || price === null ? null : { ...price, id }
}

/** Opens the wish for a discount on the live subscription. A code that is on it already is not redeemed again. */
export function openApplyCode<R>(
  account: Account,
  intent: Intent<WishOf<'apply-code'>>,
  promotion: PromotionCode | null,
  purchase: Purchase,
): Decision<Opened<WishOf<'apply-code'>, R>> {
  return openWish(account, intent, () => {
    const subscription = liveSubscription(account.subscriptions)
    if (subscription === null)
      throw new BillingError(
        'no_subscription',
        'There is no subscription to put the code on. Send it as promotion_code with create-subscription.',
      )
    const isOn = promotion !== null && hasCode(subscription, promotion.id)
    const { id } = isOn ? promotion : usableCode(promotion, purchase, '/code')
    return { ...intent.wish, subscriptionId: subscription.id, promotionCodeId: id }
  })
}
