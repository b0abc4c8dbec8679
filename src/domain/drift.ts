import type { UserId } from './account.ts'
import type { Dispute, ObservedDispute } from './dispute.ts'
import type { Observation } from './observation.ts'
import type { ObservedPaymentIntent, Payment } from './payment.ts'
import { type Instant, isoTime } from './period.ts'
import type { ObservedSubscription, Subscription } from './subscription.ts'

/** The ways in which we and Stripe can differ. */
export type DriftKind =
  | 'customer_link_missing'
  | 'customer_of_another_user'
  | 'customer_deleted'
  | 'customer_unknown'
  | 'second_customer'
  | 'subscription_missing'
  | 'subscription_unknown'
  | 'subscription_status'
  | 'subscription_price'
  | 'subscription_period'
  | 'subscription_cancel_at'
  | 'subscription_trial_end'
  | 'subscription_payment_method'
  | 'subscription_details'
  | 'two_live_subscriptions'
  | 'invoice_missing'
  | 'invoice_unknown'
  | 'invoice_differs'
  | 'payment_missing'
  | 'payment_unknown'
  | 'payment_differs'
  | 'refund_missing'
  | 'refund_unknown'
  | 'refund_differs'
  | 'dispute_missing'
  | 'dispute_differs'
  | 'meter_too_low'
  | 'meter_too_high'

/** One thing that we hold otherwise than Stripe, in words, and what it is worth. */
export interface Difference {
  readonly kind: DriftKind
  readonly user: UserId
  readonly customerId: string
  /** Stripe's id of what differs; the service where it is a meter. */
  readonly objectId: string
  readonly here: string
  readonly atStripe: string
  readonly meaning: string
  /** The money that hangs on it, in minor units; 0 where none does. */
  readonly amount: number
  readonly currency: string
}

/** `left`: nothing was to be mended, or it takes a decision that only the operator can make. */
export interface JudgedDifference extends Difference {
  readonly outcome: 'mended' | 'left'
}

export interface StripeCustomer {
  readonly id: string
  /** Whom its metadata names. */
  readonly user: UserId | null
  readonly isDeleted: boolean
}

/** What of ours is asked about by its id where Stripe's lists do not show it. */
export interface AskedAbout {
  readonly subscriptions: readonly string[]
  readonly entries: readonly Pick<Payment, 'id' | 'kind'>[]
}

/** All that Stripe has of one customer. */
export interface StripeHoldings {
  /** Null: Stripe does not know it at all. */
  readonly customer: StripeCustomer | null
  readonly subscriptions: readonly ObservedSubscription[]
  /** Those that were asked about by their id and that Stripe does not know. */
  readonly unknownSubscriptions: readonly string[]
  /** Invoices that are more than drafts, and refunds. */
  readonly entries: readonly Payment[]
  /** The ids of those that were asked about and that Stripe does not know. */
  readonly unknownEntries: readonly string[]
  /** Those of invoices are not among them. */
  readonly paymentIntents: readonly ObservedPaymentIntent[]
  readonly disputes: readonly ObservedDispute[]
}

/** All that we have of one customer. */
export interface OurHoldings {
  readonly user: UserId
  readonly customerId: string
  /** Whether it is the customer that the user's next purchase is made under. */
  readonly isCurrent: boolean
  readonly subscriptions: readonly Subscription[]
  readonly payments: ReadonlyMap<string, Payment>
  readonly disputes: readonly Dispute[]
}

export interface DriftReport {
  readonly startedAt: Instant
  readonly finishedAt: Instant
  readonly repair: boolean
  readonly compared: Compared
  /** What is at Stripe for customers that are not ours: no drift. */
  readonly foreign: Foreign
  readonly total: number
  readonly left: number
  readonly byKind: Readonly<Record<string, number>>
  /** The money that hung on what was found, by currency. */
  readonly drift: readonly { readonly currency: string; readonly amount: number }[]
  /** The first of them. */
  readonly differences: readonly JudgedDifference[]
}

export interface Compared {
  customers: number
  subscriptions: number
  invoices: number
  payments: number
  refunds: number
  disputes: number
  meters: number
}

export interface Foreign {
  customers: number
  subscriptions: number
  invoices: number
  payments: number
  /** The first of the customers. */
  readonly named: string[]
}

/** What cannot be mended by taking over what Stripe shows: somebody has to decide. */
const BY_HAND: ReadonlySet<DriftKind> = new Set(['customer_unknown', 'second_customer', 'two_live_subscriptions'])

/** Whether a comparison may mend it; the others only the operator can decide. */
export function isMendable({ kind }: Pick<Difference, 'kind'>): boolean {
  return !BY_HAND.has(kind)
}

const UNKNOWN_ENTRIES: ReadonlySet<DriftKind> = new Set(['invoice_unknown', 'payment_unknown', 'refund_unknown'])

/** What to observe so that the differences are gone: of all that Stripe has, the objects that differ. */
export function mendingObservations(
  differences: readonly Difference[],
  customerId: string,
  theirs: StripeHoldings,
): readonly Observation[] {
  const differing = new Set(differences.filter(isMendable).map(({ objectId }) => objectId))
  return [
    ...theirs.subscriptions
      .filter(({ id }) => differing.has(id))
      .map((subscription): Observation => ({ type: 'subscription', subscription })),
    ...theirs.unknownSubscriptions
      .filter((id) => differing.has(id))
      .map((subscriptionId): Observation => ({ type: 'subscription-unknown', subscriptionId, customerId })),
    ...theirs.entries.filter(({ id }) => differing.has(id)).map((payment): Observation => ({ type: 'entry', payment })),
    ...theirs.paymentIntents
      .filter(({ id }) => differing.has(id))
      .map((paymentIntent): Observation => ({ type: 'payment-intent', paymentIntent })),
    ...differences
      .filter(({ kind }) => UNKNOWN_ENTRIES.has(kind))
      .map(({ objectId }): Observation => ({ type: 'entry-unknown', paymentId: objectId, customerId })),
    ...theirs.disputes
      .filter(({ id }) => differing.has(id))
      .map((dispute): Observation => ({ type: 'dispute', dispute })),
    ...(theirs.customer?.isDeleted === true && differing.has(customerId)
      ? [{ type: 'customer-deleted', customerId } as const]
      : []),
  ]
}

/** A report as it is shown, to programs and people alike. */
export function shownReport(report: DriftReport) {
  return {
    started_at: isoTime(report.startedAt),
    finished_at: isoTime(report.finishedAt),
    repair: report.repair,
    compared: report.compared,
    foreign: report.foreign,
    total: report.total,
    left: report.left,
    by_kind: { ...report.byKind },
    drift: [...report.drift],
    differences: report.differences.map(({ kind, user, customerId, objectId, here, atStripe, ...rest }) => ({
      kind,
      user_id: user,
      customer_id: customerId,
      object_id: objectId,
      here,
      at_stripe: atStripe,
      meaning: rest.meaning,
      amount: rest.amount,
      currency: rest.currency,
      outcome: rest.outcome,
    })),
  }
}
