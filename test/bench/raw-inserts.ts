// How many records a second SQLite itself takes on this machine when nothing stands before it: the same rows as the
// program writes for one billed use, by prepared statements in batches, each batch durable before the next.
//   bun raw-inserts.ts FILE BATCH SECONDS
import { Database } from 'bun:sqlite'
import { userName } from './load/workload.ts'

const USERS = 10_000
const START = Math.floor(Date.now() / 86_400_000 - 1) * 86_400_000

const [file = ':memory:', batch = '512', seconds = '1'] = process.argv.slice(2)
const database = new Database(file, { safeIntegers: true })
database.run('PRAGMA journal_mode = wal')
database.run('PRAGMA synchronous = full')
const record = database.prepare(`INSERT INTO usage_records (id, user_id, service_type, quantity, rated, unit, identity,
  occurred_at, recorded_at, subscription_id, plan_name, allowance_start, rate, granted, overage, billable)
  VALUES (?1, ?2, 'voice_call', ?3, ?3, 'seconds', ?4, ?5, ?5, ?6, 'usage_based', ?7, '5', 0, ?3, ?3)`)
const report = database.prepare(`INSERT INTO meter_reports (id, user_id, service_type, subscription_id, allowance_start,
  window_start, quantity, occurred_at, opened_at, state, tries, next_try_at)
  VALUES (?1, ?2, 'voice_call', ?3, ?4, ?5, ?6, ?7, ?7, 'open', 0, ?7 + 60000)
  ON CONFLICT (window_start, user_id, service_type, subscription_id, allowance_start) WHERE state = 'open'
  DO UPDATE SET quantity = quantity + excluded.quantity, occurred_at = max(occurred_at, excluded.occurred_at)`)
const total = adding('usage_totals', 'month')
const day = adding('usage_days', 'day', 'last_record')

const end = performance.now() + Number(seconds) * 1_000
const start = performance.now()
let written = 0
while (performance.now() < end) {
  database.run('BEGIN IMMEDIATE')
  for (let index = 0; index < Number(batch); index++) write(userName((written + index * 7) % USERS))
  database.run('COMMIT')
  written += Number(batch)
}
console.log(JSON.stringify({ perSecond: (written * 1_000) / (performance.now() - start) }))

function write(user: string): void {
  const [now, quantity] = [Date.now(), 90_000_000n]
  const time = new Date(now).toISOString()
  const [id, event] = [Bun.randomUUIDv7(), Bun.randomUUIDv7()]
  record.run(`usage_${id}`, user, quantity, `event:${event}`, now, `sub_${user}`, START)
  total.run(time.slice(0, 7), user, START, quantity)
  day.run(time.slice(0, 10), user, START, quantity, `usage_${id}`)
  report.run(`report_${id}`, user, `sub_${user}`, START, now - (now % 60_000), quantity, now)
}

function adding(table: string, column: string, last?: string) {
  const [name, value, kept] = last ? [`, ${last}`, ', ?5', `, ${last} = excluded.${last}`] : ['', '', '']
  return database.prepare(`INSERT INTO ${table} (${column}, user_id, service_type, allowance_start, rate, quantity, rated,
    granted, overage, billable${name}) VALUES (?1, ?2, 'voice_call', ?3, '5', ?4, ?4, 0, ?4, ?4${value}) ON CONFLICT DO
    UPDATE SET quantity = quantity + excluded.quantity, rated = rated + excluded.rated,
    granted = granted + excluded.granted, overage = overage + excluded.overage,
    billable = billable + excluded.billable${kept}`)
}
