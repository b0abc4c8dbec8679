import type { Account, AuditEntry, AuditedUser, Crossing, Decision, Needs, UserId } from './domain/account.ts'
import type { AppMessage } from './domain/app-message.ts'
import type { Bill, UpcomingBill } from './domain/bill.ts'
import type { BillingDetails } from './domain/billing-details.ts'
import type { Catalogue, PriceIds } from './domain/catalogue.ts'
import type { Compared, DriftReport, StripeCustomer, StripeHoldings } from './domain/drift.ts'
import type { Grant } from './domain/grant.ts'
import type { Intent, WishOf } from './domain/intent.ts'
import type { MeterReport, SealedReport } from './domain/metering.ts'
import type { Observation } from './domain/observation.ts'
import type { ObservedPaymentIntent, Payment } from './domain/payment.ts'
import type { Instant } from './domain/period.ts'
import type { ChangePreview } from './domain/plan-preview.ts'
import type { PromotionCode } from './domain/promotion-code.ts'
import type { ServiceType } from './domain/quantity.ts'
import type { ReturnRules } from './domain/return-url.ts'
import type { ObservedSubscription, Subscription } from './domain/subscription.ts'
import type { Told } from './domain/telling.ts'
import type { UsageRecord } from './domain/usage.ts'
import type { EventFilter, KeptEvent, ReceivedEvent, StripeEvent } from './domain/webhook-event.ts'

/** The books: one account a user. Refuses with `storage_unavailable` when it cannot be sure of the disk. */
export interface Ledger {
  /** One user's account in one snapshot. An unknown user has an empty account. */
  account(user: UserId, needs: Needs): Promise<Account>

  /**
   * Load, decide, save: atomic, and serial with every other change. `decide` is pure and synchronous and may run more
   * than once. If it throws, nothing is saved and the caller gets what it threw. When the promise is fulfilled the
   * changes are on disk.
   */
  change<R>(user: UserId, needs: Needs, decide: (account: Account) => Decision<R>): Promise<R>
}

export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page starts; null on the last one. Opaque to callers. */
  readonly nextCursor: string | null
}

/** Which records of usage are asked for; null is any. A stretch of time is half-open, by when the use occurred. */
export interface UsageFilter {
  readonly service: ServiceType | null
  readonly resourceId: string | null
  readonly from: Instant | null
  readonly to: Instant | null
}

/** Questions that no decision depends on: history and indexes. */
export interface Records {
  /** The billing history, newest first. Refuses a cursor that it did not give out with `validation_failed`. */
  payments(user: UserId, limit: number, cursor: string | null): Promise<Page<Payment>>
  /**
   * Records of usage and their corrections: the latest day first, and within a day what was recorded last. A page may have
   * fewer than `limit` entries before the last one. Refuses a cursor that it did not give out with `validation_failed`.
   */
  usageRecords(user: UserId, filter: UsageFilter, limit: number, cursor: string | null): Promise<Page<UsageRecord>>
  /** What was given back of an entry of the billing history, newest first. */
  refundsOf(user: UserId, paymentId: string): Promise<readonly Payment[]>
  /** All grants of a user, used up or not, newest first. */
  grants(user: UserId): Promise<readonly Grant[]>
  /** What operators did, newest first. Refuses a cursor that it did not give out with `validation_failed`. */
  auditLog(limit: number, cursor: string | null): Promise<Page<AuditedUser>>
  /** Whose customer this is. A customer never changes hands. */
  userOfCustomer(customerId: string): Promise<UserId | null>
  /** Users with a live subscription to a price, in the order of their ids, behind `after`. */
  usersOnPrice(priceId: string, after: UserId | null, limit: number): Promise<readonly UserId[]>
  /** Users with a live subscription to a plan, in the order of their ids, behind `after`. */
  usersOnPlan(planName: string, after: UserId | null, limit: number): Promise<readonly UserId[]>
  /** Users with wishes whose outcome was never saved: what a crash leaves behind. */
  usersWithOpenIntents(): Promise<readonly UserId[]>
}

