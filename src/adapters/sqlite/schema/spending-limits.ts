import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { SetLimit } from '../../../domain/spending.ts'
import { integer, json } from './columns.ts'

/** What use may cost a user in an allowance period, in minor units of the limit's own currency. */
export const spendingLimits = sqliteTable('spending_limits', {
  userId: text('user_id').primaryKey(),
  userLimit: json<SetLimit>('user_limit'),
  operatorLimit: json<SetLimit>('operator_limit'),
  setAt: integer('set_at').notNull(),
})
