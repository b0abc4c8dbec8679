import { Failure } from '../http/failure.ts'

// Stripe's minimum charge in minor units (docs.stripe.com/currencies); a currency not listed has none here.
const minimums: Readonly<Record<string, number>> = {
  usd: 50,
  aud: 50,
  brl: 50,
  cad: 50,
  chf: 50,
  eur: 50,
  nzd: 50,
  sgd: 50,
  gbp: 30,
  dkk: 250,
  nok: 300,
  sek: 300,
  hkd: 400,
  jpy: 50,
  mxn: 1000,
}
const symbols: Readonly<Record<string, string>> = { usd: '$', eur: '€', gbp: '£', jpy: '¥' }
const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))

/** The smallest amount that can be charged in a currency. */
export const minimumCharge = (currency: string): number => minimums[currency] ?? 1

export function requireChargeable(amount: number, currency: string): void {
  if (amount < 1) {
    throw new Failure(400, {
      type: 'invalid_request_error',
      code: 'parameter_invalid_integer',
      param: 'amount',
      message: 'This value must be greater than or equal to 1.',
    })
  }
  if (amount >= minimumCharge(currency)) return
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'amount_too_small',
    param: 'amount',
    message: `Amount must be at least ${moneyText(minimumCharge(currency), currency)} ${currency}`,
  })
}

/** `$39.00`: minor units, which may have a fraction of their own ("0.5" cents is $0.005). */
export function moneyText(minorUnits: number | string, currency: string): string {
  const symbol = symbols[currency] ?? `${currency.toUpperCase()} `
  if (zeroDecimal.has(currency)) return `${symbol}${minorUnits}`
  const [whole = '0', fraction = ''] = String(minorUnits).split('.')
  const digits = whole.padStart(3, '0')
  return `${symbol}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`
}

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
