import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** What is true of the whole file: which Stripe account it belongs to. */
export const storeFacts = sqliteTable('store_facts', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

/** Stripe's price ids as last found, so that a start does not depend on Stripe. */
export const stripePrices = sqliteTable('stripe_prices', {
  lookupKey: text('lookup_key').primaryKey(),
  priceId: text('price_id').notNull(),
  foundAt: integer('found_at').notNull(),
})
