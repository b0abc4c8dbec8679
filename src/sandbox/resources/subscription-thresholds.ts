import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import type { Price, Subscription, SubscriptionItem } from '../wire.ts'
import type { SentItem, Update } from './subscription-parameters.ts'

/** The amount at which a subscription is invoiced early: more than it costs anyway, and at least 50 minor units. */
export function thresholdsOf(
  { billing_thresholds: sent }: Pick<Update, 'billing_thresholds'>,
  items: readonly SubscriptionItem[],
): Subscription['billing_thresholds'] {
  if (!sent) return null
  const amount = need(sent.amount_gte, 'billing_thresholds[amount_gte]')
  if (amount < 50 || amount <= licensedAmount(items)) {
    throw invalid(
      'The amount threshold must be at least 50 and greater than the sum of all licensed prices of the subscription.',
      'billing_thresholds[amount_gte]',
    )
  }
  return { amount_gte: amount, reset_billing_cycle_anchor: sent.reset_billing_cycle_anchor ?? false }
}

/** What a period costs whatever is used. */
export const licensedAmount = (items: readonly SubscriptionItem[]) =>
  items.reduce((sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * (quantity ?? 0), 0)

/** The quantity at which one item is. */
export function usageThreshold(
  { billing_thresholds: sent }: Pick<SentItem, 'billing_thresholds'>,
  price: Price,
  name: string,
): SubscriptionItem['billing_thresholds'] {
  if (!sent) return null
  const usage = need(sent.usage_gte, `${name}[billing_thresholds][usage_gte]`)
  if (price.recurring?.usage_type !== 'metered' || usage < 1) {
    throw invalid(
      'A usage threshold must be positive, and can be set on items with a metered price only.',
      `${name}[billing_thresholds][usage_gte]`,
    )
  }
  return { usage_gte: usage }
}
