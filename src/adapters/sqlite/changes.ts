import { and, eq, isNull, sql } from 'drizzle-orm'
import type { Change, UserId } from '../../domain/account.ts'
import type { Draw, Grant } from '../../domain/grant.ts'
import type { Intent } from '../../domain/intent.ts'
import { allowanceOf } from '../../domain/trial.ts'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { type OpenReports, openReports, reportApplier } from './reports.ts'
import { appMessages } from './schema/app-messages.ts'
import { auditLog } from './schema/audit-log.ts'
import { idempotencyKeys, intents } from './schema/intents.ts'
import { paymentDisputes, paymentRecords } from './schema/payments.ts'
import { spendingLimits } from './schema/spending-limits.ts'
import { customers, trialClaims, userSubscriptions } from './schema/subscriptions.ts'
import { usageGrants } from './schema/usage.ts'
import { stripeWebhookEvents } from './schema/webhook-events.ts'
import { upserter } from './upsert.ts'
import { type UsageRows, usageRows } from './usage-rows.ts'

export interface ChangeApplier {
  /** Writes a change inside the writer's transaction; what it adds to sums, not before `writeSums`. */
  apply(user: UserId, change: Change): void
  /** Must come before a commit, and before sums are read. */
  writeSums(): void
  /** What was applied has been undone. */
  forgetSums(): void
}

/** Writes changes: one exhaustive switch. */
export function changeApplier(database: Drizzle): ChangeApplier {
  const usage = usageRows(database)
  const open = openReports(database)
  return {
    apply: changeWriter(database, usage, open),
    writeSums() {
      usage.writeSums()
      open.write()
    },
    forgetSums() {
      usage.forgetSums()
      open.forget()
    },
  }
}

function changeWriter(database: Drizzle, usage: UsageRows, open: OpenReports): (user: UserId, change: Change) => void {
  const reports = reportApplier(database)
  const drawGrant = database
    .update(usageGrants)
    .set({ remaining: sql`remaining - ${sql.placeholder('quantity')}` })
    .where(eq(usageGrants.id, sql.placeholder('id')))
    .prepare()
  const saveSubscription = upserter(database, userSubscriptions, 'id')
  const savePayment = upserter(database, paymentRecords, 'id')
  const saveDispute = upserter(database, paymentDisputes, 'id')
  const of = sql.placeholder
  const markApplied = compiled(database.$client, () =>
    database
      .update(stripeWebhookEvents)
      .set({
        state: 'applied',
        customerId: sql`coalesce(customer_id, ${of('customerId')})`,
        outcome: sql`${of('outcome')}`,
        settledAt: sql`${of('at')}`,
        nextTryAt: null,
      })
      .where(eq(stripeWebhookEvents.id, of('id'))),
  )
  return (user, change) => {
    switch (change.type) {
      case 'usage-recorded':
        return usage.record(user, change.record)
      case 'answer-stored': {
        const answer = JSON.stringify(change.answer.answer)
        return void database
          .insert(idempotencyKeys)
          .values({ ...change.answer, answer })
          .run()
      }
      case 'intent-opened':
        return void database
          .insert(intents)
          .values(intentRow(user, change.intent))
          .onConflictDoNothing({ target: intents.id })
          .run()
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
      case 'customer-deleted': {
        const gone = and(eq(customers.customerId, change.customerId), eq(customers.userId, user))
        return void database.update(customers).set({ deletedAt: change.at }).where(gone).run()
      }
      case 'subscription-observed':
        return saveSubscription({ userId: user, ...change.subscription })
      case 'payment-observed':
        return savePayment({ userId: user, ...change.payment })
      case 'dispute-observed':
        return saveDispute({ userId: user, ...change.dispute })
      case 'event-applied':
        return markApplied({
          id: change.eventId,
          customerId: change.customerId,
          outcome: change.outcome,
          at: change.at,
        })
      case 'grant-given':
        return giveGrant(database, grantRow(user, change.grant))
      case 'grant-drawn':
        return void drawGrant.run({ id: change.draw.grantId, quantity: change.draw.quantity })
      case 'grant-returned':
        return void drawGrant.run({ id: change.draw.grantId, quantity: -change.draw.quantity })
      case 'grant-taken-back':
        return takeBack(database, change.draw)
      case 'report-added':
        return open.add(user, change.report)
      case 'report-sealed':
      case 'report-sending':
      case 'report-settled':
        // What this very transaction has added must be there.
        open.write()
        return reports(user, change)
      case 'message-queued': {
        const { data, ...message } = change.message
        const row = { ...message, userId: user, data: JSON.stringify(data), nextTryAt: message.at, tries: 0 }
        return void database.insert(appMessages).values(row).onConflictDoNothing().run()
      }
      case 'trial-claimed': {
        const { intentId, at: claimedAt } = change
        const rows = change.claims.map((claim) => ({ claim, userId: user, intentId, claimedAt }))
        return void database.insert(trialClaims).values(rows).onConflictDoNothing().run()
      }
      case 'trial-released':
        return void database.delete(trialClaims).where(eq(trialClaims.intentId, change.intentId)).run()
      case 'trial-allowed': {
        const row = { claim: allowanceOf(user), userId: user, intentId: '', claimedAt: change.at }
        return void database.insert(trialClaims).values(row).onConflictDoNothing().run()
      }
      case 'trial-allowance-used':
        return void database
          .delete(trialClaims)
          .where(eq(trialClaims.claim, allowanceOf(user)))
          .run()
      case 'spending-limits-set': {
        const set = { userLimit: change.limits.user, operatorLimit: change.limits.operator, setAt: change.at }
        return void database
          .insert(spendingLimits)
          .values({ userId: user, ...set })
          .onConflictDoUpdate({ target: spendingLimits.userId, set })
          .run()
      }
      case 'audited':
        return void database
          .insert(auditLog)
          .values({ ...change.entry, userId: user })
          .run()
      default:
        return change satisfies never
    }
  }
}

/** What a payment has bought is there already when it is seen paid again. */
function giveGrant(database: Drizzle, row: typeof usageGrants.$inferInsert): void {
  const insert = database.insert(usageGrants).values(row)
  void (row.paymentId === null ? insert.run() : insert.onConflictDoNothing().run())
}

function grantRow(user: UserId, { service, ...grant }: Grant): typeof usageGrants.$inferInsert {
  return { ...grant, userId: user, serviceType: service }
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

function takeBack(database: Drizzle, { grantId, quantity }: Draw): void {
  database
    .update(usageGrants)
    .set({ remaining: sql`remaining - ${quantity}`, takenBack: sql`taken_back + ${quantity}` })
    .where(eq(usageGrants.id, grantId))
    .run()
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
