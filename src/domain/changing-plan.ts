import type { Account } from './account.ts'
import { type Catalogue, findPlan, type PriceIds } from './catalogue.ts'
import { BillingError, invalidField } from './errors.ts'
import type { ChangeMoment, WishOf } from './intent.ts'
import { type Instant, isoTime, MINUTE_MS, SECOND_MS } from './period.ts'
import type { Plan, PlanPrice } from './plan.ts'
import { knownPrice, meteredPrices, planOnSale, priceOfPlan } from './subscribing.ts'
import { incompleteSubscription, liveSubscription, type Subscription, type SubscriptionPrice } from './subscription.ts'

/** A change of plan as it is asked for; null leaves it to the rules. */
export interface PlanChange {
  readonly planName: string
  readonly priceId: string | null
  readonly when: ChangeMoment | null
  /** Of a preview, whose figures are to hold. */
  readonly prorationDate: Instant | null
  readonly paymentMethodId: string | null
  /** Stripe's id of a code that may be used. */
  readonly promotionCodeId: string | null
}

/**
 * The change that is wished for with everything that the rules decide, or why it cannot be made: more takes effect at once,
 * less when the paid period is over; a year is never cut short, and a currency never changes. Refuses: `no_subscription`,
 * `payment_overdue`, `payment_method_required`, `plan_unchanged`, `price_mismatch`, `validation_failed`.
 */
export function changeWish(
  catalogue: Catalogue,
  priceIds: PriceIds,
  account: Account,
  asked: PlanChange,
  now: Instant,
): WishOf<'change'> {
  const plan = planOnSale(catalogue, asked.planName)
  const subscription = liveSubscription(account.subscriptions)
  const present = subscription && presentPrice(catalogue, priceIds, subscription)
  const target = targetPrice(plan, priceIds, asked.priceId, present)
  const wish = {
    kind: 'change',
    planName: plan.name,
    priceId: knownPrice(priceIds, target.lookupKey),
    meteredPriceIds: meteredPrices(plan, priceIds),
    currency: target.currency,
    isQuoted: asked.prorationDate !== null,
    paymentMethodId: asked.paymentMethodId,
    promotionCodeId: asked.promotionCodeId,
  } as const
  if (subscription === null) {
    if (incompleteSubscription(account.subscriptions) === null) throw nothingToChange()
    return { ...wish, subscriptionId: null, when: 'now', restarts: false, prorationDate: wholeSecond(now) }
  }
  mustBePayable(subscription)
  const when = momentOf(subscription, present, plan, target, asked.when)
  mustDiffer(subscription, wish.priceId, when)
  const restarts = subscription.status !== 'trialing' && present?.interval === 'month' && target.interval === 'year'
  if (when === 'now' && !subscription.hasPaymentMethod && asked.paymentMethodId === null)
    mustNeedNoCard(subscription, plan, target)
  return {
    ...wish,
    subscriptionId: subscription.id,
    when,
    restarts,
    prorationDate: prorationDateOf(subscription, asked.prorationDate, now),
  }
}

/** What is paid now: as it was seen at Stripe, or as the catalogue has it. */
function presentPrice(
  catalogue: Catalogue,
  priceIds: PriceIds,
  { price, priceId, planName }: Subscription,
): SubscriptionPrice | null {
  if (price !== null) return price
  return findPlan(catalogue, planName)?.prices.find(({ lookupKey }) => priceIds.get(lookupKey) === priceId) ?? null
}

/** Without a choice the price that is like the present one: in its currency, and for its interval if there is one. */
function targetPrice(
  plan: Plan,
  priceIds: PriceIds,
  wanted: string | null,
  present: SubscriptionPrice | null,
): PlanPrice {
  const chosen = wanted === null ? null : priceOfPlan(plan, priceIds, wanted)
  if (present === null) return chosen ?? plan.prices[0]
  const payable = plan.prices.filter(({ currency }) => currency === present.currency)
  const alike = payable.find(({ interval }) => interval === present.interval) ?? payable[0]
  const target = chosen ?? alike
  if (target !== undefined && target.currency === present.currency) return target
  throw new BillingError(
    'price_mismatch',
    `The subscription is paid in ${present.currency.toUpperCase()} and a running one cannot change its currency. ${
      alike === undefined
        ? `${plan.name} is not sold in ${present.currency.toUpperCase()}: cancel, and subscribe anew when the paid period is over.`
        : `Choose a price of ${plan.name} in ${present.currency.toUpperCase()}.`
    }`,
  )
}

