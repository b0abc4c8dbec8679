import type { Turn } from '../turn.ts'
import type { Price } from '../wire.ts'
import { tiersOf } from './currency-options.ts'
import type { Tier } from './memory.ts'
import { decimalSum, product } from './money.ts'

/** One line's worth of a price: so many units at so much each. */
export interface Charged {
  readonly quantity: string
  readonly unitAmount: string
  /** The tier, counted from one, when the price has tiers. */
  readonly tier?: number
  readonly flat?: boolean
}

export const unitPrice = (price: Price): string => price.unit_amount_decimal ?? String(price.unit_amount ?? 0)

/**
 * What a quantity of a price costs, as Stripe puts it on an invoice: one line, or one for each tier reached. Of it, what
 * comes `after` the quantity that is billed already: tiers go on where they were.
 */
export function chargesOf(turn: Turn, price: Price, quantity: string, after = '0'): Charged[] {
  const tiers = price.billing_scheme === 'tiered' ? tiersOf(turn, price) : undefined
  if (!tiers) {
    const left = difference(transformed(price, quantity), transformed(price, after))
    return [{ quantity: left, unitAmount: unitPrice(price) }]
  }
  return price.tiers_mode === 'volume' ? byVolume(tiers, quantity, after) : graduated(tiers, quantity, after)
}

/** The exact price of a quantity, in minor units. */
export function totalOf(turn: Turn, price: Price, quantity: string): string {
  return decimalSum(chargesOf(turn, price, quantity).map((charged) => product(charged.unitAmount, charged.quantity)))
}

const difference = (quantity: string, less: string) => (less === '0' ? quantity : decimalSum([quantity, `-${less}`]))

function transformed(price: Price, quantity: string): string {
  const { transform_quantity: transform } = price
  if (!transform) return quantity
  const packs = Number(quantity) / transform.divide_by
  return String(transform.round === 'up' ? Math.ceil(packs) : Math.floor(packs))
}

function byVolume(tiers: readonly Tier[], quantity: string, after: string): Charged[] {
  const reached = tiers.findIndex((tier) => tier.up_to === null || Number(quantity) <= tier.up_to)
  const tier = tiers[reached]
  return tier ? withinTier(tier, reached + 1, difference(quantity, after), after === '0') : []
}

function graduated(tiers: readonly Tier[], quantity: string, after: string): Charged[] {
  const total = Number(quantity)
  return tiers.flatMap((tier, index) => {
    const below = tiers[index - 1]?.up_to ?? 0
    if (index > 0 && total <= below) return []
    if (after !== '0' && tier.up_to !== null && tier.up_to <= Number(after)) return []
    const within = tier.up_to !== null && tier.up_to < total ? String(tier.up_to) : quantity
    const isNew = after === '0' || Number(after) <= below
    return withinTier(tier, index + 1, decimalSum([within, `-${isNew ? below : after}`]), isNew)
  })
}

function withinTier(tier: Tier, number: number, quantity: string, isNew: boolean): Charged[] {
  const unit = tier.unit_amount_decimal
  const flat = tier.flat_amount_decimal
  return [
    ...(unit === null ? [] : [{ quantity, unitAmount: unit, tier: number }]),
    ...(flat === null || !isNew ? [] : [{ quantity: '1', unitAmount: flat, tier: number, flat: true }]),
  ]
}
