import type { Meter } from '../wire.ts'
import { decimalSum } from './money.ts'

/** A meter's total over values in the order of their time. Sums are exact; a negative total counts as nothing. */
export function aggregate(meter: Meter, values: readonly string[]): string {
  const { formula } = meter.default_aggregation
  if (formula === 'count') return String(values.length)
  const total = formula === 'last' ? (values.at(-1) ?? '0') : decimalSum(values)
  return total.startsWith('-') ? '0' : total
}
