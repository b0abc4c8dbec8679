import type { Stripe } from 'stripe'
import { type Catalogue, cataloguePrices, type PriceIds } from '../../domain/catalogue.ts'
import { type OtherPrice, pastPricesAmong } from '../../domain/past-prices.ts'
import { reached, reachedOrMissing } from './refusals.ts'
import { idOf } from './translate/values.ts'

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

/** The prices that the plans had before, found in the products of their present ones. */
export async function findPastPrices(stripe: Stripe, catalogue: Catalogue, present: PriceIds): Promise<PriceIds> {
  const productPlans = await productsOfPlans(stripe, catalogue, present)
  const isPresent = new Set(present.values())
  const others: OtherPrice[] = []
  for (const product of productPlans.keys())
    for (const price of await reached(Array.fromAsync(stripe.prices.list({ product, type: 'recurring', limit: 100 }))))
      if (!isPresent.has(price.id) && price.recurring?.usage_type === 'licensed')
        others.push({ id: price.id, productId: product, planName: price.metadata.plan_name ?? null })
  return pastPricesAmong(catalogue, others, productPlans)
}

/** Which plans have a present price in a product. */
async function productsOfPlans(stripe: Stripe, { plans }: Catalogue, present: PriceIds) {
  const products = new Map<string, Set<string>>()
  for (const plan of plans)
    for (const { lookupKey } of plan.prices) {
      const id = present.get(lookupKey)
      const price = id === undefined ? null : await reachedOrMissing(stripe.prices.retrieve(id))
      const product = idOf(price?.product)
      if (product !== null) products.set(product, (products.get(product) ?? new Set()).add(plan.name))
    }
  return products
}
