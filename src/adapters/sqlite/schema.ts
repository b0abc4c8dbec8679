import { sql } from 'drizzle-orm'
import { blob, customType, index, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'
import type { Discount } from '../../domain/discount.ts'
import type {
  MeteredItems,
  PastTerms,
  PendingChange,
  PlannedTerms,
  SubscriptionPrice,
} from '../../domain/subscription.ts'

/*
 * Every table is STRICT, those that are read by their primary key alone also WITHOUT ROWID: drizzle-kit can write
 * neither, so both are added by hand to each generated CREATE TABLE, and a test looks after the first.
 * SQLite hands out every integer as a bigint here. Times are milliseconds since 1970 UTC. Unique keys lead with the
 * identity and not with the user, so that time-ordered ids append.
 */

/** A whole number that stays far below 2^53: times, counts, minor units. */
const integer = customType<{ data: number; driverData: bigint | number }>({
  dataType: () => 'integer',
  fromDriver: Number,
  toDriver: (value) => value,
})

const flag = customType<{ data: boolean; driverData: bigint | number }>({
  dataType: () => 'integer',
  fromDriver: (value) => Number(value) === 1,
  toDriver: (value) => (value ? 1 : 0),
})

/** A value that is read and written as a whole. */
function json<T>(name: string) {
  return customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    fromDriver: (text) => JSON.parse(text) as T,
    toDriver: (value) => JSON.stringify(value),
  })(name)
}

/** Quanta of usage: exact at any size. */
const quantity = customType<{ data: bigint; driverData: bigint }>({ dataType: () => 'integer' })

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
    discount: text('discount', { mode: 'json' }).$type<Discount>(),
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

/** Allowances that were used up to 80 and 100 percent, each told to the app once. */
export const allowanceCrossings = sqliteTable(
  'allowance_crossings',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    serviceType: text('service_type').notNull(),
    allowanceStart: integer('allowance_start').notNull(),
    threshold: integer('threshold').notNull(),
    used: quantity('used').notNull(),
    included: quantity('included').notNull(),
    crossedAt: integer('crossed_at').notNull(),
    tries: integer('tries').notNull(),
    nextTryAt: integer('next_try_at'),
    postedAt: integer('posted_at'),
    outcome: text('outcome'),
  },
  (table) => [
    uniqueIndex('allowance_crossings_once').on(table.userId, table.serviceType, table.allowanceStart, table.threshold),
    index('allowance_crossings_due').on(table.nextTryAt).where(sql`next_try_at IS NOT NULL`),
  ],
)

/** What else the app is told. */
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

/** What use may cost a user in an allowance period, in minor units. */
export const spendingLimits = sqliteTable('spending_limits', {
  userId: text('user_id').primaryKey(),
  userLimit: integer('user_limit'),
  operatorLimit: integer('operator_limit'),
  setAt: integer('set_at').notNull(),
})

/** What operators did. */
export const auditLog = sqliteTable('audit_log', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  userId: text('user_id').notNull(),
  detail: text('detail').notNull(),
})

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
    index('stripe_webhook_events_dead').on(table.id).where(sql`state = 'dead'`),
    index('stripe_webhook_events_parked').on(table.customerId).where(sql`state = 'parked'`),
  ],
)

/** What users want of Stripe, saved before the first call. */
export const intents = sqliteTable(
  'intents',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    kind: text('kind').notNull(),
    wish: text('wish').notNull(),
    person: text('person').notNull(),
    caller: text('caller'),
    key: text('key'),
    fingerprint: text('fingerprint').notNull(),
    tries: integer('tries').notNull(),
    keyNumber: integer('key_number').notNull(),
    keyedAt: integer('keyed_at').notNull(),
    openedAt: integer('opened_at').notNull(),
    closedAt: integer('closed_at'),
    outcome: text('outcome'),
  },
  (table) => [
    index('intents_open').on(table.userId, table.id).where(sql`closed_at IS NULL`),
    // A wish under way reserves its key, whoever's account it is in.
    uniqueIndex('intents_key').on(table.key, table.caller).where(sql`closed_at IS NULL AND key IS NOT NULL`),
  ],
)

/** What was answered under a caller's Idempotency-Key; kept for good. */
export const idempotencyKeys = sqliteTable(
  'idempotency_keys',
  {
    key: text('key').notNull(),
    caller: text('caller').notNull(),
    fingerprint: text('fingerprint').notNull(),
    answer: text('answer').notNull(),
    answeredAt: integer('answered_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.key, table.caller] })],
)

/** What is true of the whole file: which Stripe account it belongs to. */
export const storeFacts = sqliteTable('store_facts', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

/** Stripe's price ids as last found, so that a start does not depend on Stripe. */
export const stripePrices = sqliteTable('stripe_prices', {
  lookupKey: text('lookup_key').primaryKey(),
  priceId: text('price_id').notNull(),
  foundAt: integer('found_at').notNull(),
})

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
