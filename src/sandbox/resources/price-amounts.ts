import { type CurrencyOption, recall, remember, type Tier } from '../engine/memory.ts'
import { type Decoded, decimal, either, fields, integer, list, need, notSimulated, oneOf } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Price } from '../wire.ts'

export const tierList = list(
  fields({
    flat_amount: integer,
    flat_amount_decimal: decimal,
    unit_amount: integer,
    unit_amount_decimal: decimal,
    up_to: either(integer, oneOf('inf')),
  }),
)
export const currencyOption = fields({
  custom_unit_amount: notSimulated,
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  tiers: tierList,
  unit_amount: integer,
  unit_amount_decimal: decimal,
})
type Options = Readonly<Record<string, Decoded<typeof currencyOption>>>
type Tiers = Decoded<typeof tierList>

/** `unit_amount` is null for an amount below a cent; the decimal always tells. */
export function unitAmounts(
  sent: Pick<Decoded<typeof currencyOption>, 'unit_amount' | 'unit_amount_decimal'>,
): Pick<Price, 'unit_amount' | 'unit_amount_decimal'> {
  const { unit_amount: whole, unit_amount_decimal: exact } = sent
  if (whole !== undefined && exact !== undefined) {
    throw invalid('You may only specify one of these parameters: unit_amount, unit_amount_decimal.', 'unit_amount')
  }
  if (whole !== undefined && whole < 0) {
    throw invalid('This value must be greater than or equal to 0.', 'unit_amount', 'parameter_invalid_integer')
  }
  const text = exact === undefined ? String(need(whole, 'unit_amount')) : trimmed(exact)
  return { unit_amount: text.includes('.') ? null : Number(text), unit_amount_decimal: text }
}

/** What it costs in other currencies; shown only to those who expand it. */
export function keepOptions(turn: Turn, price: Price, sent: Options | undefined): void {
  if (!sent) return
  const options = Object.entries(sent).map(([currency, option]) => [currency.toLowerCase(), optionOf(price, option)])
  const kept = recall(turn, 'currency_options', price.id)
  remember(turn, 'currency_options', price.id, { ...kept, ...Object.fromEntries(options) })
}

function optionOf(price: Price, sent: Decoded<typeof currencyOption>): CurrencyOption {
  const { billing_scheme, tax_behavior } = price
  const shared = { custom_unit_amount: null, tax_behavior: sent.tax_behavior ?? tax_behavior }
  if (billing_scheme !== 'tiered') return { ...shared, ...unitAmounts(sent) }
  return { ...shared, unit_amount: null, unit_amount_decimal: null, tiers: tiersSent(sent.tiers) }
}

function tiersSent(sent: Tiers | undefined): readonly Tier[] {
  const tiers = need(sent, 'tiers').map((tier, index) => tierOf(tier, `tiers[${index}]`))
  const isOutOfOrder = tiers
    .slice(0, -1)
    .some(({ up_to }, index) => up_to === null || up_to <= (tiers[index - 1]?.up_to ?? 0))
  if (isOutOfOrder) {
    throw invalid('Each tier must end above the one before it.', 'tiers')
  }
  if (tiers.at(-1)?.up_to !== null) throw invalid('The last tier must have `up_to=inf`.', 'tiers')
  return tiers
}

interface TieredWish {
  readonly tiers?: Tiers | undefined
  readonly tiers_mode?: 'graduated' | 'volume' | undefined
}

/** Tiers are shown only to those who expand them, so they are kept beside the price. */
export function tiered(turn: Turn, sent: TieredWish, id: string) {
  remember(turn, 'tiers', id, tiersSent(sent.tiers))
  const tiers_mode = need(sent.tiers_mode, 'tiers_mode')
  return { billing_scheme: 'tiered' as const, tiers_mode, unit_amount: null, unit_amount_decimal: null }
}

function tierOf(sent: Tiers[number], name: string): Tier {
  const decimalOf = (whole: number | undefined, exact: string | undefined) =>
    exact === undefined ? (whole === undefined ? null : String(whole)) : trimmed(exact)
  const wholeOf = (text: string | null) => (text === null || text.includes('.') ? null : Number(text))
  const unit = decimalOf(sent.unit_amount, sent.unit_amount_decimal)
  const flat = decimalOf(sent.flat_amount, sent.flat_amount_decimal)
  if (unit === null && flat === null) throw invalid('A tier must have a unit_amount or a flat_amount.', name)
  const upTo = need(sent.up_to, `${name}[up_to]`)
  return {
    flat_amount: wholeOf(flat),
    flat_amount_decimal: flat,
    unit_amount: wholeOf(unit),
    unit_amount_decimal: unit,
    up_to: upTo === 'inf' ? null : upTo,
  }
}

const trimmed = (value: string) => (value.includes('.') ? value.replace(/\.?0+$/, '') : value)
