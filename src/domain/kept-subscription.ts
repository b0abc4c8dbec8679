import { type Catalogue, type PriceIds, planOfPrice } from './catalogue.ts'
import { pastTermsOf } from './held-terms.ts'
import { DAY_MS, type Instant } from './period.ts'
import { currentVersion } from './plan-version.ts'
import { isOwing, type ObservedSubscription, type PlannedTerms, type Subscription } from './subscription.ts'

/** With what it is judged what was seen. */
export interface Knowledge {
  readonly catalogue: Catalogue
  readonly priceIds: PriceIds
  /** Business time of the observation. */
  readonly at: Instant
  /** By Stripe's clock, when it was so; left out where nobody knows. */
  readonly seenAt?: Instant | null
  /**
   * Everything of the customer was looked at for this in the user's lane. Stripe revives no subscription: if one that has
   * ended here has not at Stripe, it is we who are wrong.
   */
  readonly isCompared?: boolean
}

/**
 * A subscription as it is kept after a look at it. A plan once bought keeps its name when its price leaves the catalogue, as
 * long as the price is the same; of a price that was never in it the plan is unknown.
 */
export function keptSubscription(
  known: Subscription | undefined,
  seen: ObservedSubscription,
  knowledge: Knowledge,
): Subscription {
  const plan = seen.priceId === null ? null : planOfPrice(knowledge.catalogue, knowledge.priceIds, seen.priceId)
  const planName = plan?.name ?? (known?.priceId === seen.priceId ? (known?.planName ?? null) : null)
  const bought = boughtAfter(known, planName, seen, knowledge)
  const { trialCard: _, latestInvoice: __, ...state } = seen
  return {
    ...state,
    ...bought,
    statusSince: known && known.status === seen.status ? known.statusSince : statusChangedAt(known, seen, knowledge.at),
    pastDueSince: isOwing(seen) ? (seen.pastDueSince ?? known?.pastDueSince ?? knowledge.at) : null,
    collectionPausedSince: seen.collectionPause === null ? null : (known?.collectionPausedSince ?? knowledge.at),
    pastTerms: known ? pastTermsOf(known, bought, seen, knowledge.at) : [],
  }
}

/** The terms stay as they were bought as long as plan and price do, unless others were planned and have come to hold. */
function boughtAfter(
  known: Subscription | undefined,
  planName: string | null,
  seen: ObservedSubscription,
  { catalogue, seenAt }: Knowledge,
): Pick<Subscription, 'planName' | 'planVersion' | 'plannedTerms'> {
  if (known === undefined || known.planName !== planName || known.priceId !== seen.priceId)
    return { planName, ...versioned(currentVersion(catalogue, planName)) }
  const { planVersion, plannedTerms: planned } = known
  const kept = { planName, ...versioned(planVersion ?? null) }
  if (!planned) return kept
  const fate = fateOf(planned, seen, seenAt ?? seen.currentPeriodStart)
  if (fate === 'holds') return { planName, planVersion: planned.planVersion }
  return fate === 'waits' ? { ...kept, plannedTerms: planned } : kept
}

/** What has become of terms that were planned. Those with other rates hold when Stripe bills by them. */
function fateOf(planned: PlannedTerms, seen: ObservedSubscription, seenAt: Instant): 'waits' | 'holds' | 'lapses' {
  // Whoever cancels or changes his plan withdraws at Stripe what was planned there.
  if (seen.cancelAt !== null || seen.pendingChange !== null) return 'lapses'
  const { from, meteredPriceIds } = planned
  if (meteredPriceIds === undefined) return seen.currentPeriodStart >= from ? 'holds' : 'waits'
  const billed = seen.metered?.priceIds ?? []
  if (billed.length === meteredPriceIds.length && billed.every((id) => meteredPriceIds.includes(id))) return 'holds'
  return seenAt > from + DAY_MS ? 'lapses' : 'waits'
}

function versioned(planVersion: string | null) {
  return planVersion === null ? {} : { planVersion }
}

/**
 * Since when it has another status, by what Stripe says of it, for the news may be late; where Stripe does not say, since
 * it was seen so. In whatever order the news come, it is the same: a payment that came late leaves no time of its own.
 */
function statusChangedAt(known: Subscription | undefined, seen: ObservedSubscription, at: Instant): Instant {
  return Math.min(saidBy(seen, known) ?? at, at)
}

function saidBy(
  { status, endedAt, createdAt, startedAt, trialEnd }: ObservedSubscription,
  known: Subscription | undefined,
): Instant | null {
  switch (status) {
    case 'canceled':
    case 'incomplete_expired':
      return endedAt
    case 'incomplete':
      return createdAt
    case 'trialing':
      return known === undefined ? startedAt : null
    case 'paused':
      return known === undefined || known.status === 'trialing' ? trialEnd : null
    default:
      return null
  }
}
