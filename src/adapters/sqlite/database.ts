import { Database, SQLiteError } from 'bun:sqlite'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BunSQLiteDatabase, drizzle } from 'drizzle-orm/bun-sqlite'
import { migrate } from 'drizzle-orm/bun-sqlite/migrator'
import { readMigrationFiles } from 'drizzle-orm/migrator'

export type Drizzle = BunSQLiteDatabase & { readonly $client: Database }

/** Commits can be lost below this: the WAL-reset bug that SQLite fixed in 3.51.3 (sqlite.org/wal.html). */
const LEAST_VERSION = '3.51.3'

const PRAGMAS = [
  ['journal_mode', 'wal'],
  ['synchronous', '2'],
  // Four times SQLite's own 1,000 pages. A server's store copies the WAL in a thread (`checkpoints.ts`).
  ['wal_autocheckpoint', '4000'],
  // Short, since waiting blocks everything: the lock keeps other writers of ours away, and a refused change is told so.
  ['busy_timeout', '250'],
  ['foreign_keys', '1'],
  ['trusted_schema', '0'],
] as const

/**
 * Opens the database file (or `:memory:`), made if need be, with every pragma set and read back: a WAL that is synced
 * before a commit is over (FULL), so that what was acknowledged survives a power cut. A server's store takes that sync
 * over when the schema stands (`wal-sync.ts`). What SQLite refuses is told with the file's name and what to do.
 */
export function openDatabase(file: string): Drizzle {
  try {
    return opened(file)
  } catch (error) {
    throw error instanceof SQLiteError ? new Error(refusal(file, error), { cause: error }) : error
  }
}

function opened(file: string): Drizzle {
  if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
  const client = new Database(file, { create: true, strict: true, safeIntegers: true })
  const version = String(value(client, 'SELECT sqlite_version()'))
  if (!isAtLeast(version, LEAST_VERSION))
    throw new Error(`SQLite ${version} may lose commits; ${LEAST_VERSION} or newer is needed. Use the pinned Bun.`)
  for (const [pragma, wanted] of PRAGMAS)
    setPragma(client, pragma, file === ':memory:' && wanted === 'wal' ? 'memory' : wanted)
  return drizzle({ client })
}

const NO_DATABASE = new Set(['SQLITE_NOTADB', 'SQLITE_CORRUPT'])

function refusal(file: string, { code, message }: SQLiteError): string {
  if (NO_DATABASE.has(code ?? ''))
    return `${file} is damaged or is no SQLite database (${message}). It was left as it is: move it away and restore the last backup there, or let DATABASE_URL name the right file.`
  return `${file} cannot be opened for writing (${message}). Look whether its folder is there, on a disk with room, and whether this user may write the folder, the file and its -wal and -shm.`
}

/**
 * Brings the schema up to date and returns how many migrations that took. Foreign keys are off meanwhile, since a rebuilt
 * table would otherwise take its children with it (drizzle's own PRAGMA stands inside a transaction, where it is void).
 */
export function migrateDatabase(database: Drizzle): number {
  const known = readMigrationFiles({ migrationsFolder: migrationsFolder() })
  const before = appliedMigrations(database.$client)
  if (before.newest > (known.at(-1)?.folderMillis ?? 0))
    throw new Error(
      'The database was written by a newer version of this program. Run that version, or restore a backup.',
    )
  database.$client.run('PRAGMA foreign_keys=OFF')
  applyMigrations(database)
  const broken = database.$client.query('PRAGMA foreign_key_check').all()
  if (broken.length > 0) throw new Error(`After migrating, ${broken.length} rows refer to rows that are not there.`)
  setPragma(database.$client, 'foreign_keys', '1')
  return appliedMigrations(database.$client).count - before.count
}

/** All of them or none. What fails is told by SQLite's reason, and not by the statement alone. */
function applyMigrations(database: Drizzle): void {
  try {
    migrate(database, { migrationsFolder: migrationsFolder() })
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error)
    throw new Error(
      `The database could not be brought up to date and is as it was: ${reason}. "speech-billing doctor" looks at it and its disk.`,
      { cause: error },
    )
  }
}

/** How many migrations a database lacks; negative when a newer version of this program wrote it. */
export function pendingMigrations(client: Database): number {
  const known = readMigrationFiles({ migrationsFolder: migrationsFolder() })
  const { newest } = appliedMigrations(client)
  if (newest > (known.at(-1)?.folderMillis ?? 0)) return -1
  return known.filter(({ folderMillis }) => folderMillis > newest).length
}

/** In a compiled binary the folder lies beside the one bundled module. */
function migrationsFolder(): string {
  return Bun.isStandaloneExecutable ? join(import.meta.dir, 'drizzle') : join(import.meta.dir, '../../../drizzle')
}

function appliedMigrations(client: Database): { readonly count: number; readonly newest: number } {
  const exists = value(client, "SELECT count(*) FROM sqlite_master WHERE name = '__drizzle_migrations'")
  if (Number(exists) === 0) return { count: 0, newest: 0 }
  const count = Number(value(client, 'SELECT count(*) FROM __drizzle_migrations'))
  return { count, newest: Number(value(client, 'SELECT coalesce(max(created_at), 0) FROM __drizzle_migrations')) }
}

function setPragma(client: Database, pragma: string, wanted: string): void {
  client.run(`PRAGMA ${pragma}=${wanted}`)
  const set = String(value(client, `PRAGMA ${pragma}`))
  if (set !== wanted) throw new Error(`SQLite would not set ${pragma} to ${wanted}; it stands at ${set}.`)
}

function value(client: Database, sql: string): unknown {
  return client.query(sql).values()[0]?.[0]
}

function isAtLeast(version: string, least: string): boolean {
  return Bun.semver.order(version, least) >= 0
}