export interface InboxCounts {
  /** Given up. */
  readonly dead: number
  /** To be applied, now or at their next try; since when the oldest of them waits. */
  readonly waiting: number
  readonly waitingSince: Instant | null
  /** Of customers who are linked to nobody; since when the oldest of them waits. */
  readonly parked: number
  readonly parkedSince: Instant | null
}

/** The inbox as operators see it. */
export interface EventLog {
  /** The latest received first. Refuses a cursor that it did not give out with `validation_failed`. */
  list(filter: EventFilter, limit: number, cursor: string | null): Promise<Page<KeptEvent>>
  find(eventId: string): Promise<(KeptEvent & { readonly body: Uint8Array }) | null>
  /** Puts events back to be applied, each with its entry in the audit log, in one step; which of them are there. */
  replay(
    replays: readonly { readonly eventId: string; readonly audit: AuditEntry }[],
    at: Instant,
  ): Promise<readonly string[]>
}

/** Stripe's events, once each, with their bytes. An effect is saved by `Ledger.change` together with its mark. */
export interface Inbox {
  /** Stores an event; fulfilled when it is on disk. `known` when it was stored before, by whatever delivery. */
  receive(event: StripeEvent, body: Uint8Array, at: Instant): Promise<'stored' | 'known'>
  /**
   * Events that are waiting to be applied and whose next try is due, oldest first; without those of the owners named, who
   * are customers, or for events without one the events themselves.
   */
  due(at: Instant, limit: number, except?: readonly string[]): Promise<readonly ReceivedEvent[]>
  /** Nothing of ours: kept, and never looked at again. */
  ignore(eventId: string, reason: string, at: Instant): Promise<void>
  /** Ours one day, perhaps: kept until its customer is linked to a user. */
  park(eventId: string, customerId: string, reason: string): Promise<void>
  counts(): Promise<InboxCounts>
  /** Applying it failed. It is due again at `nextTryAt`; null gives up on it. */
  fail(eventId: string, reason: string, nextTryAt: Instant | null): Promise<void>
}

export interface DueReport {
  readonly user: UserId
  readonly customerId: string | null
  /** Without a value it is open and to be sealed; with one it is to be sent. */
  readonly report: MeterReport | SealedReport
}

/** A report whose usage Stripe will not bill, for the operator. */
export interface ReportSetAside {
  readonly user: UserId
  readonly report: MeterReport | SealedReport
  readonly state: 'rejected' | 'unbilled'
  readonly reason: string | null
}

/** What Stripe's meters are to be told. Reports change by `Ledger.change` alone; this finds them. */
export interface Outbox {
  /** Reports whose turn it is to be sealed or sent, oldest first. */
  due(at: Instant, limit: number): Promise<readonly DueReport[]>
  /** All of a user that are not settled, whether or not it is their turn; oldest first. */
  unsettled(user: UserId): Promise<readonly DueReport[]>
  /** The sealed reports of a user and service that were billed within a stretch (half-open), settled as sent or unknown. */
  sentOrUnknown(
    user: UserId,
    service: ServiceType,
    from: Instant,
    to: Instant,
  ): Promise<
    readonly { readonly report: SealedReport; readonly settled: boolean; readonly settledAt: Instant | null }[]
  >
  /** The users and services of which something was billed within a stretch (half-open). */
  billedWithin(
    from: Instant,
    to: Instant,
  ): Promise<readonly { readonly user: UserId; readonly customerId: string | null; readonly service: ServiceType }[]>
  /** Oldest first. Refuses a cursor that it did not give out with `validation_failed`. */
  setAside(limit: number, cursor: string | null): Promise<Page<ReportSetAside>>
  userOfReport(reportId: string): Promise<UserId | null>
}

export interface DueCrossing {
  readonly user: UserId
  readonly crossing: Crossing
  /** How often the app would not take it. */
  readonly failedTries: number
}

/** Thresholds that were crossed, each to be told to the app. They are saved by `Ledger.change`. */
export interface Crossings {
  /** Those whose turn it is to be told, oldest first. */
  due(at: Instant, limit: number): Promise<readonly DueCrossing[]>
  told(id: string, at: Instant): Promise<void>
  retry(id: string, reason: string, nextTryAt: Instant): Promise<void>
  giveUp(id: string, reason: string, at: Instant): Promise<void>
}

