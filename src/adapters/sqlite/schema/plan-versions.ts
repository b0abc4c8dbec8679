import { primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

/** The terms under which plans were ever sold: who bought under them keeps them. */
export const planVersions = sqliteTable(
  'plan_versions',
  {
    planName: text('plan_name').notNull(),
    id: text('id').notNull(),
    /** The plan as it was sold, quantities as text. */
    terms: text('terms').notNull(),
    since: integer('since').notNull(),
  },
  (table) => [primaryKey({ columns: [table.planName, table.id] })],
)
