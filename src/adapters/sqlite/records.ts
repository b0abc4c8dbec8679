import { and, asc, desc, eq, gt, inArray, isNull, lt, or, type SQL, sql } from 'drizzle-orm'
import type { UserId } from '../../domain/account.ts'
import { invalidField } from '../../domain/errors.ts'
import type { Payment } from '../../domain/payment.ts'
import { LIVE_STATUSES } from '../../domain/subscription.ts'
import type { Records } from '../../ports/records.ts'
import type { Drizzle } from './database.ts'
import { toAuditEntry, toGrant, toPayment } from './rows.ts'
import { auditLog } from './schema/audit-log.ts'
import { intents } from './schema/intents.ts'
import { paymentRecords } from './schema/payments.ts'
import { customers, userSubscriptions as subscriptions } from './schema/subscriptions.ts'
import { usageGrants } from './schema/usage.ts'
import { usageHistory } from './usage-history.ts'

/** History and indexes in SQLite. */
export function sqliteRecords(database: Drizzle): Records {
  const userOfCustomer = database
    .select({ userId: customers.userId })
    .from(customers)
    .where(eq(customers.customerId, sql.placeholder('customerId')))
    .prepare()

  function usersWith(isWanted: SQL, after: UserId | null, limit: number): readonly UserId[] {
    const isBehind = after === null ? undefined : gt(subscriptions.userId, after)
    return database
      .selectDistinct({ user: subscriptions.userId })
      .from(subscriptions)
      .where(and(isWanted, isBehind, inArray(subscriptions.status, [...LIVE_STATUSES])))
      .orderBy(asc(subscriptions.userId))
      .limit(limit)
      .all()
      .map(({ user }) => user)
  }

  return {
    async payments(user, limit, cursor) {
      const rows = database
        .select()
        .from(paymentRecords)
        .where(and(eq(paymentRecords.userId, user), cursor === null ? undefined : olderThan(cursor)))
        .orderBy(desc(paymentRecords.createdAt), desc(paymentRecords.id))
        .limit(limit + 1)
        .all()
      const items = rows.slice(0, limit).map(toPayment)
      const last = items.at(-1)
      return { items, nextCursor: rows.length > limit && last ? cursorAt(last) : null }
    },
    async refundsOf(user, paymentId) {
      // With the plus, it is not looked for in the user's whole history.
      const isRefund = and(eq(paymentRecords.refundOf, paymentId), sql`+user_id = ${user}`)
      const newestFirst = [desc(paymentRecords.createdAt), desc(paymentRecords.id)]
      return database
        .select()
        .from(paymentRecords)
        .where(isRefund)
        .orderBy(...newestFirst)
        .all()
        .map(toPayment)
    },
    usageRecords: usageHistory(database),
    async grants(user) {
      return database
        .select()
        .from(usageGrants)
        .where(eq(usageGrants.userId, user))
        .orderBy(desc(usageGrants.grantedAt), desc(usageGrants.id))
        .all()
        .map(toGrant)
    },
    async auditLog(limit, cursor) {
      const before = cursor === null ? undefined : lt(auditLog.id, mustBeAuditId(cursor))
      const rows = database
        .select()
        .from(auditLog)
        .where(before)
        .orderBy(desc(auditLog.id))
        .limit(limit + 1)
        .all()
      const items = rows.slice(0, limit).map(toAuditEntry)
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.id ?? null) : null }
    },
    async userOfCustomer(customerId) {
      return userOfCustomer.get({ customerId })?.userId ?? null
    },
    usersOnPrice: async (priceId, after, limit) => usersWith(eq(subscriptions.priceId, priceId), after, limit),
    usersOnPlan: async (planName, after, limit) => usersWith(eq(subscriptions.planName, planName), after, limit),
    async usersWithOpenIntents() {
      const rows = database.selectDistinct({ user: intents.userId }).from(intents).where(isNull(intents.closedAt)).all()
      return rows.map((row) => row.user)
    },
  }
}

/** A cursor is the place after an entry: its time and id, which together are unique and never change. */
function cursorAt(payment: Payment): string {
  return Buffer.from(`${payment.createdAt}:${payment.id}`).toString('base64url')
}

function mustBeAuditId(cursor: string): string {
  if (/^audit_[a-z0-9]{1,64}$/.test(cursor)) return cursor
  throw invalidField('/cursor', 'is not one that an earlier page gave out; leave it out to start at the newest')
}

function olderThan(cursor: string) {
  const [, time, id] = /^(\d{1,15}):([A-Za-z0-9_]{1,255})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (time === undefined || id === undefined)
    throw invalidField('/cursor', 'is not one that an earlier page gave out; leave it out to start at the newest')
  const createdAt = Number(time)
  return or(
    lt(paymentRecords.createdAt, createdAt),
    and(eq(paymentRecords.createdAt, createdAt), lt(paymentRecords.id, id)),
  )
}
