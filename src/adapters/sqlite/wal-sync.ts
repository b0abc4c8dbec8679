import type { Database } from 'bun:sqlite'
import { closeSync, fdatasync, openSync } from 'node:fs'
import type { Sync } from './writer.ts'

export interface WalSync {
  readonly sync: Sync
  close(): void
}

/**
 * Takes the sync of each commit over from SQLite, which would wait for the disk and let everybody else wait with it: from
 * here on a commit only writes to the WAL (`synchronous=NORMAL`), and `sync` puts the WAL on disk in a thread. SQLite itself
 * goes on syncing wherever the order of writes matters: before and after a checkpoint, and when it begins the WAL anew.
 * The database in the file must be a WAL database already.
 */
export function walSync(client: Database, file: string): WalSync {
  client.run('PRAGMA synchronous=1')
  // Closing a descriptor drops the locks that the process has on its file. SQLite locks the database, never the WAL.
  const wal = openSync(`${file}-wal`, 'r+')
  return {
    sync: () =>
      new Promise((resolve, reject) => {
        fdatasync(wal, (error) => (error === null ? resolve() : reject(error)))
      }),
    close: () => closeSync(wal),
  }
}
