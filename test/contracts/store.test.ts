import { memoryStore } from '../support/memory-store.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'
import { storeContract } from './store-contract.ts'

storeContract('the memory store', memoryStore)
storeContract('SQLite', () => openSqliteStore())
