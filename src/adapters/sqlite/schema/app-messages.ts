import { sql } from 'drizzle-orm'
import { index, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { integer, quantity } from './columns.ts'

/** Allowances that were used up to 80 and 100 percent, each told to the app once. */
export const allowanceCrossings = sqliteTable(
  'allowance_crossings',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    allowanceStart: integer('allowance_start').notNull(),
    threshold: integer('threshold').notNull(),
    used: quantity('used').notNull(),
    included: quantity('included').notNull(),
    crossedAt: integer('crossed_at').notNull(),
    tries: integer('tries').notNull(),
    nextTryAt: integer('next_try_at'),
    postedAt: integer('posted_at'),
    outcome: text('outcome'),
  },
  (table) => [
    uniqueIndex('allowance_crossings_once').on(table.userId, table.serviceType, table.allowanceStart, table.threshold),
    index('allowance_crossings_due').on(table.nextTryAt).where(sql`next_try_at IS NOT NULL`),
  ],
)

/** What else the app is told. */
export const appMessages = sqliteTable(
  'app_messages',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    type: text('type').notNull(),
    data: text('data').notNull(),
    at: integer('at').notNull(),
    tries: integer('tries').notNull(),
    nextTryAt: integer('next_try_at'),
    postedAt: integer('posted_at'),
    outcome: text('outcome'),
  },
  (table) => [index('app_messages_due').on(table.nextTryAt).where(sql`next_try_at IS NOT NULL`)],
)
