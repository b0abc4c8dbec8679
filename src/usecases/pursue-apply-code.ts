import type { UserId } from '../domain/account.ts'
import { type ShownDiscount, shownDiscounts } from '../domain/discount.ts'
import { BillingError } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { type Selling, type Settled, settle } from './wishes.ts'

export interface DiscountAnswer {
  readonly subscription_id: string
  readonly plan_name: string | null
  readonly status: string
  readonly discount: ShownDiscount | null
}

/** Puts the code on the subscription at Stripe and keeps what Stripe then shows. */
export async function pursueApplyCode(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'apply-code'>>,
): Promise<Settled<DiscountAnswer>> {
  const { subscription, refusal } = await ports.gateway.applyCode(intent)
  const seen = subscription ? [{ type: 'subscription', subscription } as const] : []
  if (refusal !== null) {
    const { message } = refusal
    const error = new BillingError('promotion_code_invalid', message, { fields: [{ path: '/code', message }] })
    return settle(ports, user, intent, seen, { refusal: error })
  }
  if (subscription === null) {
    const gone = new BillingError('no_subscription', 'Stripe no longer knows the subscription; it has ended.')
    return settle(ports, user, intent, seen, { refusal: gone })
  }
  const { subscriptions } = await ports.ledger.account(user, {})
  const result: DiscountAnswer = {
    subscription_id: subscription.id,
    plan_name: subscriptions.find(({ id }) => id === subscription.id)?.planName ?? null,
    status: subscription.status,
    discount: shownDiscounts(subscription)[0] ?? null,
  }
  return settle(ports, user, intent, seen, { status: 200, result, stored: result })
}
