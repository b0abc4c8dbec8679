import { Database, SQLiteError } from 'bun:sqlite'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { canonicalPath } from './database-path.ts'

export interface Lock {
  release(): void
}

/** The data folder holds customers and keys. */
const OWNER_ONLY = 0o700
/** Long enough for another process to finish writing its number, short enough not to be noticed. */
const PATIENCE_MS = 150
const TRIES = 5

/** Whatever becomes of the handles: a lock file that is collected as garbage would be closed, and the lock lost. */
const held = new Set<Database>()

/**
 * Makes this process the only writer of a database, until it releases the lock or ends. The lock is an open transaction
 * on a second SQLite file beside it, so the operating system frees it even after `kill -9`, and no stale file is left
 * to be cleaned up. Makes the folder when it is not there. Throws in words when another process holds it.
 */
export function acquireLock(databaseFile: string): Lock {
  mkdirSync(dirname(databaseFile), { recursive: true, mode: OWNER_ONLY })
  const path = canonicalPath(databaseFile)
  const file = openLockFile(`${path}.lock`)
  try {
    hold(file, path)
  } catch (error) {
    file.close()
    throw error
  }
  held.add(file)
  return {
    release() {
      if (held.delete(file)) file.close()
    },
  }
}

/** Who holds the lock of a database that is there, in a sentence; null when nobody does. */
export function lockHolder(databaseFile: string): string | null {
  if (!existsSync(`${canonicalPath(databaseFile)}.lock`)) return null
  try {
    acquireLock(databaseFile).release()
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

function openLockFile(lockFile: string): Database {
  try {
    const file = new Database(lockFile, { create: true })
    file.run(`PRAGMA busy_timeout = ${PATIENCE_MS}`)
    return file
  } catch (error) {
    throw new Error(
      `The lock file ${lockFile} cannot be opened (${reasonOf(error)}). Check that its folder may be written.`,
    )
  }
}

/**
 * The holder's process number must be readable while the lock is held, hence it is committed before. Between the two
 * another process may have written its own; then it is done again.
 */
function hold(file: Database, path: string): void {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    occupied(path, file, () => file.run(`PRAGMA user_version = ${process.pid}`))
    occupied(path, file, () => file.run('BEGIN IMMEDIATE'))
    if (writtenPid(file) === process.pid) return
    file.run('ROLLBACK')
  }
  throw new Error(`Several processes are starting on ${path} at once. Start one of them.`)
}

function occupied(path: string, file: Database, step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!isBusy(error)) throw new Error(`The lock file ${path}.lock cannot be used (${reasonOf(error)}).`)
    throw new Error(
      `${path} is in use by another speech-billing${numberOf(file)}, and only one process may write it. ` +
        'Stop that one first, or give this one another file in DATABASE_URL.',
    )
  }
}

function numberOf(file: Database): string {
  const pid = writtenPid(file)
  return pid === null || pid === process.pid ? '' : ` (process ${pid})`
}

/** Null while another process is just writing it. */
function writtenPid(file: Database): number | null {
  try {
    return file.query<{ user_version: number }, []>('PRAGMA user_version').get()?.user_version ?? null
  } catch (error) {
    if (isBusy(error)) return null
    throw error
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof SQLiteError && error.code?.startsWith('SQLITE_BUSY') === true
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
