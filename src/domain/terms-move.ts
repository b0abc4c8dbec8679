import type { Account } from './account.ts'
import { billedServices, type Catalogue, type PriceIds } from './catalogue.ts'
import { currencyOf, rateIn } from './currency.ts'
import { pastTermsOf } from './held-terms.ts'
import type { ChangeMoment, WishOf } from './intent.ts'
import { type Instant, isoTime, SECOND_MS } from './period.ts'
import type { Plan } from './plan.ts'
import { currentVersion, planBought, type TermChange, termChanges } from './plan-version.ts'
import { meteredPrices, planOnSale } from './subscribing.ts'
import { liveSubscription, type Subscription } from './subscription.ts'

export type TermsMoveDecision =
  | {
      readonly type: 'move'
      readonly subscription: Subscription
      /** As it is to be kept. */
      readonly moved: Subscription
      readonly terms: readonly TermChange[]
      /** Null where they hold at once. */
      readonly effectiveAt: Instant | null
      /** What it takes at Stripe; null where Stripe bills as before. */
      readonly wish: WishOf<'change'> | null
    }
  /** What the customer has decided himself is not overruled. */
  | { readonly type: 'left'; readonly subscription: Subscription; readonly why: string }
  /** Not on other terms than today's, or not on the plan any more. */
  | { readonly type: 'gone' }

/**
 * Whether and how a user is moved to today's terms of his plan, at the same price. During a trial nothing is paid yet, so that
 * it is done at once. Other rates hold from a new period on: Stripe bills all use of a period by one price.
 */
export function decideTermsMove(
  catalogue: Catalogue,
  priceIds: PriceIds,
  account: Account,
  move: { readonly planName: string; readonly when: ChangeMoment },
  now: Instant,
): TermsMoveDecision {
  const subscription = liveSubscription(account.subscriptions)
  const version = currentVersion(catalogue, move.planName)
  if (subscription === null || subscription.planName !== move.planName || version === null) return { type: 'gone' }
  const [held, sold] = [planBought(catalogue, subscription), planOnSale(catalogue, move.planName)]
  const terms = held === null ? [] : changesFor(catalogue, subscription, held, sold)
  if (held === null || terms.length === 0) return { type: 'gone' }
  const isNow = move.when === 'now' || subscription.status === 'trialing'
  const isBilledOtherwise = isBilledDifferently(catalogue, subscription, held, sold)
  const why = whyLeft(subscription, version, isBilledOtherwise && isNow && subscription.status !== 'trialing')
  if (why !== null) return { type: 'left', subscription, why }
  const from = isNow ? now : subscription.currentPeriodEnd
  const meteredPriceIds = isBilledOtherwise ? meteredPrices(sold, priceIds) : undefined
  const planned = { from, planVersion: version, ...(meteredPriceIds === undefined ? {} : { meteredPriceIds }) }
  const isSaved = isNow && meteredPriceIds === undefined
  return {
    type: 'move',
    subscription,
    moved: isSaved ? onTerms(subscription, version, now) : { ...subscription, plannedTerms: planned },
    terms,
    effectiveAt: isNow ? null : from,
    wish: meteredPriceIds === undefined ? null : wishOf(subscription, isNow, meteredPriceIds, now),
  }
}

/** A move that Stripe would not make is not planned any more. */
export function withoutPlannedTerms({ plannedTerms: _, ...subscription }: Subscription): Subscription {
  return subscription
}

/** Rates in currencies that he does not pay in are nothing to him. */
function changesFor(catalogue: Catalogue, subscription: Subscription, from: Plan, to: Plan): readonly TermChange[] {
  const currency = currencyOf(catalogue, subscription)
  const own = currency === catalogue.currency ? '.rate' : `.rate.${currency}`
  return termChanges(from, to).filter(({ term }) => !term.includes('.rate') || term.endsWith(own))
}

function isBilledDifferently(catalogue: Catalogue, subscription: Subscription, from: Plan, to: Plan): boolean {
  const currency = currencyOf(catalogue, subscription)
  const billed = (plan: Plan) =>
    billedServices(plan).map((service) => `${service} ${rateIn(catalogue, plan.services[service], currency)}`)
  return billed(from).join() !== billed(to).join()
}

function whyLeft(subscription: Subscription, version: string, isTooSoon: boolean): string | null {
  const { cancelAt, pendingChange, plannedTerms } = subscription
  if (cancelAt !== null) return `It ends on ${isoTime(cancelAt)}.`
  if (pendingChange !== null) return 'Another change is planned.'
  if (plannedTerms?.planVersion === version) return 'It is planned already.'
  if (isTooSoon) return 'Other rates can only hold from a new period on: move it at the renewal.'
  return null
}

function onTerms(subscription: Subscription, planVersion: string, now: Instant): Subscription {
  const { planName } = subscription
  const pastTerms = pastTermsOf(subscription, { planName, planVersion }, subscription, now)
  return { ...withoutPlannedTerms(subscription), planVersion, pastTerms }
}

function wishOf(
  { id, planName, priceId }: Subscription,
  isNow: boolean,
  meteredPriceIds: readonly string[],
  now: Instant,
): WishOf<'change'> {
  return {
    kind: 'change',
    subscriptionId: id,
    planName: planName ?? '',
    priceId: priceId ?? '',
    meteredPriceIds,
    isOfTerms: true,
    when: isNow ? 'now' : 'period_end',
    restarts: false,
    prorationDate: Math.floor(now / SECOND_MS) * SECOND_MS,
    isQuoted: false,
    paymentMethodId: null,
    promotionCodeId: null,
  }
}
