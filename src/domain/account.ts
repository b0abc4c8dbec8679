import type { AppMessage } from './app-message.ts'
import type { Dispute } from './dispute.ts'
import type { Draw, Grant } from './grant.ts'
import type { KeyHolder, StoredAnswer } from './idempotency.ts'
import type { Intent } from './intent.ts'
import type { MeterReport, SealedReport } from './metering.ts'
import type { Payment } from './payment.ts'
import type { Instant } from './period.ts'
import type { Quantity, ServiceType } from './quantity.ts'
import type { SpendingLimits } from './spending.ts'
import type { Subscription } from './subscription.ts'
import type { TrialClaim } from './trial.ts'
import type { DailyUsage, UsageIdentity, UsageRecord, UsageTotal } from './usage.ts'

/** The user's id in the app, as it stands in a token's `sub`. */
export type UserId = string

export const USER_ID = /^[A-Za-z0-9_.:@-]{1,128}$/

/** All that a decision about one user may need: state and balances, never history. */
export interface Account {
  readonly user: UserId
  /** The user's Stripe customer; null until there is one. */
  readonly customerId: string | null
  /** The newest first dozen, whatever became of them. */
  readonly subscriptions: readonly Subscription[]
  /** The newest first dozen, whatever became of them. */
  readonly disputes: readonly Dispute[]
  readonly spendingLimits: SpendingLimits
  /** Wishes whose outcome is not saved yet, oldest first. Empty unless asked for. */
  readonly openIntents: readonly Intent[]
  /** The running totals that were asked for. */
  readonly totals: readonly UsageTotal[]
  readonly days: readonly DailyUsage[]
  /** Grants of the services that were asked for, as far as something is left of them. */
  readonly grants: readonly Grant[]
  /** The entries of the history that were asked for. */
  readonly payments: readonly Payment[]
  /** The grants that they bought. */
  readonly bought: readonly Grant[]
  /** The record with the identity that was asked for. */
  readonly usage: UsageRecord | null
  /** What stands under the key that was asked for. */
  readonly answer: KeyHolder | null
  /** The record that was asked for by its id. */
  readonly record: UsageRecord | null
  /** Its corrections so far. */
  readonly corrections: readonly UsageRecord[]
  /** All grants of the service that was asked for, used up or not. */
  readonly allGrants: readonly Grant[]
  /** The meter report that was asked for, with what earlier ones of its service carried over to the next (in quanta). */
  readonly report: { readonly report: MeterReport | SealedReport; readonly carry: Quantity } | null
  /** Those of the trial claims that were asked for that somebody holds. */
  readonly trialClaims: readonly TrialClaim[]
  /** Whether the event that was asked for has had its effect already. */
  readonly eventApplied: boolean
}

/** The few rows beyond the account's state that a decision looks at. */
export interface Needs {
  readonly intents?: true
  /** Running totals of some months, and the grants of the same services. */
  readonly totals?: {
    readonly services: readonly ServiceType[]
    readonly months: readonly string[]
    /** The totals of every service, for what they cost together; given anyway where the account has spending limits. */
    readonly ofAll?: boolean
  }
  /** Days from the first to the last, both included (`YYYY-MM-DD`). */
  readonly days?: { readonly from: string; readonly to: string }
  readonly usage?: UsageIdentity
  /** Together with its corrections. */
  readonly record?: string
  readonly allGrants?: ServiceType
  /** Entries of the history by their ids, with the grants that they bought. */
  readonly payments?: readonly string[]
  readonly report?: string
  readonly answer?: { readonly caller: string; readonly key: string }
  readonly event?: string
  /** By which a person is known who has had a trial; users share them. */
  readonly trialClaims?: readonly string[]
}

/** What an operator did, for whoever asks later. */
export interface AuditEntry {
  readonly id: string
  readonly at: Instant
  /** The operator's token: `operator:alice`. */
  readonly actor: string
  readonly action:
    | 'grant-given'
    | 'usage-corrected'
    | 'trial-allowed'
    | 'trial-extended'
    | 'subscription-undone'
    | 'drift-mended'
    | 'payment-refunded'
    | 'spending-limit-set'
    | 'event-replayed'
    | 'plan-moved'
    | 'customer-adopted'
  readonly detail: string
}

/** An entry of the audit log with the user that it was about. */
export interface AuditedUser extends AuditEntry {
  /** Null where it was about nobody, such as an event of a stranger. */
  readonly user: UserId | null
}

/** Everything that can happen to an account. */
export type Change =
  | { readonly type: 'usage-recorded'; readonly record: UsageRecord }
  /** One that a payment has bought is given once: again changes nothing. */
  | { readonly type: 'grant-given'; readonly grant: Grant }
  | { readonly type: 'grant-drawn'; readonly draw: Draw }
  /** A part of what was drawn is given back: the use was corrected. */
  | { readonly type: 'grant-returned'; readonly draw: Draw }
  /** A part of what is left goes back with its payment, or comes again (then it is negative). */
  | { readonly type: 'grant-taken-back'; readonly draw: Draw }
  /** Added to the open report of the same window, or opened. */
  | { readonly type: 'report-added'; readonly report: MeterReport }
  /** A carry of null leaves what there is. */
  | { readonly type: 'report-sealed'; readonly report: SealedReport; readonly carry: Quantity | null }
  /** It is about to be sent: from now on its outcome is unknown until it is settled. */
  | {
      readonly type: 'report-sending'
      readonly reportId: string
      readonly at: Instant
      /** The time under which Stripe is told of it. */
      readonly billedAt: Instant
      readonly nextTryAt: Instant
    }
  | {
      readonly type: 'report-settled'
      readonly reportId: string
      readonly outcome: 'sent' | 'rejected' | 'unbilled' | 'replaced'
      readonly reason: string | null
      readonly at: Instant
    }
  /** Told to the app once per id. */
  | { readonly type: 'message-queued'; readonly message: AppMessage }
  /** Trials are claimed with the wish for them, and given back when nothing came of it. What is claimed already stays so. */
  | {
      readonly type: 'trial-claimed'
      readonly claims: readonly string[]
      readonly intentId: string
      readonly at: Instant
    }
  | { readonly type: 'trial-released'; readonly intentId: string }
  /** One more trial for this user; used up by the next one. */
  | { readonly type: 'trial-allowed'; readonly at: Instant }
  | { readonly type: 'trial-allowance-used' }
  | { readonly type: 'spending-limits-set'; readonly limits: SpendingLimits; readonly at: Instant }
  | { readonly type: 'audited'; readonly entry: AuditEntry }
  | { readonly type: 'answer-stored'; readonly answer: StoredAnswer }
  /** One that was opened before under the same id stays as it is, finished or not. */
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
  /** Stripe has deleted it: the user's next purchase makes another. What it bought stays the user's. */
  | { readonly type: 'customer-deleted'; readonly customerId: string; readonly at: Instant }
  | { readonly type: 'subscription-observed'; readonly subscription: Subscription }
  | { readonly type: 'payment-observed'; readonly payment: Payment }
  | { readonly type: 'dispute-observed'; readonly dispute: Dispute }
  | {
      readonly type: 'event-applied'
      readonly eventId: string
      /** Whom it turned out to concern: a dispute names no customer, its payment does. Null where it is about several. */
      readonly customerId: string | null
      readonly at: Instant
      readonly outcome: string
    }

/** What a decision comes to: what is to be saved, and what to tell the caller. */
export interface Decision<R> {
  readonly changes: readonly Change[]
  readonly result: R
}
