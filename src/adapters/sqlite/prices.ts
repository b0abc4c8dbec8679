import type { PriceIds } from '../../domain/catalogue.ts'
import type { Drizzle } from './database.ts'
import { stripePrices } from './schema/store-facts.ts'
import type { Writer } from './writer.ts'

/** The price ids as last found at Stripe: with Stripe out of reach the program starts on these. */
export function rememberedPrices(database: Drizzle): PriceIds {
  return new Map(
    database
      .select()
      .from(stripePrices)
      .all()
      .map((row) => [row.lookupKey, row.priceId]),
  )
}

/** Keeps the price ids as last found; `foundAt` is in milliseconds. */
export async function rememberPrices(
  database: Drizzle,
  writer: Writer,
  prices: PriceIds,
  foundAt: number,
): Promise<void> {
  await writer.submit({
    decide: () => [...prices].map(([lookupKey, priceId]) => ({ lookupKey, priceId, foundAt })),
    apply: (rows) => {
      for (const row of rows)
        database.insert(stripePrices).values(row).onConflictDoUpdate({ target: stripePrices.lookupKey, set: row }).run()
    },
  })
}
