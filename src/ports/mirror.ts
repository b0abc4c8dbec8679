import type { UserId } from '../domain/account.ts'
import type { AskedAbout, Compared, DriftReport, StripeCustomer, StripeHoldings } from '../domain/drift.ts'
import type { Payment } from '../domain/payment.ts'
import type { Instant } from '../domain/period.ts'
import type { ObservedSubscription, Subscription } from '../domain/subscription.ts'
import type { StripeEvent } from '../domain/webhook-event.ts'
import type { Page } from './records.ts'

/** Stripe's own list of its events, kept for thirty days. Refuses with `stripe_unavailable`. */
export interface EventFeed {
  /** Events made at `from` or later, delivered or not, newest first, each with the bytes to keep. */
  events(
    from: Instant,
    cursor: string | null,
  ): Promise<Page<{ readonly event: StripeEvent; readonly body: Uint8Array }>>
}

/**
 * All that Stripe has, of whomever, page by page and newest first, never faster than Stripe allows. Refuses with
 * `stripe_unavailable`.
 */
export interface StripeBooks {
  /** Those that were deleted are not among them. */
  customers(cursor: string | null): Promise<Page<StripeCustomer>>
  /** Whatever became of them. */
  subscriptions(cursor: string | null): Promise<Page<ObservedSubscription>>
  /** Drafts are not among them; what was given back is not told. */
  invoices(cursor: string | null): Promise<Page<Omit<Payment, 'refundedAmount'>>>
  /** One-time payments that were made or have failed. */
  payments(cursor: string | null): Promise<Page<Payment>>
  /** Whose money was given back, or is with the bank; null where the payment had no customer. */
  refunds(cursor: string | null): Promise<Page<{ readonly id: string; readonly customerId: string | null }>>
  disputes(cursor: string | null): Promise<Page<{ readonly id: string; readonly customerId: string | null }>>
  /** All of one customer, as it is now; of what is asked about, that which Stripe does not know. */
  holdings(customerId: string, asked: AskedAbout): Promise<StripeHoldings>
  /** Writes into the customer's metadata whose it is. Null: Stripe does not know the customer, or has deleted it. */
  nameCustomer(customerId: string, user: UserId): Promise<StripeCustomer | null>
}

/** Our side of a comparison with Stripe, history included, and what is remembered of the last one. */
export interface Mirror {
  /** Who is whose, by the customer's id; without those that Stripe is known to have deleted. */
  customers(limit: number, cursor: string | null): Promise<Page<{ readonly user: UserId; readonly customerId: string }>>
  /** All that a user ever had. */
  subscriptions(user: UserId): Promise<readonly Subscription[]>
  /** The whole billing history, by id. */
  payments(user: UserId): Promise<ReadonlyMap<string, Payment>>
  payment(id: string): Promise<Payment | null>
  /** How many entries a user has of a customer, without those that were called off. */
  entryCount(user: UserId, customerId: string): Promise<number>
  /** Up to when every event of Stripe's is known to be here; null before the first catch-up. */
  caughtUpTo(): Promise<Instant | null>
  noteCaughtUp(at: Instant): Promise<void>
  driftReport(): Promise<DriftReport | null>
  noteDriftReport(report: DriftReport): Promise<void>
}

/** A comparison with Stripe that is under way. */
export interface DriftRun {
  readonly id: number
  readonly startedAt: Instant
  readonly repair: boolean
  /** Null until its first page. */
  readonly progress: {
    readonly step: keyof Compared
    readonly compared: Readonly<Compared>
    readonly differences: number
  } | null
}

/** Comparisons with Stripe, one at a time. */
export interface DriftCheck {
  /** Begins one, with the name of whoever has it mended or null to only look; or gives the one that is under way. */
  start(mender: string | null): { readonly run: DriftRun; readonly isNew: boolean }
  state(): Promise<{
    readonly running: DriftRun | null
    /** The last one that ended in this run of the program, and what kept it from its report. */
    readonly last: { readonly id: number; readonly failure: string | null } | null
    /** The last report there is, of this run or before. */
    readonly report: DriftReport | null
  }>
}
