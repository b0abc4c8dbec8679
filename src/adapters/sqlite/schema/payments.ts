import { sql } from 'drizzle-orm'
import { index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { integer } from './columns.ts'

export const paymentRecords = sqliteTable(
  'payment_records',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    customerId: text('customer_id').notNull(),
    kind: text('kind').notNull(),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    status: text('status').notNull(),
    description: text('description'),
    invoiceNumber: text('invoice_number'),
    hostedInvoiceUrl: text('hosted_invoice_url'),
    invoicePdf: text('invoice_pdf'),
    refundedAmount: integer('refunded_amount').notNull(),
    takenBackAmount: integer('taken_back_amount').notNull().default(0),
    refundOf: text('refund_of'),
    tax: integer('tax'),
    amountExcludingTax: integer('amount_excluding_tax'),
    createdAt: integer('created_at').notNull(),
    seenAt: integer('seen_at'),
  },
  (table) => [
    index('payment_records_history').on(table.userId, table.createdAt, table.id),
    index('payment_records_refunds').on(table.refundOf).where(sql`refund_of IS NOT NULL`),
  ],
)

/** Payments that their payers dispute at the bank. `state`: open, inquiry, won, lost. */
export const paymentDisputes = sqliteTable(
  'payment_disputes',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    customerId: text('customer_id').notNull(),
    paymentId: text('payment_id').notNull(),
    subscriptionId: text('subscription_id'),
    amount: integer('amount').notNull(),
    currency: text('currency').notNull(),
    reason: text('reason').notNull(),
    state: text('state').notNull(),
    createdAt: integer('created_at').notNull(),
    closedAt: integer('closed_at'),
  },
  (table) => [index('payment_disputes_user').on(table.userId, table.createdAt)],
)
