const scale = 12

/** quantity × decimal unit amount in minor units, rounded half up once (Stripe publishes no rule; one line, one rounding). */
export function timesQuantity(unitAmountDecimal: string, quantity: string | number): number {
  return rounded(scaled(unitAmountDecimal) * scaled(String(quantity)), 10n ** BigInt(scale * 2))
}

/** A part of an amount, rounded to the nearest minor unit, halves away from zero: the rule of every proration line. */
export function share(amount: string, part: number, whole: number): number {
  return whole === 0 ? 0 : rounded(scaled(amount) * BigInt(part), 10n ** BigInt(scale) * BigInt(whole))
}

/** A percentage (which may have decimals) of a whole amount, rounded. */
export function percentOf(amount: number, percent: number): number {
  return rounded(BigInt(amount) * scaled(String(percent)), 100n * 10n ** BigInt(scale))
}

/** The exact product of two decimals (to twelve places). */
export function product(left: string, right: string): string {
  return unscaled((scaled(left) * scaled(right)) / 10n ** BigInt(scale))
}

function rounded(numerator: bigint, denominator: bigint): number {
  const half = numerator >= 0n ? denominator / 2n : -(denominator / 2n)
  return Number((numerator + half) / denominator)
}

/** The exact sum of decimal numbers, as a decimal. */
export function decimalSum(values: readonly string[]): string {
  return unscaled(values.reduce((total, value) => total + scaled(value), 0n))
}

function unscaled(sum: bigint): string {
  const digits = (sum < 0n ? -sum : sum).toString().padStart(scale + 1, '0')
  const fraction = digits.slice(-scale).replace(/0+$/, '')
  return `${sum < 0n ? '-' : ''}${digits.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`
}

function scaled(value: string): bigint {
  const [whole = '0', fraction = ''] = value.replace('-', '').split('.')
  const magnitude = BigInt(whole) * 10n ** BigInt(scale) + BigInt(fraction.padEnd(scale, '0').slice(0, scale))
  return value.startsWith('-') ? -magnitude : magnitude
}
