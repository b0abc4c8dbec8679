import type { Discount } from './discount.ts'
import type { Payment } from './payment.ts'
import { type Instant, MINUTE_MS } from './period.ts'
import type { BillingInterval } from './plan.ts'

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

/** How a subscription stands at Stripe. */
interface SubscriptionState {
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
  /** When the oldest unpaid invoice failed first; null when nothing is unpaid, or when that was not looked at. */
  readonly pastDueSince: Instant | null
  /** What comes off its invoices, in the order in which it does: each takes from what those before it have left. */
  readonly discounts: readonly Discount[]
  /** What becomes of its invoices while collection is paused; null while it is not. */
  readonly collectionPause: CollectionPause | null
  /** What the licensed item costs; null when there is none or more than one, or when it was never looked at. */
  readonly price: SubscriptionPrice | null
  /** Another price that it is to have; null when nothing is planned. */
  readonly pendingChange: PendingChange | null
  /** The items that are billed by use; null when it was never looked at. */
  readonly metered: MeteredItems | null
}

/** A subscription as Stripe showed it at one look, with what that look showed beside it; left out is what it did not show. */
export interface ObservedSubscription extends SubscriptionState {
  /** Of one with a trial: the fingerprint of the card that is charged for it. */
  readonly trialCard?: string
  /** Its latest invoice, as far as an invoice tells: not what was given back of it. */
  readonly latestInvoice?: Payment
}

export interface MeteredItems {
  /**
   * Since when Stripe counts for its next invoice: with a yearly price that is the month that runs, not the year. Null when
   * nothing is billed by use.
   */
  readonly periodStart: Instant | null
  /** Left out where there are none, or where an earlier version looked. */
  readonly priceIds?: readonly string[]
}

export interface SubscriptionPrice {
  /** In minor units per interval; null for a fraction of one, which only a price made by hand can have. */
  readonly amount: number | null
  readonly currency: string
  /** Null for one that this program does not sell: a day, a week, several months. */
  readonly interval: BillingInterval | null
  /** How many of it are charged; left out for one, which is all that this program sells. */
  readonly quantity?: number
}

/** A change that is planned for the end of the period, or that waits for its payment to be confirmed. */
export interface PendingChange {
  readonly priceId: string
  /** Null for one that takes effect as soon as it is paid. */
  readonly effectiveAt: Instant | null
  /** Until when it can be paid before it lapses; null for one that is planned. */
  readonly expiresAt: Instant | null
}

/** What held for a subscription until a moment: under it falls what was used before and is told later. */
export interface PastTerms {
  readonly until: Instant
  readonly planName: string | null
  readonly planVersion?: string | null
  readonly anchor: Instant
}

/** To which terms of its plan a subscription is moved, and from when. */
export interface PlannedTerms {
  readonly from: Instant
  readonly planVersion: string
  /** What Stripe is to bill use by then, where that changes: the terms hold once it does. */
  readonly meteredPriceIds?: readonly string[]
}

export type CollectionPause = 'keep_as_draft' | 'mark_uncollectible' | 'void'

/** A subscription as we keep it: the latest observation, its plan, and since when it has its status. */
export interface Subscription extends SubscriptionState {
  /** Null when the price is not of our catalogue. */
  readonly planName: string | null
  /** Under which terms of its plan it was bought; null or left out for the first that are known of it. */
  readonly planVersion?: string | null
  /** Other terms of its plan that are to hold. */
  readonly plannedTerms?: PlannedTerms | null
  readonly statusSince: Instant
  readonly collectionPausedSince: Instant | null
  /** By Stripe's clock, when it was seen like this; null where nobody knows. */
  readonly seenAt?: Instant | null
  /** What held before, oldest first, as far back as usage can still be told. */
  readonly pastTerms: readonly PastTerms[]
}

export const LIVE_STATUSES: readonly SubscriptionStatus[] = ['trialing', 'active', 'past_due', 'unpaid', 'paused']
/** So many an account shows: enough for every one that can still matter; more would be history. */
export const MOST_SUBSCRIPTIONS = 12

const LIVE: ReadonlySet<SubscriptionStatus> = new Set(LIVE_STATUSES)
const ENDED: ReadonlySet<SubscriptionStatus> = new Set(['canceled', 'incomplete_expired'])

/** Live is what a user has: one at most. An incomplete one still waits for its first payment. */
export function isLive(subscription: Pick<Subscription, 'status'>): boolean {
  return LIVE.has(subscription.status)
}

/** Ended is for good: Stripe never revives a subscription id. */
export function isEnded(subscription: Pick<Subscription, 'status'>): boolean {
  return ENDED.has(subscription.status)
}

const OWING: ReadonlySet<SubscriptionStatus> = new Set(['past_due', 'unpaid'])

/** Whether an invoice of it is unpaid though Stripe has tried to collect it. */
export function isOwing({ status }: Pick<Subscription, 'status'>): boolean {
  return OWING.has(status)
}

/** The one that counts: of several that live the newest that a plan holds for. */
export function liveSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return newestOfPlan(subscriptions.filter(isLive))
}

/** The newest whose first payment is still waited for. */
export function incompleteSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return newest(subscriptions.filter((subscription) => subscription.status === 'incomplete'))
}

/** The subscription to speak of: the live one, else the newest whatever became of it. */
export function currentSubscription(subscriptions: readonly Subscription[]): Subscription | null {
  return liveSubscription(subscriptions) ?? newest(subscriptions)
}

/**
 * Stripe's clock tells when a subscription began and ours when something was used: so far apart they may be that a use
 * right after the beginning seems to lie before it.
 */
const CLOCK_SKEW_MS = 5 * MINUTE_MS

/**
 * The subscription under which a use at `at` falls: one that had begun by then, had not ended, and was not still waiting
 * for its first payment. Where none had begun, one that began within the skew of the clocks.
 */
export function subscriptionAt(subscriptions: readonly Subscription[], at: Instant): Subscription | null {
  const held = subscriptions.filter(
    (subscription) =>
      (isLive(subscription) || subscription.status === 'canceled') &&
      subscription.startedAt - CLOCK_SKEW_MS <= at &&
      (subscription.endedAt === null || at < subscription.endedAt),
  )
  return newestOfPlan(held.filter(({ startedAt }) => startedAt <= at)) ?? newestOfPlan(held)
}

/** What is to come of a subscription: a change that was not paid in time is none, even before Stripe tells. */
export function pendingChangeAt(subscription: Subscription | null, at: Instant): PendingChange | null {
  const pending = subscription?.pendingChange ?? null
  return pending !== null && (pending.expiresAt ?? Infinity) > at ? pending : null
}

/** An extra that somebody is sold by hand at Stripe is no plan, and does not hide the one beside it. */
function newestOfPlan(subscriptions: readonly Subscription[]): Subscription | null {
  return newest(subscriptions.filter(({ planName }) => planName !== null)) ?? newest(subscriptions)
}

function newest(subscriptions: readonly Subscription[]): Subscription | null {
  return subscriptions.reduce<Subscription | null>(
    (best, next) => (best === null || isNewer(next, best) ? next : best),
    null,
  )
}

/** Stripe's times are whole seconds: of two of one second the one counts that came further and goes on. */
function isNewer(one: Subscription, other: Subscription): boolean {
  if (one.createdAt !== other.createdAt) return one.createdAt > other.createdAt
  return standingOf(one) >= standingOf(other)
}

function standingOf(subscription: Subscription): number {
  if (isLive(subscription)) return 3
  if (subscription.status === 'incomplete') return 2
  return subscription.status === 'canceled' ? 1 : 0
}
