import type { Stripe } from 'stripe'
import type { WishOf } from '../../domain/intent.ts'
import { isLicensed } from './translate/subscription.ts'

/**
 * What a change at once is made of. The preview asks Stripe with these very parameters, and the change is made with them:
 * that is why both come to the same amount.
 */
export function changeParameters(
  subscription: Stripe.Subscription,
  wish: Pick<WishOf<'change'>, 'priceId' | 'meteredPriceIds' | 'prorationDate' | 'restarts'>,
) {
  const items = changedItems(subscription.items.data, wish.priceId, wish.meteredPriceIds)
  // During a trial nothing was paid, so that there is nothing to give back or to charge.
  if (subscription.status === 'trialing') return { items, proration_behavior: 'none' as const }
  return {
    items,
    proration_behavior: 'always_invoice' as const,
    proration_date: wish.prorationDate / 1_000,
    ...(wish.restarts ? { billing_cycle_anchor: { type: 'now' as const } } : {}),
  }
}

/**
 * The item of the plan keeps its id and gets another price: without the id Stripe would add a second one and charge both.
 * Metered items of the old plan leave, which bills what was used under them, and those of the new one come.
 */
function changedItems(
  present: readonly Stripe.SubscriptionItem[],
  priceId: string,
  meteredPriceIds: readonly string[],
) {
  const [base, ...others] = present.filter(isLicensed)
  const metered = present.filter((item) => !isLicensed(item))
  const leaving = [...others, ...metered.filter(({ price }) => !meteredPriceIds.includes(price.id))]
  const coming = meteredPriceIds.filter((wanted) => !metered.some(({ price }) => price.id === wanted))
  return [
    base === undefined ? { price: priceId } : { id: base.id, price: priceId },
    ...leaving.map(({ id }) => ({ id, deleted: true })),
    ...coming.map((price) => ({ price })),
  ]
}

/** A code takes the place of the discounts before it; without one they stay. */
export function discountsWith(promotionCodeId: string | null) {
  return promotionCodeId === null ? {} : { discounts: [{ promotion_code: promotionCodeId }] }
}
