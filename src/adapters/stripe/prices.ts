import type { Stripe } from 'stripe'
import { type Catalogue, cataloguePrices, type PriceIds } from '../../domain/catalogue.ts'
import { reached, reachedOrMissing } from './refusals.ts'

export interface FoundPrices {
  readonly priceIds: PriceIds
  /** Lookup keys and pinned ids that Stripe does not know. */
  readonly missing: readonly string[]
}

/** Stripe takes at most ten lookup keys in one question. */
const KEYS_AT_ONCE = 10

/** The Stripe price of each price of the catalogue: by lookup key, or pinned by its id. */
export async function findPrices(stripe: Stripe, catalogue: Catalogue): Promise<FoundPrices> {
  const wanted = cataloguePrices(catalogue)
  const priceIds = new Map<string, string>()
  const keys = wanted.filter((price) => price.pinnedPriceId === null).map((price) => price.lookupKey)
  for (let index = 0; index < keys.length; index += KEYS_AT_ONCE) {
    const lookup_keys = keys.slice(index, index + KEYS_AT_ONCE)
    const { data } = await reached(stripe.prices.list({ lookup_keys, active: true, limit: 100 }))
    for (const price of data) if (price.lookup_key) priceIds.set(price.lookup_key, price.id)
  }
  for (const { lookupKey, pinnedPriceId } of wanted) {
    if (pinnedPriceId === null) continue
    const price = await reachedOrMissing(stripe.prices.retrieve(pinnedPriceId))
    if (price !== null) priceIds.set(lookupKey, price.id)
  }
  const missing = wanted.filter((price) => !priceIds.has(price.lookupKey))
  return { priceIds, missing: missing.map((price) => price.pinnedPriceId ?? price.lookupKey) }
}
