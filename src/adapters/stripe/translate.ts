import type { Stripe } from 'stripe'
import type { Discount, DiscountTerms } from '../../domain/discount.ts'
import type { DisputeState, ObservedDispute } from '../../domain/dispute.ts'
import type { StripeCustomer } from '../../domain/drift.ts'
import type { ObservedPaymentIntent, ObservedRefund, Payment, PaymentIntentStatus } from '../../domain/payment.ts'
import type { BillingInterval } from '../../domain/plan.ts'
import type {
  CollectionPause,
  MeteredItems,
  ObservedSubscription,
  PendingChange,
  SubscriptionPrice,
  SubscriptionStatus,
} from '../../domain/subscription.ts'
import { packOf } from './pack-metadata.ts'

/*
 * From Stripe's objects to ours. Times come in seconds and leave in milliseconds; the closed maps break the build and not
 * production when an SDK upgrade knows a new word.
 */

type Known<T extends string> = T extends string ? (string extends T ? never : T) : never

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

const PAYMENT_INTENT_STATUS = {
  requires_payment_method: 'requires_payment_method',
  requires_confirmation: 'requires_confirmation',
  requires_action: 'requires_action',
  processing: 'processing',
  requires_capture: 'requires_capture',
  succeeded: 'succeeded',
  canceled: 'canceled',
} as const satisfies Record<Known<Stripe.PaymentIntent['status']>, PaymentIntentStatus>

const INTERVALS: Readonly<Record<string, BillingInterval>> = { month: 'month', year: 'year' }

const INVOICE_STATUS = {
  draft: 'draft',
  open: 'open',
  paid: 'paid',
  uncollectible: 'uncollectible',
  void: 'void',
} as const satisfies Record<Known<NonNullable<Stripe.Invoice['status']>>, string>

/** An appeal follows a dispute that was lost; one that was prevented never took any money. */
const DISPUTE_STATE = {
  needs_response: 'open',
  under_review: 'open',
  warning_needs_response: 'inquiry',
  warning_under_review: 'inquiry',
  warning_closed: 'won',
  won: 'won',
  prevented: 'won',
  lost: 'lost',
  appeal_needs_response: 'lost',
  appeal_under_review: 'lost',
} as const satisfies Record<Known<Stripe.Dispute['status']>, DisputeState>

const COLLECTION_PAUSE = {
  keep_as_draft: 'keep_as_draft',
  mark_uncollectible: 'mark_uncollectible',
  void: 'void',
} as const satisfies Record<Known<Stripe.Subscription.PauseCollection['behavior']>, CollectionPause>

/** Whose it is stands in the metadata, where we or `stripe adopt` have written it. */
export function toCustomer(customer: Stripe.Customer | Stripe.DeletedCustomer): StripeCustomer {
  if (customer.deleted) return { id: customer.id, user: null, isDeleted: true }
  return { id: customer.id, user: customer.metadata.user_id || null, isDeleted: false }
}

const DURATION = { forever: 'forever', once: 'once', repeating: 'repeating' } as const satisfies Record<
  Known<Stripe.Coupon['duration']>,
  DiscountTerms['duration']
>

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
    cancelAt: orNull(subscription.cancel_at) ?? (subscription.cancel_at_period_end ? periodEnd : null),
    trialEnd: orNull(subscription.trial_end),
    startedAt: milliseconds(subscription.start_date),
    endedAt: orNull(subscription.ended_at),
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

function toDiscount(discount: string | Stripe.Discount): readonly Discount[] {
  const coupon = typeof discount === 'object' ? discount.source.coupon : null
  if (typeof discount !== 'object' || coupon === null || typeof coupon === 'string') return []
  const { promotion_code: code, end } = discount
  return [
    {
      ...toTerms(coupon),
      promotionCodeId: idOf(code),
      code: typeof code === 'object' ? (code?.code ?? null) : null,
      endsAt: orNull(end),
    },
  ]
}

export function toTerms(coupon: Stripe.Coupon): DiscountTerms {
  const { percent_off, amount_off, currency, duration_in_months } = coupon
  return {
    percentOff: percent_off,
    amountOff: amount_off,
    currency,
    duration: known(DURATION, coupon.duration),
    durationInMonths: duration_in_months,
  }
}

export function hasPaymentMethod(subscription: Stripe.Subscription): boolean {
  if (subscription.default_payment_method !== null || subscription.default_source !== null) return true
  const { customer } = subscription
  if (typeof customer === 'string' || customer.deleted) return false
  return customer.invoice_settings.default_payment_method !== null || customer.default_source !== null
}

/** Of what an invoice has in several parts: its taxes, its discounts. */
export function sumOf(parts: readonly { readonly amount: number }[] | null): number {
  return (parts ?? []).reduce((sum, { amount }) => sum + amount, 0)
}

/** Of an upgrade Stripe names first what it takes off. */
function whatIsPaidFor({ lines: { data } }: Stripe.Invoice): string | null {
  return (data.find(({ amount }) => amount > 0) ?? data[0])?.description ?? null
}

