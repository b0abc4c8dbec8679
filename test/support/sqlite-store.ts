import { Database } from 'bun:sqlite'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { type Drizzle, migrateDatabase, openDatabase } from '../../src/adapters/sqlite/database.ts'
import { sqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import { sqliteInbox } from '../../src/adapters/sqlite/inbox.ts'
import { sqliteLedger } from '../../src/adapters/sqlite/ledger.ts'
import { sqliteMessages } from '../../src/adapters/sqlite/messages.ts'
import { sqliteMirror } from '../../src/adapters/sqlite/mirror.ts'
import { sqliteOutbox } from '../../src/adapters/sqlite/outbox.ts'
import { sqliteRecords } from '../../src/adapters/sqlite/records.ts'
import { createWriter, type Writer } from '../../src/adapters/sqlite/writer.ts'
import type { Ports } from '../../src/ports.ts'

export interface SqliteStore
  extends Pick<Ports, 'ledger' | 'records' | 'inbox' | 'eventLog' | 'outbox' | 'messages' | 'mirror'> {
  readonly database: Drizzle
  readonly client: Database
  readonly writer: Writer
}

/** The store on SQLite, in memory unless a file is named. */
export function openSqliteStore(file = ':memory:'): SqliteStore {
  const database = openDatabase(file)
  migrateDatabase(database)
  return storeOn(database)
}

/** Opens one empty store in memory after the other, each a copy of one that was migrated once: for runs by the thousand. */
export function sqliteStoreMaker(): () => SqliteStore {
  const migrated = openDatabase(':memory:')
  migrateDatabase(migrated)
  const image = migrated.$client.serialize()
  migrated.$client.close()
  return () => storeOn(drizzle({ client: Database.deserialize(image, { strict: true, safeIntegers: true }) }))
}

export function storeOn(database: Drizzle): SqliteStore {
  const writer = createWriter(database.$client, (error) => {
    throw error
  })
  return {
    database,
    client: database.$client,
    writer,
    ledger: sqliteLedger(database, writer),
    records: sqliteRecords(database),
    inbox: sqliteInbox(database, writer),
    eventLog: sqliteEventLog(database, writer),
    outbox: sqliteOutbox(database),
    messages: sqliteMessages(database, writer),
    mirror: sqliteMirror(database, writer),
  }
}
