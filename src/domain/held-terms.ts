import { allowancePeriodAt, DAY_MS, type Instant, type Period } from './period.ts'
import { isLive, type ObservedSubscription, type PastTerms, type Subscription } from './subscription.ts'

/** The plan, its terms and the anchor that hold at a moment: a use counts under what held when it occurred. */
export function termsHeldAt(
  subscription: Subscription,
  at: Instant,
): Pick<Subscription, 'planName' | 'planVersion' | 'anchor'> {
  const past = subscription.pastTerms.find(({ until }) => at < until)
  if (past !== undefined) return past
  const planned = subscription.plannedTerms
  return planned && at >= planned.from ? { ...subscription, planVersion: planned.planVersion } : subscription
}

/** What is used is billed by the month, also where the plan is paid by the year. */
export function meteredPeriodAt(subscription: Subscription, at: Instant): Period {
  const { currentPeriodStart: start, currentPeriodEnd: end, anchor, price, status } = subscription
  if (price?.interval !== 'year' || status === 'trialing') return { start, end }
  const month = allowancePeriodAt(anchor, at)
  return { start: Math.max(month.start, start), end: Math.min(month.end, end) }
}

/** Usage is told up to 35 days late. */
const REMEMBERED_MS = 36 * DAY_MS
/** More changes than this within those days are nobody's wish; the oldest are forgotten first. */
const MOST_PAST_TERMS = 50

/** What held so far joins the past when plan, terms or anchor of a subscription that was in use have changed. */
export function pastTermsOf(
  known: Subscription,
  { planName, planVersion }: Pick<Subscription, 'planName' | 'planVersion'>,
  seen: Pick<ObservedSubscription, 'anchor' | 'currentPeriodStart'>,
  at: Instant,
): readonly PastTerms[] {
  const isSame = known.planName === planName && (known.planVersion ?? null) === (planVersion ?? null)
  if (!isLive(known) || (isSame && known.anchor === seen.anchor)) return known.pastTerms
  const past: PastTerms = {
    until: changedAt(known, seen, at),
    planName: known.planName,
    ...(known.planVersion ? { planVersion: known.planVersion } : {}),
    anchor: known.anchor,
  }
  return [...known.pastTerms.filter(({ until }) => until > at - REMEMBERED_MS), past].slice(-MOST_PAST_TERMS)
}

/** A change at the turn of a period holds from there, however late it is seen; any other from when it is seen. */
function changedAt(known: Subscription, seen: Pick<ObservedSubscription, 'currentPeriodStart'>, at: Instant): Instant {
  return seen.currentPeriodStart > known.currentPeriodStart ? Math.min(seen.currentPeriodStart, at) : at
}
