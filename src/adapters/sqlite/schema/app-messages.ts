import { sql } from 'drizzle-orm'
import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** What the app is told, once under each id. */
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
