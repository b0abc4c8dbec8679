import type { Crossing, UserId } from './account.ts'
import { addMonths, allowancePeriodAt, DAY_MS, HOUR_MS, type Instant, isoTime, MINUTE_MS, SECOND_MS } from './period.ts'
import { amountOf, SERVICES } from './quantity.ts'
import type { Subscription } from './subscription.ts'

/** What the app is told when an allowance is used up to a threshold. */
export function announcementOf(user: UserId, crossing: Crossing, subscriptions: readonly Subscription[]) {
  const { service, threshold, used, included, allowanceStart, at } = crossing
  const { unit, unitQuanta } = SERVICES[service]
  return {
    type: 'usage.threshold_reached',
    timestamp: isoTime(at),
    data: {
      user_id: user,
      service_type: service,
      threshold,
      used: amountOf(used, unitQuanta),
      included: amountOf(included, unitQuanta),
      unit,
      period_start: isoTime(allowanceStart),
      period_end: isoTime(periodEnd(allowanceStart, subscriptions)),
    },
  }
}

/** Counted from the anchor of the subscription whose period it is: a month from a clamped start would end too early. */
function periodEnd(start: Instant, subscriptions: readonly Subscription[]): Instant {
  const periods = subscriptions.map(({ anchor }) => allowancePeriodAt(anchor, start))
  return periods.find((period) => period.start === start)?.end ?? addMonths(start, 1)
}

/** The waits between tries that Standard Webhooks recommends: ten tries in a little over three days. */
const WAITS_MS = [
  5 * SECOND_MS,
  5 * MINUTE_MS,
  30 * MINUTE_MS,
  2 * HOUR_MS,
  5 * HOUR_MS,
  10 * HOUR_MS,
  14 * HOUR_MS,
  20 * HOUR_MS,
  24 * HOUR_MS,
]

/** When to post again after so many tries that failed; null is never. */
export function nextPosting(failedTries: number, now: Instant): Instant | null {
  const wait = WAITS_MS[failedTries - 1]
  return wait === undefined ? null : now + wait
}

const STALE_MS = 3 * DAY_MS

/** What happened long before there was somebody to tell it is no news: nobody wants a mail about last year's limit. */
export function isStale(happenedAt: Instant, failedTries: number, now: Instant): boolean {
  return failedTries === 0 && now - happenedAt > STALE_MS
}
