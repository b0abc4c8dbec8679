import type { TaxRate } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { InvoiceLine, Price, Subscription } from '../wire.ts'

export interface Tier {
  readonly flat_amount: number | null
  readonly flat_amount_decimal: string | null
  readonly unit_amount: number | null
  readonly unit_amount_decimal: string | null
  readonly up_to: number | null
}

/** What a price costs in another currency than its own. */
export interface CurrencyOption {
  readonly custom_unit_amount: null | Price['custom_unit_amount']
  readonly tax_behavior: Price['tax_behavior']
  readonly tiers?: readonly Tier[]
  readonly unit_amount: number | null
  readonly unit_amount_decimal: string | null
}

/** What a subscription item was last billed for: the basis of a later credit. */
export interface Billed {
  /** The invoice item of a proration, when it was one. */
  readonly item?: string
  readonly invoice: string | null
  readonly lines: readonly string[]
  /** What the whole period costs, net of discounts, in minor units; not rounded. */
  readonly amount: string
  readonly start: number
  readonly end: number
}

/** Usage at a former price of an item, still to be billed. */
export interface UsageSegment {
  readonly price: string
  readonly start: number
  readonly end: number
  /** How much of it was billed when a threshold was reached. */
  readonly billed?: string
}

/** A change of a subscription that waits for its invoice to be paid. */
export interface PendingChange {
  readonly after: Subscription
  readonly billed: readonly (readonly [item: string, billed: Billed | null])[]
}

/** What the engine remembers about an object and Stripe does not show. */
interface Memories {
  /** The customers for whom an alert has gone off. */
  readonly alerted: readonly string[]
  /** What a coupon takes off in other currencies than its own. */
  readonly amounts_off: Readonly<Record<string, { readonly amount_off: number }>>
  readonly applies_to: readonly string[]
  readonly billed: Billed
  /** How much of a metered item's use in its period was billed when a threshold was reached. */
  readonly billed_usage: string
  readonly currency_options: Readonly<Record<string, CurrencyOption>>
  /** The stretches of usage an invoice bills; counted again when it is finalized. */
  readonly metered: readonly (UsageSegment & { readonly item: string })[]
  /** Whose an active entitlement is. */
  readonly entitled: string
  readonly pending_update: PendingChange
  /** The lines of a preview that has more than are shown with it. */
  readonly previewed: readonly InvoiceLine[]
  readonly segments: readonly UsageSegment[]
  /** Paused, and to be resumed by the payment of its latest invoice. */
  readonly resuming: boolean
  readonly spent: boolean
  /** Rates put on a line of an invoice itself. */
  readonly tax_rates: readonly TaxRate[]
  /** The subscriptions of a customer that have billing thresholds. */
  readonly thresholds: readonly string[]
  readonly tiers: readonly Tier[]
}

export function remember<K extends keyof Memories>(turn: Turn, name: K, id: string, value: Memories[K] | null): void {
  turn.store.vault.keep(`${id}:${name}`, JSON.stringify(value))
}

export function recall<K extends keyof Memories>(turn: Turn, name: K, id: string): Memories[K] | undefined {
  const kept = turn.store.vault.read(`${id}:${name}`)
  // Written by `remember` under the same name.
  return kept === undefined ? undefined : ((JSON.parse(kept) as Memories[K] | null) ?? undefined)
}
