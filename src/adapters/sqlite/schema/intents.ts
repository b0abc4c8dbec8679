import { sql } from 'drizzle-orm'
import { index, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** What users want of Stripe, saved before the first call. */
export const intents = sqliteTable(
  'intents',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    kind: text('kind').notNull(),
    wish: text('wish').notNull(),
    person: text('person').notNull(),
    caller: text('caller'),
    key: text('key'),
    fingerprint: text('fingerprint').notNull(),
    tries: integer('tries').notNull(),
    keyNumber: integer('key_number').notNull(),
    keyedAt: integer('keyed_at').notNull(),
    openedAt: integer('opened_at').notNull(),
    closedAt: integer('closed_at'),
    outcome: text('outcome'),
  },
  (table) => [
    index('intents_open').on(table.userId, table.id).where(sql`closed_at IS NULL`),
    // A wish under way reserves its key, whoever's account it is in.
    uniqueIndex('intents_key').on(table.key, table.caller).where(sql`closed_at IS NULL AND key IS NOT NULL`),
  ],
)

/** What was answered under a caller's Idempotency-Key; kept for good. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    key: text('key').notNull(),
    caller: text('caller').notNull(),
    fingerprint: text('fingerprint').notNull(),
    answer: text('answer').notNull(),
    answeredAt: integer('answered_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.caller] })],
)