function nothingToChange(): BillingError {
  return new BillingError(
    'no_subscription',
    'There is no subscription to change. POST /payments/create-subscription begins one.',
  )
}

/** Stripe reckons with paid invoices: with one unpaid, a change would give back what was never paid. */
function mustBePayable({ status, collectionPause }: Subscription): void {
  if (status === 'past_due' || status === 'unpaid')
    throw new BillingError(
      'payment_overdue',
      'An invoice is unpaid. Pay it first (GET /payments/billing-history has its link), then change the plan.',
    )
  if (status === 'paused' || collectionPause !== null)
    throw new BillingError(
      'payment_overdue',
      'The subscription is paused. POST /payments/resume-subscription lets it go on; then change the plan.',
    )
}

function momentOf(
  { status, planName }: Subscription,
  present: SubscriptionPrice | null,
  plan: Plan,
  target: PlanPrice,
  wanted: ChangeMoment | null,
): ChangeMoment {
  if (status === 'trialing') {
    if (wanted !== 'period_end') return 'now'
    throw invalidField('/when', 'must be now: during a trial a change takes effect at once, and nothing is due for it')
  }
  if (present?.interval === 'year' && target.interval === 'month') {
    if (wanted !== 'now') return 'period_end'
    throw invalidField('/when', 'must be period_end: the year is paid, and the monthly price begins when it is over')
  }
  if (wanted !== null) return wanted
  if (present?.interval === 'month' && target.interval === 'year' && planName === plan.name) return 'now'
  return yearly(target) < yearly(present) ? 'period_end' : 'now'
}

/** What a year of it costs. A price of unknown amount counts as nothing: then a change is more, and is shown before. */
function yearly(price: Pick<SubscriptionPrice, 'amount' | 'interval'> | null): number {
  const amount = price?.amount ?? 0
  return price?.interval === 'year' ? amount : amount * 12
}

/** The plan that is in use is a change only where it withdraws another one, or the end. */
function mustDiffer({ priceId, pendingChange, cancelAt }: Subscription, wanted: string, when: ChangeMoment): void {
  if (wanted === priceId && pendingChange === null && cancelAt === null)
    throw new BillingError('plan_unchanged', 'The subscription has this plan and price already; nothing was changed.')
  if (pendingChange?.priceId !== wanted || pendingChange.effectiveAt === null || when === 'now') return
  throw new BillingError(
    'plan_unchanged',
    `This change is planned already, for ${isoTime(pendingChange.effectiveAt)}. POST /payments/resume-subscription withdraws it.`,
  )
}

function mustNeedNoCard({ status }: Subscription, { trial }: Plan, { amount }: PlanPrice): void {
  if (status === 'trialing' ? !trial?.cardRequired : amount === 0) return
  throw new BillingError(
    'payment_method_required',
    'There is no card to charge for the change. Send a payment_method_id with it.',
  )
}

/** Longer ago a preview is out of date. */
const QUOTE_HOLDS_MS = 15 * MINUTE_MS

/** A quote is of the plan that was in use then: it does not outlive a change, or a period. */
function prorationDateOf(
  { currentPeriodStart, pastTerms }: Subscription,
  quoted: Instant | null,
  now: Instant,
): Instant {
  if (quoted === null) return Math.max(wholeSecond(now), currentPeriodStart)
  const earliest = Math.max(now - QUOTE_HOLDS_MS, currentPeriodStart, wholeSecond(pastTerms.at(-1)?.until ?? 0))
  if (quoted > now + MINUTE_MS || quoted < earliest)
    throw invalidField(
      '/proration_date',
      'must be that of a preview of the last 15 minutes in this period; preview again',
    )
  return wholeSecond(quoted)
}

function wholeSecond(at: Instant): Instant {
  return Math.floor(at / SECOND_MS) * SECOND_MS
}
