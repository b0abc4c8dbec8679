import type { MigrationReport } from '../adapters/cli/program.ts'
import { acquireLock } from '../adapters/process/lock.ts'
import { migrateFile } from '../adapters/sqlite/store.ts'
import { configuration } from './configuration.ts'

/** Brings the database to this version's tables. Refused while a server has it. */
export async function migrate(): Promise<MigrationReport> {
  const { databaseFile } = configuration()
  const lock = acquireLock(databaseFile)
  try {
    return { applied: migrateFile(databaseFile), file: databaseFile }
  } finally {
    lock.release()
  }
}
