import { sql } from 'drizzle-orm'
import { index, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import { integer, quantity } from './columns.ts'

export const usageRecords = sqliteTable(
  'usage_records',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    quantity: quantity('quantity').notNull(),
    rated: quantity('rated').notNull(),
    corrects: text('corrects'),
    unit: text('unit').notNull(),
    /** `event:<event_id>` or `resource:<service>:<resource_id>`; null when every report is a use of its own. */
    identity: text('identity'),
    resourceId: text('resource_id'),
    occurredAt: integer('occurred_at').notNull(),
    recordedAt: integer('recorded_at').notNull(),
    subscriptionId: text('subscription_id'),
    planName: text('plan_name'),
    allowanceStart: integer('allowance_start'),
    rate: text('rate').notNull(),
    granted: quantity('granted').notNull(),
    overage: quantity('overage').notNull(),
    billable: quantity('billable').notNull(),
    /** The record before this one of the same row of `usage_days`: so a user's history is walked without an index. */
    previous: text('previous'),
  },
  (table) => [
    uniqueIndex('usage_records_identity').on(table.identity, table.userId).where(sql`identity IS NOT NULL`),
    index('usage_records_corrections').on(table.corrects).where(sql`corrects IS NOT NULL`),
  ],
)

/** One row for each allowance period's part in a calendar month, so that both sums are a few rows. */
export const usageTotals = sqliteTable(
  'usage_totals',
  {
    month: text('month').notNull(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    /** 0 is usage without a subscription. */
    allowanceStart: integer('allowance_start').notNull(),
    rate: text('rate').notNull(),
    quantity: quantity('quantity').notNull(),
    rated: quantity('rated').notNull(),
    granted: quantity('granted').notNull(),
    overage: quantity('overage').notNull(),
    billable: quantity('billable').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.month, table.userId, table.serviceType, table.allowanceStart, table.rate] }),
  ],
)

export const usageDays = sqliteTable(
  'usage_days',
  {
    day: text('day').notNull(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    allowanceStart: integer('allowance_start').notNull(),
    rate: text('rate').notNull(),
    quantity: quantity('quantity').notNull(),
    rated: quantity('rated').notNull(),
    granted: quantity('granted').notNull(),
    overage: quantity('overage').notNull(),
    billable: quantity('billable').notNull(),
    /** The latest record of the day; the others hang on it by `previous`. */
    lastRecord: text('last_record'),
  },
  (table) => [primaryKey({ columns: [table.day, table.userId, table.serviceType, table.allowanceStart, table.rate] })],
)

export const usageGrants = sqliteTable(
  'usage_grants',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    amount: quantity('amount').notNull(),
    remaining: quantity('remaining').notNull(),
    grantedAt: integer('granted_at').notNull(),
    expiresAt: integer('expires_at'),
    reason: text('reason').notNull(),
    /** The payment that bought it. */
    paymentId: text('payment_id'),
    /** What was unused when its payment was given back. */
    takenBack: quantity('taken_back').notNull().default(sql`0`),
  },
  (table) => [
    index('usage_grants_left').on(table.userId, table.serviceType).where(sql`remaining > 0`),
    index('usage_grants_user').on(table.userId, table.id),
    uniqueIndex('usage_grants_payment').on(table.paymentId).where(sql`payment_id IS NOT NULL`),
  ],
)
