// A thread of its own that copies a database's WAL into it: see checkpoints.ts. It is told the file, or null to let go of it.
import { Database, SQLiteError } from 'bun:sqlite'
import type { Copied } from './checkpoints.ts'

declare const self: Worker

let database: Database | null = null

self.onmessage = ({ data: file }: MessageEvent<string | null>) => {
  if (file === null) database?.close()
  self.postMessage(file === null ? DONE : copy(file))
}

const DONE: Copied = { failure: null }

function copy(file: string): Copied {
  try {
    // As it is opened, SQLite syncs the WAL before the copy and the database after it.
    database ??= new Database(file, { readwrite: true })
    database.query('PRAGMA wal_checkpoint(PASSIVE)').values()
    return DONE
  } catch (error) {
    if (!(error instanceof SQLiteError)) throw error
    return { failure: { code: error.code ?? '', message: error.message } }
  }
}
