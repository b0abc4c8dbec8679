import { sql } from 'drizzle-orm'
import { index, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { integer, quantity } from './columns.ts'

/** The outbox to Stripe's meters. `state`: open, sealed, sent, rejected, unbilled, replaced. */
export const meterReports = sqliteTable(
  'meter_reports',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    subscriptionId: text('subscription_id').notNull(),
    allowanceStart: integer('allowance_start').notNull(),
    windowStart: integer('window_start').notNull(),
    quantity: quantity('quantity').notNull(),
    /** Millionths of the service's unit, fixed when it is sealed. */
    value: quantity('value'),
    occurredAt: integer('occurred_at').notNull(),
    openedAt: integer('opened_at').notNull(),
    state: text('state').notNull(),
    tries: integer('tries').notNull(),
    firstSentAt: integer('first_sent_at'),
    billedAt: integer('billed_at'),
    nextTryAt: integer('next_try_at'),
    outcome: text('outcome'),
    settledAt: integer('settled_at'),
  },
  (table) => [
    uniqueIndex('meter_reports_open')
      .on(table.windowStart, table.userId, table.serviceType, table.subscriptionId, table.allowanceStart)
      .where(sql`state = 'open'`),
    index('meter_reports_due').on(table.nextTryAt).where(sql`next_try_at IS NOT NULL`),
    index('meter_reports_set_aside').on(table.id).where(sql`state IN ('rejected', 'unbilled')`),
    index('meter_reports_billed').on(table.billedAt, table.userId).where(sql`billed_at IS NOT NULL`),
  ],
)

/** What was too fine for the meter, kept for the user's next report of the service. */
export const meterCarries = sqliteTable(
  'meter_carries',
  {
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    carry: quantity('carry').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.serviceType] })],
)
