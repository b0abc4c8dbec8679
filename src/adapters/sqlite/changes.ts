import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Change, UserId } from '../../domain/account.ts'
import type { Intent } from '../../domain/intent.ts'
import { dayOf, totalOf, type UsageRecord } from '../../domain/usage.ts'
import type { Drizzle } from './database.ts'
import { fromAllowanceStart, fromIdentity } from './rows.ts'
import {
  customers,
  idempotencyKeys,
  intents,
  paymentRecords,
  stripeWebhookEvents,
  usageDays,
  usageRecords,
  usageTotals,
  userSubscriptions,
} from './schema.ts'

/** Writes changes: one exhaustive switch, inside the writer's transaction. */
export function changeApplier(database: Drizzle): (user: UserId, change: Change) => void {
  const recordUsage = usageInserter(database)
  return (user, change) => {
    switch (change.type) {
      case 'usage-recorded':
        return recordUsage(user, change.record)
      case 'answer-stored': {
        const answer = JSON.stringify(change.answer.answer)
        return void database
          .insert(idempotencyKeys)
          .values({ ...change.answer, answer })
          .run()
      }
      case 'intent-opened':
        return void database.insert(intents).values(intentRow(user, change.intent)).run()
      case 'intent-retried': {
        const { id, tries, keyNumber, keyedAt } = change.intent
        return void database.update(intents).set({ tries, keyNumber, keyedAt }).where(eq(intents.id, id)).run()
      }
      case 'intent-closed': {
        const closed = { closedAt: change.at, outcome: change.outcome }
        const open = and(eq(intents.id, change.intentId), isNull(intents.closedAt))
        return void database.update(intents).set(closed).where(open).run()
      }
      case 'customer-linked':
        return linkCustomer(database, user, change.customerId, change.at)
      case 'subscription-observed': {
        const row = { userId: user, ...change.subscription }
        const { id: _, ...set } = row
        return void database
          .insert(userSubscriptions)
          .values(row)
          .onConflictDoUpdate({ target: userSubscriptions.id, set })
          .run()
      }
      case 'payment-observed': {
        const row = { userId: user, ...change.payment }
        const { id: _, ...set } = row
        return void database
          .insert(paymentRecords)
          .values(row)
          .onConflictDoUpdate({ target: paymentRecords.id, set })
          .run()
      }
      case 'event-applied': {
        const applied = { state: 'applied', outcome: change.outcome, settledAt: change.at, nextTryAt: null }
        return void database
          .update(stripeWebhookEvents)
          .set(applied)
          .where(eq(stripeWebhookEvents.id, change.eventId))
          .run()
      }
      default:
        return change satisfies never
    }
  }
}

function intentRow(user: UserId, intent: Intent): typeof intents.$inferInsert {
  const { key, wish, person, ...same } = intent
  return {
    ...same,
    userId: user,
    kind: wish.kind,
    wish: JSON.stringify(wish),
    person: JSON.stringify(person),
    caller: key?.caller ?? null,
    key: key?.key ?? null,
  }
}

/** The events that waited for this customer are due at once. */
function linkCustomer(database: Drizzle, userId: UserId, customerId: string, linkedAt: number): void {
  database.insert(customers).values({ customerId, userId, linkedAt }).run()
  database
    .update(stripeWebhookEvents)
    .set({ state: 'received', nextTryAt: linkedAt })
    .where(and(eq(stripeWebhookEvents.customerId, customerId), sql`state = 'parked'`))
    .run()
}

/** The hot path: one record and its two running totals. */
function usageInserter(database: Drizzle): (user: UserId, record: UsageRecord) => void {
  const of = sql.placeholder
  const insertRecord = database
    .insert(usageRecords)
    .values({
      id: of('id'),
      userId: of('user'),
      serviceType: of('service'),
      quantity: of('quantity'),
      unit: of('unit'),
      identity: of('identity'),
      resourceId: of('resourceId'),
      occurredAt: of('occurredAt'),
      recordedAt: of('recordedAt'),
      subscriptionId: of('subscriptionId'),
      planName: of('planName'),
      allowanceStart: of('allowanceStart'),
      rate: of('rate'),
      overage: of('overage'),
      billable: of('billable'),
    })
    .prepare()
  const sums = { userId: of('user'), serviceType: of('service'), allowanceStart: of('start'), rate: of('rate') }
  const parts = { quantity: of('quantity'), overage: of('overage'), billable: of('billable') }
  const addToTotal = database
    .insert(usageTotals)
    .values({ month: of('month'), ...sums, ...parts })
    .onConflictDoUpdate({
      target: [
        usageTotals.month,
        usageTotals.userId,
        usageTotals.serviceType,
        usageTotals.allowanceStart,
        usageTotals.rate,
      ],
      set: addedUp,
    })
    .prepare()
  const addToDay = database
    .insert(usageDays)
    .values({ day: of('day'), ...sums, ...parts })
    .onConflictDoUpdate({
      target: [usageDays.day, usageDays.userId, usageDays.serviceType, usageDays.allowanceStart, usageDays.rate],
      set: addedUp,
    })
    .prepare()

  return (user, record) => {
    const identity = record.identity && fromIdentity(record.identity)
    insertRecord.run({ ...record, user, identity })
    const { month, ...total } = totalOf(record)
    const sum = { ...total, user, start: fromAllowanceStart(total.allowanceStart) }
    addToTotal.run({ ...sum, month })
    addToDay.run({ ...sum, day: dayOf(record) })
  }
}

const addedUp = {
  quantity: sql`quantity + excluded.quantity`,
  overage: sql`overage + excluded.overage`,
  billable: sql`billable + excluded.billable`,
}
