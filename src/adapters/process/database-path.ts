import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * The one absolute path of a database, whatever links and relative paths lead to it: two names of one file must not
 * become two locks. The database need not be there yet.
 */
export function canonicalPath(databaseFile: string): string {
  if (existsSync(databaseFile)) return realpathSync(databaseFile)
  const folder = dirname(databaseFile)
  return existsSync(folder) ? join(realpathSync(folder), basename(databaseFile)) : resolve(databaseFile)
}
