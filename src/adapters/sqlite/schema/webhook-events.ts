import { sql } from 'drizzle-orm'
import { blob, index, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { flag, integer } from './columns.ts'

/** The inbox. `state`: received, applied, ignored, parked (its customer is nobody's yet), failed, dead. */
export const stripeWebhookEvents = sqliteTable(
  'stripe_webhook_events',
  {
    id: text('id').primaryKey(),
    type: text('type').notNull(),
    objectType: text('object_type').notNull(),
    objectId: text('object_id'),
    customerId: text('customer_id'),
    paymentIntentId: text('payment_intent_id'),
    livemode: flag('livemode').notNull(),
    account: text('account'),
    apiVersion: text('api_version'),
    createdAt: integer('created_at').notNull(),
    receivedAt: integer('received_at').notNull(),
    body: blob('body', { mode: 'buffer' }).notNull(),
    state: text('state').notNull(),
    attempts: integer('attempts').notNull(),
    nextTryAt: integer('next_try_at'),
    /** What it changed or why it changed nothing, in a sentence. */
    outcome: text('outcome'),
    settledAt: integer('settled_at'),
    /** When an operator last wanted it applied anew. */
    replayedAt: integer('replayed_at'),
  },
  (table) => [
    index('stripe_webhook_events_object').on(table.objectId).where(sql`object_id IS NOT NULL`),
    index('stripe_webhook_events_customer').on(table.customerId).where(sql`customer_id IS NOT NULL`),
    index('stripe_webhook_events_due').on(table.nextTryAt).where(sql`next_try_at IS NOT NULL`),
    index('stripe_webhook_events_type').on(table.type),
    index('stripe_webhook_events_dead').on(table.id).where(sql`state = 'dead'`),
    index('stripe_webhook_events_ignored').on(table.state).where(sql`state = 'ignored'`),
    index('stripe_webhook_events_parked').on(table.customerId).where(sql`state = 'parked'`),
  ],
)
