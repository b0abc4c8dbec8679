import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** What use may cost a user in an allowance period, in minor units. */
export const spendingLimits = sqliteTable('spending_limits', {
  userId: text('user_id').primaryKey(),
  userLimit: integer('user_limit'),
  operatorLimit: integer('operator_limit'),
  setAt: integer('set_at').notNull(),
})
