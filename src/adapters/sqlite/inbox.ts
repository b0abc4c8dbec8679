import { and, asc, eq, lte, type SQL, sql } from 'drizzle-orm'
import type { Inbox } from '../../ports/inbox.ts'
import { compiled, type Values } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { toStripeEvent } from './rows.ts'
import { customers } from './schema/subscriptions.ts'
import { stripeWebhookEvents as events } from './schema/webhook-events.ts'
import { reading, type Writer } from './writer.ts'

/** The inbox in SQLite. Its writes share the ledger's commits. */
export function sqliteInbox(database: Drizzle, writer: Writer): Inbox {
  const of = sql.placeholder
  const isUnsettled = and(eq(events.id, of('id')), sql`state <> 'applied'`)
  const statement = (set: Record<string, unknown>) =>
    compiled(database.$client, () => database.update(events).set(set).where(isUnsettled))
  const settle = async (write: (values: Values) => void, values: Values) => {
    await writer.submit({ decide: () => undefined, apply: () => write(values) })
  }
  const outcome = sql`${of('outcome')}`
  const ignore = statement({ state: 'ignored', outcome, settledAt: sql`${of('at')}`, nextTryAt: null })
  const park = statement({ state: 'parked', customerId: sql`${of('customerId')}`, outcome, nextTryAt: null })
  const fail = statement({
    state: sql`CASE WHEN ${of('nextTryAt')} IS NULL THEN 'dead' ELSE 'failed' END`,
    outcome,
    nextTryAt: sql`${of('nextTryAt')}`,
    attempts: sql`attempts + 1`,
  })
  const link = database
    .select({ userId: customers.userId })
    .from(customers)
    .where(eq(customers.customerId, of('customerId')))
    .prepare()
  const known = database
    .select({ id: events.id })
    .from(events)
    .where(eq(events.id, of('id')))
    .prepare()
  const insert = compiled(database.$client, () => database.insert(events).values(newRow()))
  const due = (excluded?: SQL) =>
    database
      .select()
      .from(events)
      .where(and(lte(events.nextTryAt, of('at')), excluded))
      // Rows are numbered as they come. So the index has the order, and no backlog is sorted for a few events.
      .orderBy(asc(events.nextTryAt), sql`${events}.rowid`)
      .limit(of('limit'))
      .prepare()
  const dueOfAll = due()
  const dueOfOthers = due(sql`coalesce(customer_id, id) NOT IN (SELECT value FROM json_each(${of('except')}))`)
  return {
    receive: ({ livemode, ...event }, body, at) =>
      writer.submit({
        decide: () => (known.get({ id: event.id }) === undefined ? 'stored' : 'known'),
        apply: (outcome) => {
          if (outcome === 'stored') insert({ ...event, livemode: livemode ? 1 : 0, body, at })
        },
      }),
    async due(at, limit, except = []) {
      const read = () =>
        except.length === 0
          ? dueOfAll.all({ at, limit })
          : dueOfOthers.all({ at, limit, except: JSON.stringify(except) })
      return reading(read).map((row) => ({
        event: toStripeEvent(row),
        body: row.body,
        attempts: row.attempts,
        isReplayed: row.replayedAt !== null,
      }))
    },
    async counts() {
      // Of what there is much, the indexes alone are read: rows are numbered as they come, so the first is the oldest.
      const count = (where: SQL) =>
        reading(() => {
          const first = sql<number | null>`min(rowid)`.mapWith(Number)
          const [row] = database
            .select({ count: sql`count(*)`.mapWith(Number), first })
            .from(events)
            .where(where)
            .all()
          return { count: row?.count ?? 0, since: row?.count ? receivedAt(database, row.first) : null }
        })
      const [waiting, parked] = [count(sql`next_try_at IS NOT NULL`), count(sql`state = 'parked'`)]
      return {
        dead: count(sql`state = 'dead'`).count,
        waiting: waiting.count,
        waitingSince: waiting.since,
        parked: parked.count,
        parkedSince: parked.since,
      }
    },
    ignore: (id, outcome, at) => settle(ignore, { id, outcome, at }),
    async park(id, customerId, outcome) {
      await writer.submit({
        decide: () => link.get({ customerId }) !== undefined,
        apply: (isLinked) => {
          // Linked in this very moment: it stays due.
          if (!isLinked) park({ id, customerId, outcome })
        },
      })
    },
    fail: (id, outcome, nextTryAt) => settle(fail, { id, outcome, nextTryAt }),
  }
}

function receivedAt(database: Drizzle, number: number | null): number | null {
  const row = database.select({ at: events.receivedAt }).from(events).where(sql`rowid = ${number}`).get()
  return row?.at ?? null
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
