import { sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** What operators did. */
export const auditLog = sqliteTable('audit_log', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  userId: text('user_id').notNull(),
  detail: text('detail').notNull(),
})
