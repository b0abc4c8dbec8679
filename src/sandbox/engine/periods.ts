import type { Price } from '../wire.ts'

export interface Interval {
  readonly interval: 'day' | 'week' | 'month' | 'year'
  readonly interval_count: number
}

const day = 86_400

/**
 * The anchor moved by a number of intervals, in UTC. An anchor on the 29th to 31st is clamped to the end of a short
 * month and returns afterwards (31 January, 28 February, 31 March), so steps are always counted from the anchor.
 */
export function stepsFromAnchor(anchor: number, { interval, interval_count }: Interval, steps: number): number {
  const count = interval_count * steps
  if (interval === 'day') return anchor + count * day
  if (interval === 'week') return anchor + count * 7 * day
  return addMonths(anchor, interval === 'year' ? count * 12 : count)
}

export interface Period {
  readonly start: number
  readonly end: number
}

const shortest = { day, week: 7 * day, month: 28 * day, year: 365 * day }

/** The period of an anchor's cycle that a moment lies in; a moment on a boundary begins the next one. */
export function periodAt(anchor: number, interval: Interval, moment: number): Period {
  const length = shortest[interval.interval] * interval.interval_count
  // The longest month is 31 days, so counting in the shortest unit overshoots: start below and walk up.
  let steps =
    moment >= anchor ? Math.floor(((moment - anchor) / length) * 0.9) - 1 : Math.floor((moment - anchor) / length) - 1
  while (stepsFromAnchor(anchor, interval, steps + 1) <= moment) steps += 1
  return { start: stepsFromAnchor(anchor, interval, steps), end: stepsFromAnchor(anchor, interval, steps + 1) }
}

function addMonths(anchor: number, months: number): number {
  const date = new Date(anchor * 1000)
  const month = date.getUTCMonth() + months
  const lastDay = new Date(Date.UTC(date.getUTCFullYear(), month + 1, 0)).getUTCDate()
  const day = Math.min(date.getUTCDate(), lastDay)
  const time = anchor % 86_400
  return Date.UTC(date.getUTCFullYear(), month, day) / 1000 + time
}

/** A recurring price's interval; one-time prices have none and are refused before this is asked. */
export function intervalOf(price: Price): Interval {
  const { recurring } = price
  if (!recurring) throw new Error(`${price.id} is not recurring`)
  return { interval: recurring.interval as Interval['interval'], interval_count: recurring.interval_count }
}
