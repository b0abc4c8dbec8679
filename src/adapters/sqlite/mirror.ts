import { and, asc, count, eq, gt, isNull, notInArray } from 'drizzle-orm'
import type { DriftReport } from '../../domain/drift.ts'
import { CALLED_OFF } from '../../domain/payment.ts'
import type { Mirror } from '../../ports/mirror.ts'
import type { Drizzle } from './database.ts'
import { toPayment, toSubscription } from './rows.ts'
import { paymentRecords } from './schema/payments.ts'
import { storeFacts } from './schema/store-facts.ts'
import { customers, userSubscriptions } from './schema/subscriptions.ts'
import { reading, type Writer } from './writer.ts'

const CAUGHT_UP_TO = 'events_caught_up_to'
const DRIFT_REPORT = 'drift_report'

/** Our side of a comparison with Stripe, in SQLite. */
export function sqliteMirror(database: Drizzle, writer: Writer): Mirror {
  const fact = (name: string) =>
    reading(() => database.select().from(storeFacts).where(eq(storeFacts.name, name)).get()?.value ?? null)
  const note = async (name: string, value: string) => {
    await writer.submit({
      decide: () => undefined,
      apply: () =>
        void database
          .insert(storeFacts)
          .values({ name, value })
          .onConflictDoUpdate({ target: storeFacts.name, set: { value } })
          .run(),
    })
  }
  return {
    async customers(limit, cursor) {
      const living = and(isNull(customers.deletedAt), cursor === null ? undefined : gt(customers.customerId, cursor))
      const rows = reading(() =>
        database
          .select()
          .from(customers)
          .where(living)
          .orderBy(asc(customers.customerId))
          .limit(limit + 1)
          .all(),
      )
      const items = rows.slice(0, limit).map(({ userId, customerId }) => ({ user: userId, customerId }))
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.customerId ?? null) : null }
    },
    async subscriptions(user) {
      const rows = reading(() =>
        database.select().from(userSubscriptions).where(eq(userSubscriptions.userId, user)).all(),
      )
      return rows.map(toSubscription)
    },
    async payments(user) {
      const rows = reading(() => database.select().from(paymentRecords).where(eq(paymentRecords.userId, user)).all())
      return new Map(rows.map((row) => [row.id, toPayment(row)]))
    },
    async payment(id) {
      const row = reading(() => database.select().from(paymentRecords).where(eq(paymentRecords.id, id)).get())
      return row ? toPayment(row) : null
    },
    async entryCount(user, customerId) {
      const wanted = and(
        eq(paymentRecords.userId, user),
        eq(paymentRecords.customerId, customerId),
        notInArray(paymentRecords.status, [...CALLED_OFF]),
      )
      const row = reading(() => database.select({ count: count() }).from(paymentRecords).where(wanted).get())
      return row?.count ?? 0
    },
    async caughtUpTo() {
      const at = fact(CAUGHT_UP_TO)
      return at === null ? null : Number(at)
    },
    noteCaughtUp: (at) => note(CAUGHT_UP_TO, String(at)),
    async driftReport() {
      const report = fact(DRIFT_REPORT)
      // Written by this program alone.
      return report === null ? null : (JSON.parse(report) as DriftReport)
    },
    noteDriftReport: (report) => note(DRIFT_REPORT, JSON.stringify(report)),
  }
}