export interface DueMessage {
  readonly user: UserId
  readonly message: AppMessage
  /** How often the app would not take it. */
  readonly failedTries: number
}

/** What else the app is to be told. Messages are saved by `Ledger.change`. */
export interface Messages {
  /** Those whose turn it is to be told, oldest first. */
  due(at: Instant, limit: number): Promise<readonly DueMessage[]>
  told(id: string, at: Instant): Promise<void>
  retry(id: string, reason: string, nextTryAt: Instant): Promise<void>
  giveUp(id: string, reason: string, at: Instant): Promise<void>
}

/** The app's endpoint for messages. It takes one under the same id as the same one. */
export interface AppWebhook {
  /** `refused`: answered with anything but 2xx, or not at all; worth another try. */
  post(
    id: string,
    body: string,
  ): Promise<{ readonly type: 'taken' } | { readonly type: 'refused'; readonly reason: string }>
}

/** Stripe's meters, one a service. May throw `stripe_unavailable`: then nobody knows whether it was taken. */
export interface Meters {
  /** Tells a meter of use, in millionths of the service's unit; the same identifier counts once within a day. */
  report(
    customerId: string,
    service: ServiceType,
    value: bigint,
    identifier: string,
    at: Instant,
  ): Promise<{ readonly type: 'taken' } | { readonly type: 'rejected'; readonly reason: string }>
  /** What a meter has counted for a customer within a stretch of whole minutes (half-open), in millionths of the unit. */
  total(customerId: string, service: ServiceType, from: Instant, to: Instant): Promise<bigint>
}

/**
 * What came of a try to be paid. `waiting` needs the customer: a card or a 3-D Secure confirmation, by the client secret.
 * `declined` carries Stripe's words for the customer; `refused` says which field of the request Stripe would not take.
 */
export type AttemptOutcome =
  | { readonly type: 'settled' }
  | { readonly type: 'waiting' }
  | { readonly type: 'declined'; readonly message: string }
  | { readonly type: 'refused'; readonly path: string; readonly message: string }

export interface SubscriptionAttempt {
  /** Null when none was made: the card could not even be attached, or the request was refused. */
  readonly subscription: ObservedSubscription | null
  readonly outcome: AttemptOutcome
  /** Of the first payment, or of the pending card set-up when nothing is due; null when nothing is left to confirm. */
  readonly clientSecret: string | null
}

