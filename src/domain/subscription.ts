import type { Instant } from './period.ts'

/** Stripe's words for where a subscription stands. */
export type SubscriptionStatus =
  | 'incomplete'
  | 'incomplete_expired'
  | 'trialing'
  | 'active'
  | 'past_due'
  | 'canceled'
  | 'unpaid'
  | 'paused'

/** A subscription as Stripe showed it at one look. */
export interface ObservedSubscription {
  readonly id: string
  readonly customerId: string
  readonly status: SubscriptionStatus
  /** The price of the licensed item; what tells the plan. Null when there is none or more than one. */
  readonly priceId: string | null
  /** From when months and periods are counted. */
  readonly anchor: Instant
  readonly currentPeriodStart: Instant
  readonly currentPeriodEnd: Instant
  /** When it will end, if that is planned; Stripe's `cancel_at`, or the period's end with `cancel_at_period_end`. */
  readonly cancelAt: Instant | null
  readonly trialEnd: Instant | null
  readonly startedAt: Instant
  readonly endedAt: Instant | null
  readonly createdAt: Instant
  /** Whether renewals and usage have something to be charged to: its own or the customer's default payment method. */
  readonly hasPaymentMethod: boolean
}

/** A subscription as we keep it: the latest observation, its plan, and since when it has its status. */
export interface Subscription extends ObservedSubscription {
  /** Null when the price is not of our catalogue. */
  readonly planName: string | null
  readonly statusSince: Instant
}

const LIVE: ReadonlySet<SubscriptionStatus> = new Set(['trialing', 'active', 'past_due', 'unpaid', 'paused'])
const ENDED: ReadonlySet<SubscriptionStatus> = new Set(['canceled', 'incomplete_expired'])

/** Live is what a user has: one at most. An incomplete one still waits for its first payment. */
export function isLive(subscription: Pick<Subscription, 'status'>): boolean {
  return LIVE.has(subscription.status)
}

/** Ended is for good: Stripe never revives a subscription id. */
export function isEnded(subscription: Pick<Subscription, 'status'>): boolean {
  return ENDED.has(subscription.status)
}

export function liveSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return newest(subscriptions.filter(isLive))
}

export function incompleteSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return newest(subscriptions.filter((subscription) => subscription.status === 'incomplete'))
}

/** The subscription to speak of: the live one, else the newest whatever became of it. */
export function currentSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return liveSubscription(subscriptions) ?? newest(subscriptions)
}

/**
 * The subscription under which a use at `at` falls: one that had begun by then, had not ended, and was not still waiting
 * for its first payment.
 */
export function subscriptionAt(subscriptions: readonly Subscription[], at: Instant): Subscription | null {
  return newest(
    subscriptions.filter(
      (subscription) =>
        (isLive(subscription) || subscription.status === 'canceled') &&
        subscription.startedAt <= at &&
        (subscription.endedAt === null || at < subscription.endedAt),
    ),
  )
}

function newest(subscriptions: readonly Subscription[]): Subscription | null {
  return subscriptions.reduce<Subscription | null>(
    (best, next) => (best === null || next.createdAt >= best.createdAt ? next : best),
    null,
  )
}
