import type { Stripe } from 'stripe'
import type { BillingInterval } from '../../../domain/plan.ts'
import type {
  CollectionPause,
  MeteredItems,
  ObservedSubscription,
  PendingChange,
  SubscriptionPrice,
  SubscriptionStatus,
} from '../../../domain/subscription.ts'
import { toDiscount } from './discount.ts'
import { toInvoiceEntry } from './invoice.ts'
import { idOf, type Known, known, milliseconds, millisecondsOrNull } from './values.ts'

/**
 * What must be expanded for `toSubscription`: the payment method may be the customer's, a change may be planned, and a
 * discount names its code.
 */
export const SUBSCRIPTION_VIEW = [
  'default_payment_method',
  'customer.invoice_settings.default_payment_method',
  'schedule',
  'discounts.promotion_code',
  'discounts.source.coupon',
]

/** Needs `SUBSCRIPTION_VIEW` expanded. */
export function toSubscription(subscription: Stripe.Subscription): ObservedSubscription {
  const licensed = subscription.items.data.filter(isLicensed)
  const [item] = licensed
  const first = item ?? subscription.items.data[0]
  const periodEnd = milliseconds(first?.current_period_end ?? subscription.start_date)
  return {
    id: subscription.id,
    customerId: idOf(subscription.customer) ?? '',
    status: known(SUBSCRIPTION_STATUS, subscription.status),
    priceId: licensed.length === 1 ? (item?.price.id ?? null) : null,
    anchor: milliseconds(subscription.billing_cycle_anchor),
    currentPeriodStart: milliseconds(first?.current_period_start ?? subscription.start_date),
    currentPeriodEnd: periodEnd,
    // A subscription of flexible billing mode cancelled in the portal sets cancel_at alone.
    cancelAt: millisecondsOrNull(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? periodEnd : null),
    trialEnd: millisecondsOrNull(subscription.trial_end),
    startedAt: milliseconds(subscription.start_date),
    endedAt: millisecondsOrNull(subscription.ended_at),
    createdAt: milliseconds(subscription.created),
    hasPaymentMethod: hasPaymentMethod(subscription),
    pastDueSince: null,
    discounts: subscription.discounts.flatMap(toDiscount),
    collectionPause: subscription.pause_collection && known(COLLECTION_PAUSE, subscription.pause_collection.behavior),
    price: licensed.length === 1 && item !== undefined ? toPrice(item, subscription.currency) : null,
    pendingChange: toPendingChange(subscription, item?.price.id ?? null),
    metered: toMetered(subscription.items.data.filter((candidate) => !isLicensed(candidate))),
    ...toTrialCard(subscription),
    ...toLatestInvoice(subscription),
  }
}

const SUBSCRIPTION_STATUS = {
  incomplete: 'incomplete',
  incomplete_expired: 'incomplete_expired',
  trialing: 'trialing',
  active: 'active',
  past_due: 'past_due',
  canceled: 'canceled',
  unpaid: 'unpaid',
  paused: 'paused',
} as const satisfies Record<Known<Stripe.Subscription['status']>, SubscriptionStatus>

const COLLECTION_PAUSE = {
  keep_as_draft: 'keep_as_draft',
  mark_uncollectible: 'mark_uncollectible',
  void: 'void',
} as const satisfies Record<Known<Stripe.Subscription.PauseCollection['behavior']>, CollectionPause>

const INTERVALS: Readonly<Record<string, BillingInterval>> = { month: 'month', year: 'year' }

/** What is expanded of the card that is charged for it; of none but those with a trial anybody asks. */
function toTrialCard({ trial_end, default_payment_method: own, customer }: Stripe.Subscription) {
  if (trial_end === null) return {}
  const inherited =
    typeof customer === 'string' || customer.deleted ? null : customer.invoice_settings.default_payment_method
  const method = own ?? inherited
  const trialCard = typeof method === 'string' ? null : method?.card?.fingerprint
  return trialCard ? { trialCard } : {}
}

/** A draft is not owed yet and has no number: it enters when it is finalized. */
function toLatestInvoice({ latest_invoice: latest }: Stripe.Subscription) {
  if (latest === null || typeof latest === 'string' || latest.status === 'draft') return {}
  return { latestInvoice: toInvoiceEntry(latest, 0) }
}

/** Whether it is paid by the year and what is used by the month. */
export function hasSeveralPeriods({ items }: Pick<Stripe.Subscription, 'items'>): boolean {
  return new Set(items.data.map(({ current_period_end: end }) => end)).size > 1
}

/** What is charged whether it is used or not: the plan's own price. */
export function isLicensed({ price }: Pick<Stripe.SubscriptionItem, 'price'>): boolean {
  return price.recurring?.usage_type !== 'metered'
}

function toMetered(items: readonly Stripe.SubscriptionItem[]): MeteredItems {
  const [item] = items
  if (item === undefined) return { periodStart: null }
  return { periodStart: milliseconds(item.current_period_start), priceIds: items.map(({ price }) => price.id) }
}

/** A price made by hand may be for buyers of several currencies, and shows the amount of one. */
function toPrice({ price, quantity = 1 }: Stripe.SubscriptionItem, currency: string): SubscriptionPrice {
  const { unit_amount, currency: shown, recurring } = price
  const interval = recurring?.interval_count === 1 ? INTERVALS[recurring.interval] : undefined
  const several = quantity === 1 ? {} : { quantity }
  return { amount: shown === currency ? unit_amount : null, currency, interval: interval ?? null, ...several }
}

/** A change that waits for its payment, else the phase that follows in the schedule. */
function toPendingChange({ pending_update, schedule }: Stripe.Subscription, present: string | null) {
  if (pending_update) {
    const wanted = pending_update.subscription_items?.find(isLicensed)?.price.id
    if (wanted !== undefined && wanted !== present)
      return { priceId: wanted, effectiveAt: null, expiresAt: milliseconds(pending_update.expires_at) }
  }
  return schedule === null || typeof schedule === 'string' ? null : nextPhase(schedule, present)
}

/** In a phase the items that are metered have no quantity. */
function nextPhase(
  { phases, current_phase: current }: Stripe.SubscriptionSchedule,
  present: string | null,
): PendingChange | null {
  const next = phases.find(({ start_date }) => start_date >= (current?.end_date ?? 0))
  const priceId = idOf((next?.items.find(({ quantity }) => quantity !== undefined) ?? next?.items[0])?.price)
  if (next === undefined || priceId === null || priceId === present) return null
  return { priceId, effectiveAt: milliseconds(next.start_date), expiresAt: null }
}

export function hasPaymentMethod(subscription: Stripe.Subscription): boolean {
  if (subscription.default_payment_method !== null || subscription.default_source !== null) return true
  const { customer } = subscription
  if (typeof customer === 'string' || customer.deleted) return false
  return customer.invoice_settings.default_payment_method !== null || customer.default_source !== null
}
