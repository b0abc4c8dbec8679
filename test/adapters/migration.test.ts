import { expect, test } from 'bun:test'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from 'drizzle-orm/bun-sqlite/migrator'
import { type Drizzle, migrateDatabase, openDatabase } from '../../src/adapters/sqlite/database.ts'

const MIGRATIONS = join(import.meta.dir, '../../drizzle')

test('a database of every earlier release comes up to date with all that was in it', async () => {
  const journal = await Bun.file(join(MIGRATIONS, 'meta/_journal.json')).json()
  for (let releases = 1; releases <= journal.entries.length; releases++) {
    const database = openDatabase(':memory:')
    await migrateTo(database, { ...journal, entries: journal.entries.slice(0, releases) })
    fill(database)
    const before = countedRows(database)
    expect(migrateDatabase(database)).toBe(journal.entries.length - releases)
    expect(countedRows(database)).toMatchObject(before)
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

async function migrateTo(database: Drizzle, journal: object): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'speech-billing-migrations-'))
  cpSync(MIGRATIONS, folder, { recursive: true })
  await Bun.write(join(folder, 'meta/_journal.json'), JSON.stringify(journal))
  migrate(database, { migrationsFolder: folder })
  rmSync(folder, { recursive: true })
}

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
