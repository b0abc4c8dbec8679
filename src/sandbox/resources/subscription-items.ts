import { inCurrency } from '../engine/currency-options.ts'
import { intervalOf, type Period, periodAt } from '../engine/periods.ts'
import { redeem } from '../engine/redemption.ts'
import { need } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { freshId } from '../identifiers.ts'
import { referenced, type Turn } from '../turn.ts'
import type { Customer, Price, Subscription, SubscriptionItem } from '../wire.ts'
import { mergeMetadata } from './patches.ts'
import { planOf } from './plans.ts'
import { createPrice } from './prices.ts'
import type { SentItem } from './subscription-parameters.ts'
import { usageThreshold } from './subscription-thresholds.ts'
import { namedRates } from './tax-rates.ts'

/** What an item is added to. */
export interface ItemPlace {
  readonly customer: Customer
  readonly subscription: string
  readonly created: number
  /** The currency to buy in, of those that a price has. */
  readonly currency: string | null
  readonly periodOf: (price: Price) => Period
}

export function draftItem(turn: Turn, sent: SentItem, name: string, place: ItemPlace): SubscriptionItem {
  const price = priceOf(turn, sent, name, place.currency)
  const metered = price.recurring?.usage_type === 'metered'
  if (metered && sent.quantity !== undefined) {
    throw invalid('You cannot set the quantity of a metered price.', `${name}[quantity]`)
  }
  const quantity = sent.quantity ?? 1
  if (quantity < 0) throw invalid('This value must be greater than or equal to 0.', `${name}[quantity]`)
  const period = place.periodOf(price)
  const id = freshId('si')
  const target = { customer: place.customer, subscription: place.subscription, subscriptionItem: id }
  return {
    id,
    object: 'subscription_item',
    billing_thresholds: usageThreshold(sent, price, name),
    created: place.created,
    current_period_end: period.end,
    current_period_start: period.start,
    current_trial: null,
    discounts: redeem(turn, sent.discounts ?? [], target, `${name}[discounts]`),
    metadata: mergeMetadata({}, sent.metadata),
    plan: planOf(price),
    price,
    subscription: place.subscription,
    tax_rates: namedRates(turn, sent.tax_rates ?? null, `${name}[tax_rates]`),
    ...(metered ? {} : { quantity }),
  }
}

/** The price an item names, or one made for it alone. */
function priceOf(turn: Turn, sent: SentItem, name: string, currency: string | null): Price {
  const price = sent.price_data
    ? createPrice(turn, sent.price_data)
    : referenced(turn, 'price', need(sent.price, `${name}[price]`), `${name}[price]`)
  requireRecurring(price, name)
  return inCurrency(turn, price, currency)
}

function requireRecurring(price: Price, name: string): void {
  if (!price.recurring) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      `${name}[price]`,
    )
  }
  if (!price.active) {
    throw invalid('The price specified is inactive. This field only accepts active prices.', `${name}[price]`)
  }
}

/** The items of a subscription after a wish: those with an id are changed or removed, the others are added. */
export function changedItems(
  turn: Turn,
  before: Subscription,
  sent: readonly SentItem[],
  place: ItemPlace,
): SubscriptionItem[] {
  let items = before.items.data
  for (const [index, item] of sent.entries()) {
    items = withItem(turn, before, items, item, `items[${index}]`, place)
  }
  if (items.length === 0) throw invalid('A subscription must have at least one active item.', 'items')
  requireFitting(before, items)
  return items
}

function withItem(
  turn: Turn,
  before: Subscription,
  items: SubscriptionItem[],
  sent: SentItem,
  name: string,
  place: ItemPlace,
): SubscriptionItem[] {
  if (sent.id === undefined) return [...items, draftItem(turn, sent, name, place)]
  const former = items.find(({ id }) => id === sent.id)
  if (!former) throw invalid(`No such subscription item: '${sent.id}'`, `${name}[id]`, 'resource_missing')
  if (sent.deleted) return items.filter(({ id }) => id !== sent.id)
  return items.map((item) => (item.id === sent.id ? changedItem(turn, before, former, sent, name, place) : item))
}

function changedItem(
  turn: Turn,
  before: Subscription,
  former: SubscriptionItem,
  sent: SentItem,
  name: string,
  place: ItemPlace,
): SubscriptionItem {
  const named = sent.price !== undefined || sent.price_data !== undefined
  const price = named ? priceOf(turn, sent, name, place.currency) : former.price
  const sameInterval = Bun.deepEquals(intervalOf(price), intervalOf(former.price))
  const period = sameInterval ? undefined : place.periodOf(price)
  // A new price without a quantity starts again at one (a Stripe rule that surprises).
  const quantity = sent.quantity ?? (price.id === former.price.id ? former.quantity : 1)
  if (quantity !== undefined && quantity < 0) {
    throw invalid('This value must be greater than or equal to 0.', `${name}[quantity]`)
  }
  const metered = price.recurring?.usage_type === 'metered'
  const { quantity: _former, ...rest } = former
  const target = { customer: place.customer, subscription: before.id, subscriptionItem: former.id }
  return {
    ...rest,
    ...(period ? { current_period_start: period.start, current_period_end: period.end } : {}),
    ...(sent.discounts === undefined
      ? {}
      : { discounts: redeem(turn, sent.discounts ?? [], target, `${name}[discounts]`) }),
    metadata: mergeMetadata(former.metadata, sent.metadata),
    ...(sent.billing_thresholds === undefined ? {} : { billing_thresholds: usageThreshold(sent, price, name) }),
    ...(sent.tax_rates === undefined ? {} : { tax_rates: namedRates(turn, sent.tax_rates, `${name}[tax_rates]`) }),
    plan: planOf(price),
    price,
    ...(metered || quantity === undefined ? {} : { quantity }),
  }
}

function requireFitting(before: Subscription, items: readonly SubscriptionItem[]): void {
  for (const [index, item] of items.entries()) {
    const twin = items.slice(0, index).find(({ price }) => price.id === item.price.id)
    if (twin) {
      throw invalid(
        `Cannot add multiple subscription items with the same price: ${item.price.id}; an existing Subscription Item ${twin.id} is already using that Price.`,
        'items',
      )
    }
  }
  if (items.some((item) => item.price.currency !== before.currency)) {
    throw invalid('All prices on a subscription must be in the same currency.', 'items')
  }
  if (before.billing_mode.type === 'classic') requireOneInterval(items)
}

/** Classic billing knows one cycle for a whole subscription. */
export function requireOneInterval(items: readonly SubscriptionItem[]): void {
  const intervals = new Set(items.map((item) => JSON.stringify(intervalOf(item.price))))
  if (intervals.size > 1) {
    throw invalid('All prices on a subscription with billing_mode=classic must have the same interval.', 'items')
  }
}

/** The period in which an item joins a subscription that runs already. */
export function currentPeriod(subscription: Subscription, now: number): (price: Price) => Period {
  return (price) => {
    if (subscription.status === 'trialing' && subscription.trial_end !== null) {
      return { start: subscription.trial_start ?? now, end: subscription.trial_end }
    }
    return periodAt(subscription.billing_cycle_anchor, intervalOf(price), now)
  }
}
