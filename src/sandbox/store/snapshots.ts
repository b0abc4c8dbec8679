import type { Database, SQLQueryBindings } from 'bun:sqlite'

type Row = Readonly<Record<string, SQLQueryBindings>>
type Content = Readonly<Record<string, readonly Row[]>>

/** Keeps everything the simulator knows under a name. It lies in the same file and survives a reset. */
export function takeSnapshot(database: Database, name: string): number {
  const content: Content = Object.fromEntries(tablesOf(database).map((table) => [table, rowsOf(database, table)]))
  const packed = Bun.zstdCompressSync(JSON.stringify(content))
  database
    .query('INSERT OR REPLACE INTO snapshots (name, taken_at, content) VALUES (?, ?, ?)')
    .run(name, Date.now(), packed)
  return Object.values(content).reduce((sum, rows) => sum + rows.length, 0)
}

/** Puts everything back as it was; false when there is no such snapshot. */
export function restoreSnapshot(database: Database, name: string): boolean {
  const found = database
    .query<{ content: Uint8Array<ArrayBuffer> }, [string]>('SELECT content FROM snapshots WHERE name = ?')
    .get(name)
  if (!found) return false
  const content = JSON.parse(Bun.zstdDecompressSync(found.content).toString()) as Content
  for (const table of tablesOf(database)) {
    database.run(`DELETE FROM ${table}`)
    for (const row of content[table] ?? []) insert(database, table, row)
  }
  return true
}

export interface SnapshotName {
  readonly name: string
  readonly taken_at: number
}

export function listSnapshots(database: Database): readonly SnapshotName[] {
  return database.query<SnapshotName, []>('SELECT name, taken_at FROM snapshots ORDER BY taken_at').all()
}

function tablesOf(database: Database): string[] {
  const found = database
    .query<{ name: string }, []>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'snapshots'",
    )
    .all()
  return found.map(({ name }) => name)
}

const rowsOf = (database: Database, table: string) => database.query<Row, []>(`SELECT * FROM ${table}`).all()

function insert(database: Database, table: string, row: Row): void {
  const names = Object.keys(row)
  const places = names.map(() => '?').join(', ')
  database.query(`INSERT INTO ${table} (${names.join(', ')}) VALUES (${places})`).run(...Object.values(row))
}
