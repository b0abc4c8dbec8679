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
