import { type Catalogue, cataloguePrices, findPlan, isPastPriceKey, type PriceIds, pastPriceKey } from './catalogue.ts'

/** What is known of prices after another look: what stood under a lookup key before is a past price of its plan now. */
export function withPastPrices(catalogue: Catalogue, known: PriceIds, found: PriceIds): PriceIds {
  const replaced = cataloguePrices(catalogue).flatMap(({ lookupKey, planName, service }) => {
    const before = known.get(lookupKey)
    const isReplaced = before !== undefined && found.has(lookupKey) && found.get(lookupKey) !== before
    return isReplaced ? [[pastPriceKey(service === null ? planName : lookupKey, before), before] as const] : []
  })
  const remembered = [...known].filter(([key]) => isPastPriceKey(key))
  return new Map([...remembered, ...replaced, ...found])
}

/** A price as Stripe shows it beside those of today. */
export interface OtherPrice {
  readonly id: string
  readonly productId: string
  /** Of which plan it says that it is. */
  readonly planName: string | null
}

/**
 * The past prices among the others of the same products: by what they say of themselves, else by the plan whose product it
 * is, if it is that of one plan alone.
 */
export function pastPricesAmong(
  catalogue: Catalogue,
  others: readonly OtherPrice[],
  productPlans: ReadonlyMap<string, ReadonlySet<string>>,
): PriceIds {
  return new Map(
    others.flatMap(({ id, productId, planName }) => {
      const owners = productPlans.get(productId)
      const plan = planName ?? (owners?.size === 1 ? ([...owners][0] ?? null) : null)
      return plan !== null && findPlan(catalogue, plan) ? [[pastPriceKey(plan, id), id] as const] : []
    }),
  )
}

/** How many prices of today are known. */
export function presentPrices(known: PriceIds): number {
  return [...known.keys()].filter((key) => !isPastPriceKey(key)).length
}