/** `stale`: at Stripe it stands otherwise by now, so that the wish has to be decided anew on what is shown. */
export interface ChangeAttempt {
  /** Null: Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  readonly outcome: AttemptOutcome | { readonly type: 'stale' } | { readonly type: 'payment-method-required' }
  readonly clientSecret: string | null
}

export interface CheckoutAttempt {
  /** `url` is null once it is over. */
  readonly checkout: { readonly id: string; readonly url: string | null; readonly expiresAt: Instant } | null
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface UndoAttempt {
  /** As it is now; null when Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  /** Minor units. */
  readonly refunded: number
  readonly seen: readonly Observation[]
  readonly isOurs: boolean
}

export interface BillingDetailsAttempt {
  /** As they are now; null when Stripe does not know the customer. */
  readonly details: BillingDetails | null
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface CodeAttempt {
  /** As it is now; null when Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  /** Why Stripe would not take the code after all. */
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface PaymentAttempt {
  readonly paymentIntent: ObservedPaymentIntent | null
  readonly outcome: AttemptOutcome
  readonly clientSecret: string | null
}

export interface PaymentMethodAttempt {
  /** As Stripe knows it; null when it could not be kept. */
  readonly paymentMethodId: string | null
  /** The subscription that it pays for, as it is now; null when there is none. */
  readonly subscription: ObservedSubscription | null
  /** The invoices that were open and were tried with it, as they are now. */
  readonly invoices: readonly Payment[]
  readonly outcome: AttemptOutcome
  readonly clientSecret: string | null
}

export interface RefundAttempt {
  /** Null when none was made. */
  readonly refund: Payment | null
  /** The refund and what changes with it, as it is now. */
  readonly seen: readonly Observation[]
  readonly outcome: Extract<AttemptOutcome, { readonly type: 'settled' | 'refused' }>
}

/**
 * Selling at Stripe. Every method may throw `stripe_unavailable`: the outcome is unknown and the wish stays open. Each
 * object made carries the user's and the intent's id in its metadata; under one key number an intent makes it once.
 */
export interface Gateway {
  createCustomer(user: UserId, intent: Intent): Promise<string>
  /** Makes the subscription and tries the given card. */
  subscribe(user: UserId, customerId: string, intent: Intent<WishOf<'subscribe'>>): Promise<SubscriptionAttempt>
  /** Tries (another) card on a subscription that still waits for its first payment; without a card just looks at it. */
  resumeSubscribing(subscriptionId: string, intent: Intent<WishOf<'subscribe'>>): Promise<SubscriptionAttempt>
  /** Ends an unpaid beginning so that nothing can charge later. A subscription that was paid meanwhile stays as it is. */
  abandon(subscriptionId: string, intent: Intent): Promise<ObservedSubscription>
  /** Opens a hosted page for subscribing, or takes up the one that an earlier key made. */
  openCheckout(
    user: UserId,
    customerId: string,
    intent: Intent<WishOf<'checkout'>>,
    made: string | null,
  ): Promise<CheckoutAttempt>
  /** Closes the customer's open pages but this wish's own; what was paid at that very moment is seen. */
  expireCheckouts(customerId: string, intent: Intent): Promise<readonly Observation[]>
  /** The address of a hosted page where the customer looks after everything; good for a few minutes. */
  openPortal(customerId: string, returnUrl: string): Promise<string>
  /** Ends a subscription at once and gives back what was paid for it; one that we did not make stays as it is. */
  undo(user: UserId, intent: Intent<WishOf<'undo'>>): Promise<UndoAttempt>
  /** Says who is billed. A tax id that Stripe will not take is refused; the rest is kept. */
  setBillingDetails(customerId: string, intent: Intent<WishOf<'billing-details'>>): Promise<BillingDetailsAttempt>
  /** Puts a promotion code on a subscription in place of other discounts; one that is on it stays. */
  applyCode(intent: Intent<WishOf<'apply-code'>>): Promise<CodeAttempt>
  /** Lets a trial last until another moment. Null: Stripe does not know the subscription. */
  extendTrial(intent: Intent<WishOf<'extend-trial'>>): Promise<ObservedSubscription | null>
  /** Cancels now or at the end of the period; one that has ended is returned as it is. Null: Stripe does not know it. */
  cancel(intent: Intent<WishOf<'cancel'>>): Promise<ObservedSubscription | null>
  /**
   * Pays what is open with another payment method and keeps it for all that comes. Declined for all that is open, it is not
   * kept and nothing changes.
   */
  setPaymentMethod(customerId: string, intent: Intent<WishOf<'set-payment-method'>>): Promise<PaymentMethodAttempt>
  /** What a change would cost and when, by Stripe's own reckoning: what `changePlan` invoices, to the minor unit. */
  previewChange(customerId: string, wish: WishOf<'change'>): Promise<ChangePreview>
  /**
   * Changes the plan at once, if that can be paid, or plans it for the end of the period. Whatever else was planned is
   * withdrawn, the end of the subscription too; a declined change leaves everything as it was.
   */
  changePlan(intent: Intent<WishOf<'change'>>): Promise<ChangeAttempt>
  /** Withdraws a planned end or change, and lets a paused subscription go on. `stale`: there was nothing of that. */
  resume(intent: Intent<WishOf<'resume'>>): Promise<ChangeAttempt>
  /** Makes a payment and tries the given card. A declined one is cancelled, so that nothing can charge later. */
  pay(user: UserId, customerId: string, intent: Intent<WishOf<'pay'>>): Promise<PaymentAttempt>
  /** The same for a payment that an earlier key made. */
  resumePaying(paymentIntentId: string): Promise<PaymentAttempt>
  /** Gives money back. One that an earlier key of the intent made is found and not made again. */
  refund(user: UserId, intent: Intent<WishOf<'refund'>>): Promise<RefundAttempt>
}

/** Reading at Stripe. Refuses with `stripe_unavailable`. */
export interface Observatory {
  /** The object that an event is about, and what changes with it, as they are now. Empty: nothing that concerns us. */
  look(event: StripeEvent): Promise<readonly Observation[]>
  /** What an event shows of its object by itself; null when that does not prove how the object stood when it was made. */
  told(event: StripeEvent, body: Uint8Array): Told | null
  /** The meter reports that an event of late refusals names, each with Stripe's reason. */
  rejectedReports(event: StripeEvent): Promise<readonly { readonly reportId: string; readonly reason: string }[]>
  /** The customer that an earlier key of this intent made, by the intent's id in its metadata; null when it made none. */
  customerMadeBy(intent: Intent): Promise<string | null>
  /** The subscription or payment that an earlier key of this intent made; null when it made none. */
  madeBy(intent: Intent, customerId: string): Promise<string | null>
  /** Who is billed; null when Stripe does not know the customer any more. */
  billingDetails(customerId: string): Promise<BillingDetails | null>
  /** The address of a hosted page; null once it is over. */
  checkoutUrl(checkoutId: string): Promise<string | null>
  /** The promotion code that was typed, for a customer and a price as far as they are known; null when there is none. */
  promotionCode(code: string, customerId: string | null, priceId: string | null): Promise<PromotionCode | null>
  /** Stripe's fingerprint of a card: the same for the same card. Null for what is no card, or is not there. */
  cardFingerprint(paymentMethodId: string): Promise<string | null>
  /** Of a subscription's first payment or card set-up, of an open invoice, or of a payment; null when nothing is left to confirm. */
  clientSecret(objectId: string): Promise<string | null>
}

/** What is charged, line by line. Refuses with `stripe_unavailable`. */
export interface Bills {
  /** Of an invoice (`in_…`) or a payment (`pi_…`); null when Stripe does not know it. */
  bill(id: string): Promise<Bill | null>
  /** The next invoice of a subscription; null when none is to come. */
  upcoming(subscriptionId: string): Promise<UpcomingBill | null>
}

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
  /** All of one customer, as it is now; of `subscriptionIds` those that Stripe does not know. */
  holdings(customerId: string, subscriptionIds: readonly string[]): Promise<StripeHoldings>
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

export interface Clock {
  /** Business time: periods, windows, ages of usage. In the sandbox it can be moved. */
  now(): Instant
  /** Wall time: signatures, retries, waits. */
  wall(): Instant
}

/** New ids, sortable by time: `usage_01j…`. */
export type NewId = (prefix: 'usage' | 'intent' | 'request' | 'report' | 'crossing' | 'grant' | 'audit') => string

export interface Ports {
  readonly ledger: Ledger
  readonly records: Records
  readonly inbox: Inbox
  readonly eventLog: EventLog
  readonly outbox: Outbox
  readonly crossings: Crossings
  readonly messages: Messages
  readonly mirror: Mirror
  readonly eventFeed: EventFeed
  readonly stripeBooks: StripeBooks
  readonly driftCheck: DriftCheck
  readonly meters: Meters
  readonly gateway: Gateway
  readonly observatory: Observatory
  readonly bills: Bills
  readonly clock: Clock
  readonly newId: NewId
  readonly catalogue: Catalogue
  /** The Stripe price ids as last known; filled while the program runs. */
  readonly priceIds: () => PriceIds
  /** Where users may be sent back to from Stripe's pages. */
  readonly returnRules: ReturnRules
  /** One conversation with Stripe at a time per user. */
  readonly lanes: Lanes
}

export interface Lanes {
  /** Runs when all earlier work of the same user is over; refuses with `in_progress` when that takes over `patienceMs`. */
  run<R>(user: UserId, work: () => Promise<R>, patienceMs?: number): Promise<R>
}
