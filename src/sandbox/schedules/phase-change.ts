import { inCurrency } from '../engine/currency-options.ts'
import { intervalOf, periodAt } from '../engine/periods.ts'
import { redeem } from '../engine/redemption.ts'
import type { Change } from '../engine/subscription-change.ts'
import { freshId } from '../identifiers.ts'
import { planOf } from '../resources/plans.ts'
import { draftSubscription } from '../resources/subscription-draft.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Price, Schedule, Subscription, SubscriptionItem } from '../wire.ts'
import type { Phase } from './phases.ts'
import { termsIn } from './settings.ts'

/** The subscription with which a schedule begins, not yet billed. */
export function phaseDraft(turn: Turn, customer: Customer, schedule: Schedule, phase: Phase): Subscription {
  const items = phase.items.map(({ price, quantity, metadata, discounts, tax_rates: rates }) => ({
    price,
    quantity,
    metadata,
    discounts: discounts.map(sentDiscount),
    tax_rates: ratesSent(rates),
  }))
  const trial = phase.trial_end === null ? {} : { trial_end: phase.trial_end }
  const discounts = phase.discounts.map(sentDiscount)
  const { type } = schedule.billing_mode
  const billing_mode = { type: type === 'classic' ? ('classic' as const) : ('flexible' as const) }
  const draft = draftSubscription(turn, { items, discounts, billing_mode, ...trial }, customer)
  return { ...draft, ...termsIn(phase, schedule) }
}

/** What a phase changes about a subscription when it begins. */
export function phaseChange(
  turn: Turn,
  customer: Customer,
  schedule: Schedule,
  before: Subscription,
  phase: Phase,
): Change {
  const now = turn.now(customer.id)
  const restarts = (phase.billing_cycle_anchor ?? schedule.default_settings.billing_cycle_anchor) === 'phase_start'
  const data = phase.items.flatMap((wish, index) => {
    const price = turn.store.objects.find('price', wish.price)
    if (!price) return []
    const former = before.items.data[index]
    const item = itemFor(before, inCurrency(turn, price, before.currency), wish.quantity, former, restarts, now)
    return [withTerms(turn, customer, item, wish)]
  })
  const kept = before.discounts.filter((id) => phase.discounts.some(({ discount }) => discount === id))
  const fresh = phase.discounts.filter(({ discount }) => discount === null)
  const trial = phase.trial_end !== null && phase.trial_end > now ? trialUntil(before, phase.trial_end, now) : {}
  const after: Subscription = {
    ...before,
    ...(restarts ? { billing_cycle_anchor: now } : {}),
    ...termsIn(phase, schedule),
    discounts: [...kept, ...redeem(turn, fresh.map(sentDiscount), { customer, subscription: before.id })],
    items: { ...before.items, data },
    metadata: { ...before.metadata, ...phase.metadata },
    ...trial,
  }
  const prorations =
    phase.proration_behavior === 'none' || phase.proration_behavior === 'always_invoice'
      ? phase.proration_behavior
      : 'create_prorations'
  const restarted = restarts ? data.map(({ id }) => id) : []
  return { before, after, at: now, prorations, restarted, payment: 'allow_incomplete' }
}

function withTerms(
  turn: Turn,
  customer: Customer,
  item: SubscriptionItem,
  wish: Phase['items'][number],
): SubscriptionItem {
  const target = { customer, subscription: item.subscription, subscriptionItem: item.id }
  const kept = item.discounts.filter((id) => wish.discounts.some(({ discount }) => discount === id))
  const fresh = wish.discounts.filter(({ discount }) => discount === null).map(sentDiscount)
  return {
    ...item,
    discounts: [...kept, ...redeem(turn, fresh, target)],
    metadata: { ...item.metadata, ...wish.metadata },
    tax_rates: wish.tax_rates ?? [],
  }
}

const trialUntil = (before: Subscription, end: number, now: number): Partial<Subscription> => ({
  billing_cycle_anchor: end,
  status: 'trialing',
  trial_end: end,
  trial_start: before.trial_start ?? now,
})

/** An item whose period has just ended keeps it: the renewal of this same moment moves it on. */
function itemFor(
  before: Subscription,
  price: Price,
  quantity: number | undefined,
  former: SubscriptionItem | undefined,
  restarts: boolean,
  now: number,
): SubscriptionItem {
  const { quantity: _quantity, ...rest } = former ?? blankItem(before, price, now)
  const same = former !== undefined && Bun.deepEquals(intervalOf(former.price), intervalOf(price))
  const over = former !== undefined && former.current_period_end <= now
  const period = restarts
    ? periodAt(now, intervalOf(price), now)
    : same || over
      ? { start: rest.current_period_start, end: rest.current_period_end }
      : periodAt(before.billing_cycle_anchor, intervalOf(price), now)
  return {
    ...rest,
    current_period_end: period.end,
    current_period_start: period.start,
    plan: planOf(price),
    price,
    ...(price.recurring?.usage_type === 'metered' ? {} : { quantity: quantity ?? 1 }),
  }
}

function blankItem(subscription: Subscription, price: Price, now: number): SubscriptionItem {
  return {
    id: freshId('si'),
    object: 'subscription_item',
    billing_thresholds: null,
    created: now,
    current_period_end: now,
    current_period_start: now,
    current_trial: null,
    discounts: [],
    metadata: {},
    plan: planOf(price),
    price,
    subscription: subscription.id,
    tax_rates: [],
  }
}

/** What a phase adds once, as a call would send it. */
export const addedOnce = (phase: Phase) =>
  phase.add_invoice_items.map(({ discounts, metadata, price, quantity, tax_rates: rates }) => ({
    discounts: discounts.map(sentDiscount),
    metadata,
    price,
    quantity: quantity ?? undefined,
    tax_rates: ratesSent(rates),
  }))

const ratesSent = (rates: Phase['default_tax_rates']) => (rates ?? []).map(({ id }) => id)

const sentDiscount = ({ coupon, discount, promotion_code }: Phase['discounts'][number]) => ({
  ...(coupon === null ? {} : { coupon }),
  ...(discount === null ? {} : { discount }),
  ...(promotion_code === null ? {} : { promotion_code }),
})
