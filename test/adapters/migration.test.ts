import { expect, test } from 'bun:test'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from 'drizzle-orm/bun-sqlite/migrator'
import { type Drizzle, migrateDatabase, openDatabase } from '../../src/adapters/sqlite/database.ts'
import { allowanceMessage } from '../../src/domain/app-message.ts'

const MIGRATIONS = join(import.meta.dir, '../../drizzle')
const journal = await Bun.file(join(MIGRATIONS, 'meta/_journal.json')).json()

/** Tables that are gone, and where their rows went. */
const MOVED: Readonly<Record<string, string>> = { allowance_crossings: 'app_messages' }

test('a database of every earlier release comes up to date with all that was in it', () => {
  for (let releases = 1; releases <= journal.entries.length; releases++) {
    const database = openDatabase(':memory:')
    migrateTo(database, releases)
    fill(database)
    const before = Object.entries(countedRows(database)).map(([table, rows]) => [MOVED[table] ?? table, rows])
    expect(migrateDatabase(database)).toBe(journal.entries.length - releases)
    expect(countedRows(database)).toMatchObject(Object.fromEntries(before))
    database.$client.close()
  }
})

test('a migration that cannot be done says why, and leaves the database as it was', () => {
  const database = openDatabase(':memory:')
  database.$client.run('CREATE TABLE app_messages (id TEXT)')
  expect(() => migrateDatabase(database)).toThrow(
    'The database could not be brought up to date and is as it was: table `app_messages` already exists.',
  )
  expect(tablesOf(database.$client)).toEqual(['app_messages'])
  database.$client.close()
})

/** As it was after so many releases. */
function migrateTo(database: Drizzle, releases: number): void {
  const folder = mkdtempSync(join(tmpdir(), 'speech-billing-migrations-'))
  cpSync(MIGRATIONS, folder, { recursive: true })
  const earlier = { ...journal, entries: journal.entries.slice(0, releases) }
  writeFileSync(join(folder, 'meta/_journal.json'), JSON.stringify(earlier))
  migrate(database, { migrationsFolder: folder })
  rmSync(folder, { recursive: true })
}

test('what the app was still to be told of an allowance is told as it would be now, once', () => {
  const database = openDatabase(':memory:')
  migrateTo(database, 1)
  const start = Date.parse('2026-01-31T09:30:15.250Z')
  const crossed = { service: 'voice_call', threshold: 80, used: 4_860_000_000n, included: 6_000_000_000n } as const
  database.$client.run(
    'INSERT INTO allowance_crossings (id, user_id, service_type, allowance_start, threshold, used, included, crossed_at, tries, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ['crossing_1', 'ann', 'voice_call', start, 80, 4_860_000_000n, 6_000_000_000n, start + 5, 1, start + 10],
  )
  migrateDatabase(database)
  const allowance = { start, end: Date.parse('2026-02-28T09:30:15.250Z') }
  const message = allowanceMessage('ann', { ...crossed, allowance }, start + 5)
  const [row] = database.$client.query<Record<string, unknown>, []>('SELECT * FROM app_messages').all()
  expect<object>({ ...row, data: JSON.parse(String(row?.data)) }).toEqual({
    id: message.id,
    user_id: 'ann',
    type: message.type,
    data: message.data,
    at: BigInt(message.at),
    tries: 1n,
    next_try_at: BigInt(start + 10),
    posted_at: null,
    outcome: null,
  })
  database.$client.close()
})

/** Two rows in every table, whatever its columns are. */
function fill({ $client }: Drizzle): void {
  for (const table of tablesOf($client)) {
    const columns = $client
      .query<{ name: string; type: string }, []>(`SELECT name, type FROM pragma_table_info('${table}')`)
      .all()
    for (const row of [1, 2]) {
      const values = columns.map(({ type }) => (type === 'INTEGER' ? row : type === 'BLOB' ? `x'0${row}'` : `'${row}'`))
      $client.run(`INSERT INTO ${table} (${columns.map(({ name }) => name).join()}) VALUES (${values.join()})`)
    }
  }
}

function countedRows({ $client }: Drizzle): Readonly<Record<string, number>> {
  return Object.fromEntries(
    tablesOf($client).map((table) => [table, Number($client.query(`SELECT count(*) FROM ${table}`).values()[0]?.[0])]),
  )
}

function tablesOf(client: Drizzle['$client']): readonly string[] {
  const named = client.query("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").values()
  return named
    .flat()
    .map(String)
    .filter((name) => !name.startsWith('sqlite_') && name !== '__drizzle_migrations')
}
