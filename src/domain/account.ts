import type { StoredAnswer } from './idempotency.ts'
import type { Intent } from './intent.ts'
import type { Payment } from './payment.ts'
import type { Instant } from './period.ts'
import type { ServiceType } from './quantity.ts'
import type { Subscription } from './subscription.ts'
import type { DailyUsage, UsageIdentity, UsageRecord, UsageTotal } from './usage.ts'

/** The user's id in the app: `[A-Za-z0-9_.:@-]{1,128}`. */
export type UserId = string

/** All that a decision about one user may need: state and balances, never history. */
export interface Account {
  readonly user: UserId
  /** The user's Stripe customer; null until there is one. */
  readonly customerId: string | null
  /** The newest first dozen, whatever became of them. */
  readonly subscriptions: readonly Subscription[]
  /** Wishes whose outcome is not saved yet, oldest first. Empty unless asked for. */
  readonly openIntents: readonly Intent[]
  /** The running totals that were asked for. */
  readonly totals: readonly UsageTotal[]
  readonly days: readonly DailyUsage[]
  /** The record with the identity that was asked for. */
  readonly usage: UsageRecord | null
  /** What was answered under the key that was asked for. */
  readonly answer: StoredAnswer | null
  /** Whether the event that was asked for has had its effect already. */
  readonly eventApplied: boolean
}

/** The few rows beyond the account's state that a decision looks at. */
export interface Needs {
  readonly intents?: true
  readonly totals?: { readonly services: readonly ServiceType[]; readonly months: readonly string[] }
  /** Days from the first to the last, both included (`YYYY-MM-DD`). */
  readonly days?: { readonly from: string; readonly to: string }
  readonly usage?: UsageIdentity
  readonly answer?: { readonly caller: string; readonly key: string }
  readonly event?: string
}

/** Everything that can happen to an account. */
export type Change =
  | { readonly type: 'usage-recorded'; readonly record: UsageRecord }
  | { readonly type: 'answer-stored'; readonly answer: StoredAnswer }
  | { readonly type: 'intent-opened'; readonly intent: Intent }
  /** A fresh Stripe idempotency key, or the mark that the old one must not be trusted. */
  | { readonly type: 'intent-retried'; readonly intent: Intent }
  | {
      readonly type: 'intent-closed'
      readonly intentId: string
      readonly outcome: 'done' | 'refused'
      readonly at: Instant
    }
  /** Events that were parked under this customer are due again. */
  | { readonly type: 'customer-linked'; readonly customerId: string; readonly at: Instant }
  | { readonly type: 'subscription-observed'; readonly subscription: Subscription }
  | { readonly type: 'payment-observed'; readonly payment: Payment }
  | { readonly type: 'event-applied'; readonly eventId: string; readonly at: Instant; readonly outcome: string }

/** What a decision comes to: what is to be saved, and what to tell the caller. */
export interface Decision<R> {
  readonly changes: readonly Change[]
  readonly result: R
}
