import { and, desc, eq, getTableColumns, lt, type SQL, sql } from 'drizzle-orm'
import { invalidField } from '../../domain/errors.ts'
import type { EventState, KeptEvent } from '../../domain/webhook-event.ts'
import type { EventLog } from '../../ports/inbox.ts'
import type { Drizzle } from './database.ts'
import { toStripeEvent } from './rows.ts'
import { auditLog } from './schema/audit-log.ts'
import { customers } from './schema/subscriptions.ts'
import { stripeWebhookEvents as events } from './schema/webhook-events.ts'
import { reading, type Writer } from './writer.ts'

/** Rows are numbered as they come, so the number is where a page ends. */
const number = sql<bigint>`${events}.rowid`

/** The inbox as operators see it, in SQLite. */
export function sqliteEventLog(database: Drizzle, writer: Writer): EventLog {
  const { body, ...columns } = getTableColumns(events)
  return {
    async list({ state, type, customerId, objectId }, limit, cursor) {
      const isRare = RARE.has(state)
      // With the plus SQLite sorts the few, and does not read the whole inbox backwards to find the last of them.
      const order = isRare ? sql`+${number}` : number
      const isFew = isRare || customerId !== null || objectId !== null
      const wanted = and(
        state === null ? undefined : (INDEXED[state] ?? eq(events.state, state)),
        // Nor does it go through all events of a type where the rest of the question leads to few.
        type === null ? undefined : isFew ? sql`+${events.type} = ${type}` : eq(events.type, type),
        customerId === null ? undefined : eq(events.customerId, customerId),
        objectId === null ? undefined : eq(events.objectId, objectId),
        cursor === null ? undefined : lt(order, mustBeNumber(cursor)),
      )
      const read = () =>
        database
          .select({ ...columns, number })
          .from(events)
          .where(wanted)
          .orderBy(desc(order))
          .limit(limit + 1)
          .all()
      const rows = reading(read)
      const last = rows[limit - 1]
      const nextCursor = rows.length > limit && last ? String(last.number) : null
      return { items: rows.slice(0, limit).map(toKeptEvent), nextCursor }
    },
    async find(eventId) {
      const read = () =>
        database
          .select({ ...columns, body })
          .from(events)
          .where(eq(events.id, eventId))
          .get()
      const row = reading(read)
      return row ? { ...toKeptEvent(row), body: row.body } : null
    },
    replay: (replays, at) =>
      writer.submit({
        decide: () => replays.filter(({ eventId }) => isThere(database, eventId)).map(({ eventId }) => eventId),
        apply: (there) => {
          const again = { state: 'received', attempts: 0, nextTryAt: at, replayedAt: at, settledAt: null }
          for (const { eventId, audit } of replays) {
            if (!there.includes(eventId)) continue
            database.update(events).set(again).where(eq(events.id, eventId)).run()
            database
              .insert(auditLog)
              .values({ ...audit, userId: ownerOf(database, eventId) })
              .run()
          }
        },
      }),
  }
}

/** Of these an index holds all, which SQLite sees only in these very words. */
const INDEXED: Partial<Record<EventState, SQL>> = {
  dead: sql`state = 'dead'`,
  parked: sql`state = 'parked'`,
  failed: sql`next_try_at IS NOT NULL AND state = 'failed'`,
  received: sql`next_try_at IS NOT NULL AND state = 'received'`,
  ignored: sql`state = 'ignored'`,
}

/** Events are in these states for a while only; in the others are many, or all. */
const RARE: ReadonlySet<EventState | null> = new Set(['dead', 'parked', 'failed', 'received'])

function toKeptEvent(row: Omit<typeof events.$inferSelect, 'body'>): KeptEvent {
  const { attempts, outcome, receivedAt, settledAt, nextTryAt, replayedAt } = row
  const state = row.state as EventState
  return { event: toStripeEvent(row), state, attempts, outcome, receivedAt, settledAt, nextTryAt, replayedAt }
}

function isThere(database: Drizzle, id: string): boolean {
  return database.select({ id: events.id }).from(events).where(eq(events.id, id)).get() !== undefined
}

/** Nobody's is the empty text. */
function ownerOf(database: Drizzle, id: string): string {
  const owner = database
    .select({ userId: customers.userId })
    .from(events)
    .innerJoin(customers, eq(customers.customerId, events.customerId))
    .where(eq(events.id, id))
    .get()
  return owner?.userId ?? ''
}

function mustBeNumber(cursor: string): bigint {
  if (/^[1-9]\d{0,17}$/.test(cursor)) return BigInt(cursor)
  throw invalidField('/cursor', 'is not one that an earlier page gave out; leave it out to start at the newest')
}
