import { sql } from 'drizzle-orm'
import { index, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Discount } from '../../../domain/discount.ts'
import type {
  MeteredItems,
  PastTerms,
  PendingChange,
  PlannedTerms,
  SubscriptionPrice,
} from '../../../domain/subscription.ts'
import { flag, integer, json } from './columns.ts'

/** Stripe customers: who is whose. A customer never changes hands; one that Stripe has deleted makes room for another. */
export const customers = sqliteTable(
  'customers',
  {
    customerId: text('customer_id').primaryKey(),
    userId: text('user_id').notNull(),
    linkedAt: integer('linked_at').notNull(),
    deletedAt: integer('deleted_at'),
  },
  (table) => [uniqueIndex('customers_user').on(table.userId).where(sql`deleted_at IS NULL`)],
)

export const userSubscriptions = sqliteTable(
  'user_subscriptions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    customerId: text('customer_id').notNull(),
    planName: text('plan_name'),
    priceId: text('price_id'),
    status: text('status').notNull(),
    statusSince: integer('status_since').notNull(),
    anchor: integer('anchor').notNull(),
    currentPeriodStart: integer('current_period_start').notNull(),
    currentPeriodEnd: integer('current_period_end').notNull(),
    cancelAt: integer('cancel_at'),
    trialEnd: integer('trial_end'),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    createdAt: integer('created_at').notNull(),
    hasPaymentMethod: flag('has_payment_method').notNull(),
    pastDueSince: integer('past_due_since'),
    discounts: json<readonly Discount[]>('discounts').notNull().default([]),
    collectionPause: text('collection_pause'),
    collectionPausedSince: integer('collection_paused_since'),
    /** Stripe's time of what was seen; null where nobody knows. */
    seenAt: integer('seen_at'),
    price: json<SubscriptionPrice>('price'),
    pendingChange: json<PendingChange>('pending_change'),
    metered: json<MeteredItems>('metered'),
    pastTerms: json<readonly PastTerms[]>('past_terms').notNull().default([]),
    /** The terms of its plan that were bought; null for the first that are known of it. */
    planVersion: text('plan_version'),
    plannedTerms: json<PlannedTerms>('planned_terms'),
  },
  (table) => [
    index('user_subscriptions_user').on(table.userId, table.createdAt),
    index('user_subscriptions_price').on(table.priceId, table.userId),
    index('user_subscriptions_plan').on(table.planName, table.userId),
  ],
)

/** By which persons are known who have had a trial; users share them. */
export const trialClaims = sqliteTable(
  'trial_claims',
  {
    /** `user:…`, `email:…`, `card:…`; `allowed:…` lets a user have another one. */
    claim: text('claim').primaryKey(),
    userId: text('user_id').notNull(),
    intentId: text('intent_id').notNull(),
    claimedAt: integer('claimed_at').notNull(),
  },
  (table) => [index('trial_claims_intent').on(table.intentId)],
)
