import { remembered } from './remembered.ts'

/** A moment in milliseconds since 1970 UTC. Always an argument: nothing in the domain reads a clock. */
export type Instant = number

/** A stretch of time, half-open: `start` belongs to it, `end` to the next. */
export interface Period {
  readonly start: Instant
  readonly end: Instant
}

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

/**
 * The allowance period that holds `at`: whole months counted from the anchor, never from the previous end, so that an
 * anchor on the 31st comes back to the 31st after February (Stripe's rule for billing_cycle_anchor).
 */
export function allowancePeriodAt(anchor: Instant, at: Instant): Period {
  const latest = latestPeriods(anchor)
  if (latest.period === null || at < latest.period.start || at >= latest.period.end)
    latest.period = periodFrom(anchor, at)
  return latest.period
}

/** Of each anchor the period that was asked for last: it is the one that is asked for next, nearly always. */
const latestPeriods = remembered(20_000, (_anchor: Instant): { period: Period | null } => ({ period: null }))

function periodFrom(anchor: Instant, at: Instant): Period {
  let months = monthsSinceYearZero(at) - monthsSinceYearZero(anchor)
  if (addMonths(anchor, months) > at) months -= 1
  return { start: addMonths(anchor, months), end: addMonths(anchor, months + 1) }
}

/** `months` calendar months after the anchor, clamped to the last day of a short month; UTC. */
export function addMonths(anchor: Instant, months: number): Instant {
  const from = new Date(anchor)
  const month = from.getUTCMonth() + months
  const lastDay = new Date(midnight(from.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const day = Math.min(from.getUTCDate(), lastDay)
  const timeOfDay = ((anchor % DAY_MS) + DAY_MS) % DAY_MS
  return midnight(from.getUTCFullYear(), month, day) + timeOfDay
}

/** `Date.UTC` takes the years before 100 for those of the twentieth century. */
function midnight(year: number, month: number, day: number): Instant {
  return new Date(0).setUTCFullYear(year, month, day)
}

/** The calendar month of a moment, `YYYY-MM`, UTC. */
export function calendarMonth(at: Instant): string {
  return dateOn(Math.floor(at / DAY_MS)).month
}

/** The day of a moment, `YYYY-MM-DD`, UTC. */
export function calendarDay(at: Instant): string {
  return dateOn(Math.floor(at / DAY_MS)).day
}

/** How a day is called, by the number of days since 1970. */
const dateOn = remembered(1_000, (days: number): { readonly day: string; readonly month: string } => {
  const day = new Date(days * DAY_MS).toISOString().slice(0, 10)
  return { day, month: day.slice(0, 7) }
})

/** The stretch of a calendar month given as `YYYY-MM`. */
export function monthPeriod(month: string): Period {
  const start = Date.parse(`${month}-01T00:00:00.000Z`)
  return { start, end: addMonths(start, 1) }
}

/** The months in which usage of any allowance period that holds `at` can lie: its own and both neighbours. */
export function monthsAround(at: Instant): readonly string[] {
  return monthsBeside(calendarMonth(at))
}

const monthsBeside = remembered(100, (month: string): readonly string[] => {
  const first = monthPeriod(month).start
  return [-1, 0, 1].map((offset) => calendarMonth(addMonths(first, offset)))
})

/** ISO 8601 in UTC, with milliseconds. */
export function isoTime(at: Instant): string {
  return new Date(at).toISOString()
}

/** `null` stays `null`: for the optional times of an answer. */
export function isoTimeOrNull(at: Instant | null): string | null {
  return at === null ? null : isoTime(at)
}

function monthsSinceYearZero(at: Instant): number {
  const date = new Date(at)
  return date.getUTCFullYear() * 12 + date.getUTCMonth()
}
