import type { PriceIds } from '../../domain/catalogue.ts'

export interface PriceBook {
  current(): PriceIds
  /** What Stripe said it does not have, at its last answer; null before the first one. */
  missing(): readonly string[] | null
  /** Whether Stripe answered when it was last asked. */
  reachable(): boolean
  /** Asks Stripe and remembers the answer. Throws when Stripe cannot be reached; the last known ids stay. */
  refresh(): Promise<void>
}

export interface PriceSources {
  readonly remembered: PriceIds
  readonly find: () => Promise<{ readonly priceIds: PriceIds; readonly missing: readonly string[] }>
  readonly remember: (prices: PriceIds) => Promise<void>
}

/** The Stripe price ids of the catalogue: as remembered at first, as found as soon as Stripe has answered. */
export function createPriceBook(sources: PriceSources): PriceBook {
  let prices = sources.remembered
  let missing: readonly string[] | null = null
  let reachable = true
  return {
    current: () => prices,
    missing: () => missing,
    reachable: () => reachable,
    async refresh() {
      try {
        const found = await sources.find()
        await sources.remember(found.priceIds)
        prices = found.priceIds
        missing = found.missing
        reachable = true
      } catch (error) {
        reachable = false
        throw error
      }
    },
  }
}
