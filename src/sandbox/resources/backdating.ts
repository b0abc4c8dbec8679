import { pricingOf, productName } from '../engine/lines.ts'
import { share } from '../engine/money.ts'
import { newItem, storeItems } from '../engine/pending-items.ts'
import { intervalOf, type Period, stepsFromAnchor } from '../engine/periods.ts'
import { totalOf } from '../engine/pricing.ts'
import { dateText } from '../engine/proration.ts'
import { invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { InvoiceItem, Subscription, SubscriptionItem } from '../wire.ts'

/** When a subscription says that it began. */
export function startOf(backdated: number | undefined, now: number): number {
  if (backdated !== undefined && backdated > now) {
    throw invalid('backdate_start_date must be in the past.', 'backdate_start_date')
  }
  return backdated ?? now
}

/** What has passed since the day a subscription is backdated to is billed on its first invoice. */
export function billBackdated(turn: Turn, subscription: Subscription): void {
  const { start_date: start, created: end, status } = subscription
  if (start >= end || status === 'trialing') return
  const licensed = subscription.items.data.filter(({ price }) => price.recurring?.usage_type !== 'metered')
  storeItems(
    turn,
    licensed.map((item) => passedItem(turn, subscription, item, { start, end })),
  )
}

function passedItem(turn: Turn, subscription: Subscription, item: SubscriptionItem, period: Period): InvoiceItem {
  const quantity = item.quantity ?? 1
  const amount = passedAmount(totalOf(turn, item.price, String(quantity)), item, period)
  return newItem(turn, {
    amount,
    currency: subscription.currency,
    customer: subscription.customer,
    description: `Remaining time on ${productName(turn, item.price)} after ${dateText(period.start)}`,
    discountable: false,
    metadata: subscription.metadata,
    parent: {
      subscription_details: { subscription: subscription.id, subscription_item: item.id },
      type: 'subscription_details',
    },
    period: { ...period },
    pricing: pricingOf(item.price),
    proration: true,
    quantity,
    quantity_decimal: String(quantity),
  })
}

/** Counted back from now: whole intervals in full, and of the first one its part. */
function passedAmount(whole: string, item: SubscriptionItem, { start, end }: Period): number {
  let total = 0
  for (let steps = 0; ; steps -= 1) {
    const until = stepsFromAnchor(end, intervalOf(item.price), steps)
    if (until <= start) return total
    const from = stepsFromAnchor(end, intervalOf(item.price), steps - 1)
    total += share(whole, until - Math.max(from, start), until - from)
  }
}
