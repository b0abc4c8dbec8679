import { migrateDatabase, openDatabase } from '../../src/adapters/sqlite/database.ts'
import { sqliteInbox } from '../../src/adapters/sqlite/inbox.ts'
import { sqliteLedger } from '../../src/adapters/sqlite/ledger.ts'
import { sqliteRecords } from '../../src/adapters/sqlite/records.ts'
import { createWriter } from '../../src/adapters/sqlite/writer.ts'
import { memoryStore } from '../support/memory-store.ts'
import { type Store, storeContract } from './store-contract.ts'

storeContract('the memory store', memoryStore)
storeContract('SQLite', openSqlite)

function openSqlite(): Store {
  const database = openDatabase(':memory:')
  migrateDatabase(database)
  const writer = createWriter(database.$client, (error) => {
    throw error
  })
  return {
    ledger: sqliteLedger(database, writer),
    records: sqliteRecords(database),
    inbox: sqliteInbox(database, writer),
  }
}