/** `refunded`: minor units given back of what was paid for it. */
export function toInvoiceEntry(invoice: Stripe.Invoice, refunded: number): Payment {
  return {
    id: invoice.id,
    customerId: idOf(invoice.customer) ?? '',
    kind: 'invoice',
    amount: invoice.status === 'paid' ? invoice.amount_paid : invoice.amount_due,
    currency: invoice.currency,
    status: invoice.status === null ? 'draft' : known(INVOICE_STATUS, invoice.status),
    description: invoice.description ?? whatIsPaidFor(invoice),
    invoiceNumber: invoice.number,
    hostedInvoiceUrl: invoice.hosted_invoice_url ?? null,
    invoicePdf: invoice.invoice_pdf ?? null,
    refundedAmount: refunded,
    takenBackAmount: 0,
    refundOf: null,
    tax: sumOf(invoice.total_taxes),
    amountExcludingTax: invoice.total_excluding_tax,
    createdAt: milliseconds(invoice.created),
  }
}

/**
 * Needs `latest_charge` expanded to know what was given back; without `refunds` nobody knows what of it takes back what was
 * bought. It enters the history when it is paid or has failed.
 */
export function toPaymentIntent(
  intent: Stripe.PaymentIntent,
  refunds: readonly Stripe.Refund[] | null = null,
): ObservedPaymentIntent {
  const status = known(PAYMENT_INTENT_STATUS, intent.status)
  const customerId = idOf(intent.customer) ?? ''
  const failed = intent.last_payment_error !== null && status !== 'succeeded'
  const entry: Payment = {
    id: intent.id,
    customerId,
    kind: 'payment',
    amount: intent.amount,
    currency: intent.currency,
    status: failed ? 'failed' : 'paid',
    description: intent.description,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: refundedOf(intent),
    takenBackAmount: 0,
    refundOf: null,
    tax: null,
    amountExcludingTax: null,
    createdAt: milliseconds(intent.created),
  }
  const { amount, currency } = intent
  const isEntry = status === 'succeeded' || failed
  const pack = packOf(intent.metadata)
  return {
    id: intent.id,
    customerId,
    status,
    amount,
    currency,
    entry: isEntry ? entry : null,
    pack,
    refunds: refunds && toRefunds(refunds),
  }
}

/** Those that did not come back. Who made one by our API said whether it takes back what was bought. */
function toRefunds(refunds: readonly Stripe.Refund[]): readonly ObservedRefund[] {
  return refunds
    .filter(({ status }) => status !== 'failed' && status !== 'canceled')
    .map(({ amount, metadata }) => {
      const said = metadata?.take_back
      return { amount, takeBack: said === undefined ? null : said === 'true' }
    })
}

export function refundedOf(intent: Stripe.PaymentIntent): number {
  const charge = intent.latest_charge
  return charge === null || typeof charge === 'string' ? 0 : charge.amount_refunded
}

/** A refund names no customer: it is that of the payment it gives back; `refundOf` is that payment's entry. */
export function toRefundEntry(refund: Stripe.Refund, customerId: string, refundOf: string): Payment {
  return {
    id: refund.id,
    customerId,
    kind: 'refund',
    amount: refund.amount,
    currency: refund.currency,
    status: refund.status ?? 'pending',
    description: refund.reason,
    invoiceNumber: null,
    hostedInvoiceUrl: null,
    invoicePdf: null,
    refundedAmount: 0,
    takenBackAmount: 0,
    refundOf,
    tax: null,
    amountExcludingTax: null,
    createdAt: milliseconds(refund.created),
  }
}

/** A dispute names neither customer nor invoice: they are those of the payment. */
export function toDispute(
  dispute: Stripe.Dispute,
  seen: Pick<ObservedDispute, 'customerId' | 'paymentId' | 'subscriptionId'>,
): ObservedDispute {
  return {
    id: dispute.id,
    ...seen,
    amount: dispute.amount,
    currency: dispute.currency,
    reason: dispute.reason,
    state: known(DISPUTE_STATE, dispute.status),
    createdAt: milliseconds(dispute.created),
  }
}

/** A reference may come as an id or expanded. */
export function idOf(reference: string | { readonly id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null
  return typeof reference === 'string' ? reference : reference.id
}

/** The subscription of an invoice; since API 2025-03-31 it stands under the invoice's parent. */
export function subscriptionOf(invoice: Stripe.Invoice): string | null {
  return idOf(invoice.parent?.subscription_details?.subscription)
}

/** An invoice that is collected automatically is tried when it is finalized. */
export function firstTriedAt({ status_transitions, created }: Stripe.Invoice): number {
  return milliseconds(status_transitions.finalized_at ?? created)
}

/** The payment intent of an invoice's first payment. Needs `payments` expanded. */
export function paymentIntentOf(invoice: Stripe.Invoice | null): string | null {
  const payments = invoice?.payments?.data ?? []
  const payment = payments.find((candidate) => candidate.is_default) ?? payments[0]
  return idOf(payment?.payment.payment_intent)
}

export function milliseconds(seconds: number): number {
  return seconds * 1_000
}

function orNull(seconds: number | null | undefined): number | null {
  return seconds === null || seconds === undefined ? null : milliseconds(seconds)
}

/** Stripe's types are open; a word that is in none of our maps stops here and not in a column. */
function known<T extends string>(map: Readonly<Record<string, T>>, word: string): T {
  const found = Object.hasOwn(map, word) ? map[word] : undefined
  if (found === undefined) throw new Error(`Stripe says "${word}", which this version does not know. A newer one may.`)
  return found
}
