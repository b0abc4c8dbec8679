// What one would write first: Elysia, @elysiajs/jwt and Drizzle, one durable transaction a request.
//   bun obvious.ts FILE
import { Database } from 'bun:sqlite'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { integer, primaryKey, sqliteTable, text, unique } from 'drizzle-orm/sqlite-core'
import { announce, type UsageBody, usageBody, withTokens } from './verified.ts'

const records = sqliteTable(
  'records',
  {
    id: text().primaryKey(),
    userId: text().notNull(),
    eventId: text().notNull(),
    service: text().notNull(),
    seconds: integer().notNull(),
    recordedAt: integer().notNull(),
  },
  (table) => [unique().on(table.eventId, table.userId)],
)
const totals = sqliteTable(
  'totals',
  { userId: text().notNull(), service: text().notNull(), month: text().notNull(), seconds: integer().notNull() },
  (table) => [primaryKey({ columns: [table.userId, table.service, table.month] })],
)

const client = new Database(process.argv[2] ?? ':memory:', { create: true })
client.run('PRAGMA journal_mode = wal')
client.run('PRAGMA synchronous = full')
client.run(
  'CREATE TABLE records (id TEXT PRIMARY KEY, userId TEXT NOT NULL, eventId TEXT NOT NULL, service TEXT NOT NULL, seconds INTEGER NOT NULL, recordedAt INTEGER NOT NULL, UNIQUE (eventId, userId))',
)
client.run(
  'CREATE TABLE totals (userId TEXT NOT NULL, service TEXT NOT NULL, month TEXT NOT NULL, seconds INTEGER NOT NULL, PRIMARY KEY (userId, service, month))',
)
const database = drizzle({ client })

function record({ user_id, event_id, service_type, usage_amount }: UsageBody) {
  const [id, now] = [Bun.randomUUIDv7(), new Date()]
  const month = now.toISOString().slice(0, 7)
  const usage = { userId: user_id, service: service_type, seconds: usage_amount }
  const [total] = database.transaction((transaction) => {
    transaction
      .insert(records)
      .values({ id, ...usage, eventId: event_id, recordedAt: now.getTime() })
      .run()
    const target = [totals.userId, totals.service, totals.month]
    const set = { seconds: sql`${totals.seconds} + ${usage_amount}` }
    return transaction
      .insert(totals)
      .values({ ...usage, month })
      .onConflictDoUpdate({ target, set })
      .returning()
      .all()
  })
  return { usage_record_id: id, service_type, usage_amount, billing_period: month, total: total?.seconds ?? 0 }
}

const app = withTokens(process.env.JWT_SECRET ?? '', false).post(
  '/payments/record-usage',
  async ({ body, verified, status }) => ((await verified()) === null ? status(401, 'no') : status(201, record(body))),
  { body: usageBody },
)
announce(app.listen({ port: 0, hostname: '127.0.0.1' }))
