import { Database } from 'bun:sqlite'
import { subscriptionEvent, USERS_WITH_EVENTS } from './load/events.ts'
import { userName } from './load/workload.ts'

const SUBSCRIPTION = `INSERT INTO user_subscriptions (id, user_id, customer_id, plan_name, price_id, status, status_since,
  anchor, current_period_start, current_period_end, started_at, created_at, has_payment_method, seen_at)
  VALUES (?1, ?2, ?3, 'usage_based', 'price_bench', 'active', ?4, ?4, ?4, ?5, ?4, ?4, 1, ?4)`
const MONTH_MS = 30 * 86_400_000

/** Puts customers with live `usage_based` subscriptions straight into a migrated file, since yesterday. */
export function seedSubscribers(file: string, users: number): void {
  const database = open(file)
  const start = yesterday()
  const customer = database.prepare('INSERT INTO customers (customer_id, user_id, linked_at) VALUES (?, ?, ?)')
  const subscription = database.prepare(SUBSCRIPTION)
  database.transaction(() => {
    for (let index = 0; index < users; index++) {
      const user = userName(index)
      customer.run(`cus_${user}`, user, start)
      subscription.run(`sub_${user}`, user, `cus_${user}`, start, start + MONTH_MS)
    }
  })()
  database.close()
}

/**
 * Records of the past, with the totals that belong to them: `records` of them spread over the users from `firstUser` on,
 * all of one day, each naming the one before it. Written by SQL alone, since this is about a file of that size and not
 * about how it came to be.
 */
export function seedRecords(file: string, firstUser: number, users: number, records: number): void {
  const database = open(file)
  const start = yesterday()
  const user = `printf('user_%05d', ${firstUser} + n % ${users})`
  const id = (n: string) => `printf('usage_0000000000%016d', ${firstUser} * 1000000000 + ${n})`
  database.run(`WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${records})
    INSERT INTO usage_records (id, user_id, service_type, quantity, rated, unit, identity, occurred_at, recorded_at,
      subscription_id, plan_name, allowance_start, rate, granted, overage, billable, previous)
    SELECT ${id('n')}, ${user}, 'voice_call', 90000000, 90000000, 'seconds',
      printf('event:01990000-0000-7%03d-8000-%012d', ${firstUser % 1_000}, n), ${start} + n / 1000, ${start} + n / 1000,
      'sub_' || ${user}, 'usage_based', ${start}, '5', 0, 90000000, 90000000,
      CASE WHEN n >= ${users} THEN ${id(`n - ${users}`)} END FROM numbers`)
  for (const [table, column, format, more, latest] of [
    ['usage_totals', 'month', '%Y-%m', '', ''],
    ['usage_days', 'day', '%Y-%m-%d', ', last_record', ', max(id)'],
  ])
    database.run(`INSERT INTO ${table} (${column}, user_id, service_type, allowance_start, rate, quantity, rated,
        granted, overage, billable${more})
      SELECT strftime('${format}', occurred_at / 1000, 'unixepoch'), user_id, service_type, allowance_start, rate,
        sum(quantity), sum(rated), 0, sum(overage), sum(billable)${latest} FROM usage_records
      WHERE id >= ${id('0')} AND id < ${id(String(records))}
      GROUP BY 1, 2, 3, 4, 5`)
  database.run('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
}

/** Events that were received and wait to be applied, one for each of so many users, put into the file of a running server. */
export function seedEvents(file: string, count: number): void {
  const database = open(file)
  database.run('PRAGMA busy_timeout = 10000')
  const now = Date.now()
  const insert =
    database.prepare(`INSERT INTO stripe_webhook_events (id, type, object_type, object_id, customer_id, livemode,
    api_version, created_at, received_at, body, state, attempts, next_try_at)
    VALUES (?1, ?2, 'subscription', ?3, ?4, 0, ?5, ?6, ?7, ?8, 'received', 0, ?7)`)
  database.transaction(() => {
    for (let index = 0; index < count; index++) {
      const id = `evt_${Bun.randomUUIDv7().replaceAll('-', '')}`
      const event = subscriptionEvent(id, index, Math.floor(now / 1_000))
      const user = userName(index % USERS_WITH_EVENTS)
      const { type, api_version, created } = event
      const about = [`sub_${user}`, `cus_${user}`, api_version, created * 1_000] as const
      insert.run(id, type, ...about, now, Buffer.from(JSON.stringify(event)))
    }
  })()
  database.close()
}

/** Whether events of a file wait to be applied. */
export function hasWaitingEvents(file: string): boolean {
  const database = new Database(file, { readonly: true })
  const found = database.query('SELECT 1 FROM stripe_webhook_events WHERE next_try_at IS NOT NULL LIMIT 1').values()
  database.close()
  return found.length > 0
}

/** How many events of a file stand in each state. */
export function eventStates(file: string): ReadonlyMap<string, number> {
  const database = new Database(file, { readonly: true })
  const states = database.query('SELECT state, count(*) FROM stripe_webhook_events GROUP BY state').values()
  database.close()
  return new Map(states.map(([state, count]) => [String(state), Number(count)]))
}

/** How many records a file holds; counted when its server has stopped. */
export function countRecords(file: string): number {
  const database = new Database(file, { readonly: true })
  const [[count] = []] = database.query('SELECT count(*) FROM usage_records').values()
  database.close()
  return Number(count)
}

function open(file: string): Database {
  const database = new Database(file)
  database.run('PRAGMA synchronous = off')
  return database
}

/** The same for all that is made on one day, so that totals meet. */
function yesterday(): number {
  return Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000
}
