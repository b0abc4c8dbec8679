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

/** What a quantity of a price costs, as Stripe puts it on an invoice: one line, or one for each tier reached. */
export function chargesOf(turn: Turn, price: Price, quantity: string): Charged[] {
  const tiers = price.billing_scheme === 'tiered' ? tiersOf(turn, price) : undefined
  if (!tiers) return [{ quantity: transformed(price, quantity), unitAmount: unitPrice(price) }]
  return price.tiers_mode === 'volume' ? byVolume(tiers, quantity) : graduated(tiers, quantity)
}

/** The exact price of a quantity, in minor units. */
export function totalOf(turn: Turn, price: Price, quantity: string): string {
  return decimalSum(chargesOf(turn, price, quantity).map((charged) => product(charged.unitAmount, charged.quantity)))
}

function transformed(price: Price, quantity: string): string {
  const { transform_quantity: transform } = price
  if (!transform) return quantity
  const packs = Number(quantity) / transform.divide_by
  return String(transform.round === 'up' ? Math.ceil(packs) : Math.floor(packs))
}

function byVolume(tiers: readonly Tier[], quantity: string): Charged[] {
  const reached = tiers.findIndex((tier) => tier.up_to === null || Number(quantity) <= tier.up_to)
  const tier = tiers[reached]
  return tier ? withinTier(tier, reached + 1, quantity) : []
}

function graduated(tiers: readonly Tier[], quantity: string): Charged[] {
  const total = Number(quantity)
  return tiers.flatMap((tier, index) => {
    const below = tiers[index - 1]?.up_to ?? 0
    if (index > 0 && total <= below) return []
    const within = tier.up_to !== null && tier.up_to < total ? String(tier.up_to) : quantity
    return withinTier(tier, index + 1, decimalSum([within, `-${below}`]))
  })
}

function withinTier(tier: Tier, number: number, quantity: string): Charged[] {
  const unit = tier.unit_amount_decimal
  const flat = tier.flat_amount_decimal
  return [
    ...(unit === null ? [] : [{ quantity, unitAmount: unit, tier: number }]),
    ...(flat === null ? [] : [{ quantity: '1', unitAmount: flat, tier: number, flat: true }]),
  ]
}
