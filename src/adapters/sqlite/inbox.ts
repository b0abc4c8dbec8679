import { and, asc, eq, getTableColumns, lte, type SQL, sql } from 'drizzle-orm'
import type { Inbox } from '../../ports.ts'
import type { Drizzle } from './database.ts'
import { toStripeEvent } from './rows.ts'
import { customers, stripeWebhookEvents as events } from './schema.ts'
import { reading, type Writer } from './writer.ts'

/** The inbox in SQLite. Its writes share the ledger's commits. */
export function sqliteInbox(database: Drizzle, writer: Writer): Inbox {
  const settle = async (id: string, values: Partial<typeof events.$inferInsert>) => {
    const unsettled = and(eq(events.id, id), sql`state <> 'applied'`)
    await writer.submit({
      decide: () => undefined,
      apply: () => void database.update(events).set(values).where(unsettled).run(),
    })
  }
  const { body: _, ...columns } = getTableColumns(events)
  const due = database
    .select(columns)
    .from(events)
    .where(lte(events.nextTryAt, sql.placeholder('at')))
    .orderBy(asc(events.nextTryAt), asc(events.receivedAt))
    .limit(sql.placeholder('limit'))
    .prepare()
  return {
    receive: (event, body, at) => {
      const row = { ...event, body: Buffer.from(body), receivedAt: at, nextTryAt: at, state: 'received', attempts: 0 }
      return writer.submit({
        decide: () => (isKnown(database, event.id) ? 'known' : 'stored'),
        apply: (outcome) => {
          if (outcome === 'stored') database.insert(events).values(row).run()
        },
      })
    },
    async due(at, limit) {
      return due.all({ at, limit }).map((row) => ({ event: toStripeEvent(row), attempts: row.attempts }))
    },
    async counts() {
      const count = (where: SQL) => reading(() => database.$count(events, where))
      const [dead, waiting] = [await count(sql`state = 'dead'`), await count(sql`next_try_at IS NOT NULL`)]
      return { dead: Number(dead), waiting: Number(waiting) }
    },
    ignore: (id, outcome, at) => settle(id, { state: 'ignored', outcome, settledAt: at, nextTryAt: null }),
    async park(id, customerId, outcome) {
      await writer.submit({
        decide: () => isLinked(database, customerId),
        apply: (linked) => {
          // Linked in this very moment: it stays due.
          if (linked) return
          const parked = { state: 'parked', customerId, outcome, nextTryAt: null }
          database.update(events).set(parked).where(eq(events.id, id)).run()
        },
      })
    },
    fail: (id, outcome, nextTryAt) => {
      const attempts = sql<number>`attempts + 1`
      const values = { state: nextTryAt === null ? 'dead' : 'failed', outcome, nextTryAt, attempts }
      return settle(id, values as unknown as Partial<typeof events.$inferInsert>)
    },
  }
}

function isKnown(database: Drizzle, id: string): boolean {
  return database.select({ id: events.id }).from(events).where(eq(events.id, id)).get() !== undefined
}

function isLinked(database: Drizzle, customerId: string): boolean {
  return database.select().from(customers).where(eq(customers.customerId, customerId)).get() !== undefined
}
