import { DAY_MS, HOUR_MS, type Instant, MINUTE_MS, SECOND_MS } from './period.ts'

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
