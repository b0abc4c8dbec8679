import { and, asc, eq, lte, type SQL, sql } from 'drizzle-orm'
import type { Inbox } from '../../ports.ts'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { toStripeEvent } from './rows.ts'
import { customers, stripeWebhookEvents as events } from './schema.ts'
import { reading, type Writer } from './writer.ts'

/** The inbox in SQLite. Its writes share the ledger's commits. */
export function sqliteInbox(database: Drizzle, writer: Writer): Inbox {
  const of = sql.placeholder
  const settle = async (id: string, values: Partial<typeof events.$inferInsert>) => {
    const unsettled = and(eq(events.id, id), sql`state <> 'applied'`)
    await writer.submit({
      decide: () => undefined,
      apply: () => void database.update(events).set(values).where(unsettled).run(),
    })
  }
  const known = database
    .select({ id: events.id })
    .from(events)
    .where(eq(events.id, of('id')))
    .prepare()
  const insert = compiled(database.$client, database.insert(events).values(newRow()))
  const due = database
    .select()
    .from(events)
    .where(
      and(
        lte(events.nextTryAt, of('at')),
        sql`coalesce(customer_id, id) NOT IN (SELECT value FROM json_each(${of('except')}))`,
      ),
    )
    .orderBy(asc(events.nextTryAt), asc(events.receivedAt))
    .limit(of('limit'))
    .prepare()
  return {
    receive: ({ livemode, ...event }, body, at) =>
      writer.submit({
        decide: () => (known.get({ id: event.id }) === undefined ? 'stored' : 'known'),
        apply: (outcome) => {
          if (outcome === 'stored') insert({ ...event, livemode: livemode ? 1 : 0, body, at })
        },
      }),
    async due(at, limit, except = []) {
      return reading(() => due.all({ at, limit, except: JSON.stringify(except) })).map((row) => ({
        event: toStripeEvent(row),
        body: row.body,
        attempts: row.attempts,
        isReplayed: row.replayedAt !== null,
      }))
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

/** Due at once. The names are those of an event's fields. */
function newRow() {
  const of = sql.placeholder
  return {
    id: of('id'),
    type: of('type'),
    objectType: of('objectType'),
    objectId: of('objectId'),
    customerId: of('customerId'),
    paymentIntentId: of('paymentIntentId'),
    livemode: sql`${of('livemode')}`,
    account: of('account'),
    apiVersion: of('apiVersion'),
    createdAt: of('createdAt'),
    receivedAt: of('at'),
    body: of('body'),
    state: 'received',
    attempts: 0,
    nextTryAt: of('at'),
  }
}

function isLinked(database: Drizzle, customerId: string): boolean {
  return database.select().from(customers).where(eq(customers.customerId, customerId)).get() !== undefined
}
