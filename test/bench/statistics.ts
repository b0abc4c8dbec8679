/** The least, the middle and the greatest of some numbers. */
export interface Spread {
  readonly least: number
  readonly median: number
  readonly most: number
}

export function spreadOf(values: readonly number[]): Spread {
  return { least: Math.min(...values), median: medianOf(values), most: Math.max(...values) }
}

export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  const [lower, upper] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return lower === undefined || upper === undefined ? Number.NaN : (lower + upper) / 2
}

/** Pair by pair: what ran in the same round met the same mood of the machine. */
export function ratios(values: readonly number[], bases: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (bases[round] ?? Number.NaN))
}
