import { divideHalfUp, type Quantity, SERVICES, type ServiceType } from './quantity.ts'
import { remembered } from './remembered.ts'

/** A price per unit in minor units of the currency, as a decimal string: `"5"` is five cents, `"0.79"` less than one. */
export type Rate = string

/** The same rate in other currencies. */
export type CurrencyRates = Readonly<Record<string, Rate>>

/** Stripe keeps at most twelve decimals in `unit_amount_decimal`. */
const RATE_DECIMALS = 12
const RATE_PATTERN = /^(0|[1-9]\d{0,11})(\.\d{1,12})?$/

/**
 * An amount of money before rounding: a whole number of 1 / (60,000,000 × 10^12) minor units, the least common measure
 * of a microsecond or a millionth at any rate. Amounts of different services and rates add up without loss.
 */
export type ExactAmount = bigint

const FINEST_UNIT_QUANTA = 60_000_000n
const EXACT_SCALE = FINEST_UNIT_QUANTA * 10n ** BigInt(RATE_DECIMALS)

/** Whether it is a decimal number of minor units that we can count with: "5", "0.79". */
export function isRate(text: string): boolean {
  return RATE_PATTERN.test(text)
}

/** A rate as Stripe writes it: no noughts at its end. */
export function plainRate(rate: Rate): Rate {
  return rate.includes('.') ? rate.replace(/\.?0+$/, '') : rate
}

/** What a quantity of a service costs at a rate, exactly. `rate` must satisfy `isRate`. */
export function exactCost(service: ServiceType, quantity: Quantity, rate: Rate): ExactAmount {
  return quantity * scaledRate(rate) * (FINEST_UNIT_QUANTA / SERVICES[service].unitQuanta)
}

const scaledRate = remembered(1_000, (rate: Rate): bigint => {
  const [whole = '0', fraction = ''] = rate.split('.')
  return BigInt(whole + fraction.padEnd(RATE_DECIMALS, '0'))
})

/** An amount in minor units, exactly. */
export function exactAmount(minor: number): ExactAmount {
  return BigInt(minor) * EXACT_SCALE
}

/** Minor units (cents) of an exact amount, half up. Amounts are summed exactly first and rounded once, here. */
export function minorUnits(amount: ExactAmount): number {
  return Number(divideHalfUp(amount, EXACT_SCALE))
}

/** Currencies whose smallest unit is not a hundredth in Stripe's amounts (docs.stripe.com/currencies). */
const DECIMALS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    ['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'].map(
      (currency) => [currency, 0],
    ),
  ),
  ...Object.fromEntries(['bhd', 'jod', 'kwd', 'omr', 'tnd'].map((currency) => [currency, 3])),
}

/** How many decimals the amounts of a currency have at Stripe. */
export function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2
}

/** They have no minor unit any more, and Stripe still writes them with two decimals (docs.stripe.com/currencies). */
const WHOLE_ONLY: ReadonlySet<string> = new Set(['isk', 'ugx'])

/** What amounts of a currency must be a multiple of, so that they can be charged: of three decimals cards know two. */
function chargedStep(currency: string): number {
  if (WHOLE_ONLY.has(currency)) return 100
  return decimalsOf(currency) === 3 ? 10 : 1
}

/** Why an amount in minor units cannot be charged in a currency; null when it can. */
export function unchargeable(amount: number, currency: string): string | null {
  const step = chargedStep(currency)
  if (amount % step === 0) return null
  const below = Math.floor(amount / step) * step
  const [least, most] = [below, below + step].map((near) => `${near} (${moneyText(near, currency)})`)
  return `must be a multiple of ${step}, which is as fine as ${currency.toUpperCase()} can be charged: ${least} or ${most}`
}

/** An amount in minor units as people write it: `39.00 USD`. */
export function moneyText(amount: number, currency: string): string {
  const decimals = decimalsOf(currency)
  const digits = String(Math.abs(amount)).padStart(decimals + 1, '0')
  const [whole, part] = [digits.slice(0, digits.length - decimals), digits.slice(digits.length - decimals)]
  return `${amount < 0 ? '-' : ''}${whole}${part && `.${part}`} ${currency.toUpperCase()}`
}
