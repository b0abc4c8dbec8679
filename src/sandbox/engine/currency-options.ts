import type { Turn } from '../turn.ts'
import type { Coupon, Price } from '../wire.ts'
import { type CurrencyOption, recall, type Tier } from './memory.ts'

/** A price as it is for a buyer of another currency, where it has amounts for that; else as it is. */
export function inCurrency(turn: Turn, price: Price, currency: string | null | undefined): Price {
  if (!currency || price.currency === currency) return price
  const option = recall(turn, 'currency_options', price.id)?.[currency]
  if (!option) return price
  const { tax_behavior, unit_amount, unit_amount_decimal } = option
  return { ...price, currency, tax_behavior, unit_amount, unit_amount_decimal }
}

/** The tiers of a price in the currency that it is in. */
export function tiersOf(turn: Turn, price: Price): readonly Tier[] | undefined {
  const option = recall(turn, 'currency_options', price.id)?.[price.currency]
  return option?.tiers ?? recall(turn, 'tiers', price.id)
}

/** What Stripe shows of a price's currencies to whoever expands them: its own is among them. */
export function shownOptions(turn: Turn, price: Price): Readonly<Record<string, CurrencyOption>> {
  const { currency, custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal } = price
  const own = { custom_unit_amount, tax_behavior, unit_amount, unit_amount_decimal }
  return { [currency]: own, ...recall(turn, 'currency_options', price.id) }
}

/** What a coupon takes off, by currency. */
export function amountsOff(turn: Turn, coupon: Coupon): Readonly<Record<string, number>> {
  const others = Object.entries(recall(turn, 'amounts_off', coupon.id) ?? {})
  const own = coupon.currency === null || coupon.amount_off === null ? {} : { [coupon.currency]: coupon.amount_off }
  return { ...own, ...Object.fromEntries(others.map(([currency, { amount_off }]) => [currency, amount_off])) }
}
