import type { PriceIds } from '../../domain/catalogue.ts'
import { operatorReason } from '../../domain/errors.ts'

export interface PriceBook {
  current(): PriceIds
  /** What Stripe said it does not have, at its last answer; null before the first one. */
  missing(): readonly string[] | null
  /** Why Stripe did not answer when it was last asked, in words for the operator; null when it did. */
  trouble(): string | null
  /** Asks Stripe and remembers the answer. Throws when Stripe cannot be reached; the last known ids stay. */
  refresh(): Promise<void>
}

export interface PriceSources {
  readonly remembered: PriceIds
  readonly find: () => Promise<{ readonly priceIds: PriceIds; readonly missing: readonly string[] }>
  /** The prices that the plans had before: asked for at first, and whenever a present one has changed. */
  readonly findPast: (present: PriceIds) => Promise<PriceIds>
  /** What is known after another look at Stripe. */
  readonly merge: (known: PriceIds, found: PriceIds) => PriceIds
  readonly remember: (prices: PriceIds) => Promise<void>
}

/** The Stripe price ids of the catalogue: as remembered at first, as found as soon as Stripe has answered. */
export function createPriceBook(sources: PriceSources): PriceBook {
  let prices = sources.remembered
  let missing: readonly string[] | null = null
  let trouble: string | null = null
  let pastIsKnown = false

  async function look() {
    const found = await sources.find()
    pastIsKnown &&= [...found.priceIds].every(([key, id]) => prices.get(key) === id)
    const past = pastIsKnown ? [] : await sources.findPast(found.priceIds)
    const merged = sources.merge(prices, new Map([...past, ...found.priceIds]))
    await sources.remember(merged)
    prices = merged
    missing = found.missing
    pastIsKnown = true
  }

  return {
    current: () => prices,
    missing: () => missing,
    trouble: () => trouble,
    async refresh() {
      try {
        await look()
        trouble = null
      } catch (error) {
        trouble = operatorReason(error)
        throw error
      }
    },
  }
}
