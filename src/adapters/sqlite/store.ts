import { SQLiteError } from 'bun:sqlite'
import { eq } from 'drizzle-orm'
import type { PriceIds } from '../../domain/catalogue.ts'
import type { PlanVersion } from '../../domain/plan-version.ts'
import type { Ports } from '../../ports.ts'
import { checkpoints } from './checkpoints.ts'
import { type Drizzle, migrateDatabase, openDatabase } from './database.ts'
import { sqliteEventLog } from './event-log.ts'
import { freeBytes } from './free-bytes.ts'
import { sqliteInbox } from './inbox.ts'
import { sqliteLedger } from './ledger.ts'
import { sqliteMessages } from './messages.ts'
import { sqliteMirror } from './mirror.ts'
import { sqliteOutbox } from './outbox.ts'
import { keepPlanVersions, knownPlanVersions } from './plan-versions.ts'
import { rememberedPrices, rememberPrices } from './prices.ts'
import { sqliteRecords } from './records.ts'
import { storeFacts } from './schema/store-facts.ts'
import { walSync } from './wal-sync.ts'
import { createWriter } from './writer.ts'

export interface Store {
  readonly ports: Pick<Ports, 'ledger' | 'records' | 'inbox' | 'eventLog' | 'outbox' | 'messages' | 'mirror'>
  rememberedPrices(): PriceIds
  rememberPrices(prices: PriceIds, foundAt: number): Promise<void>
  /** The terms under which plans were ever sold, oldest first. */
  planVersions(): readonly PlanVersion[]
  keepPlanVersions(versions: readonly PlanVersion[]): Promise<void>
  /** The Stripe account that this file belongs to; null before the first one was seen. */
  stripeAccount(): string | null
  rememberStripeAccount(id: string): Promise<void>
  /** Whether the file can be read. */
  isReadable(): boolean
  /** How many bytes may still be written to its disk. */
  freeBytes(): Promise<number>
  /** Whether the disk keeps what is written to it, as far as is known. */
  isTrusted(): boolean
  /** When everything that was submitted is on disk. */
  close(): Promise<void>
}

const STRIPE_ACCOUNT = 'stripe_account'
const isStripeAccount = eq(storeFacts.name, STRIPE_ACCOUNT)

/** The store of a server: opened, brought up to date, with one writer. `onFatal` hears when the disk cannot be trusted. */
export function openStore(file: string, onFatal: (error: unknown) => void): Store {
  const database = openDatabase(file)
  migrateDatabase(database)
  const wal = walSync(database.$client, file)
  const copies = checkpoints(database.$client, file)
  const writer = createWriter(database.$client, onFatal, () => wal.sync().then(copies.afterCommit))
  let account: string | null = null
  const stripeAccount = () => {
    // Once bound, a file stays so.
    account ??= database.select().from(storeFacts).where(isStripeAccount).get()?.value ?? null
    return account
  }
  return {
    ports: {
      ledger: sqliteLedger(database, writer),
      records: sqliteRecords(database),
      inbox: sqliteInbox(database, writer),
      eventLog: sqliteEventLog(database, writer),
      outbox: sqliteOutbox(database),
      messages: sqliteMessages(database, writer),
      mirror: sqliteMirror(database, writer),
    },
    rememberedPrices: () => rememberedPrices(database),
    rememberPrices: (prices, foundAt) => rememberPrices(database, writer, prices, foundAt),
    planVersions: () => knownPlanVersions(database),
    keepPlanVersions: (versions) => keepPlanVersions(database, writer, versions),
    stripeAccount,
    async rememberStripeAccount(value) {
      const row = { name: STRIPE_ACCOUNT, value }
      await writer.submit({
        decide: () => undefined,
        apply: () => void database.insert(storeFacts).values(row).onConflictDoNothing().run(),
      })
    },
    isReadable: () => isReadable(database),
    freeBytes: () => freeBytes(file),
    isTrusted: writer.isTrusted,
    async close() {
      // The last in the queue: when it is fulfilled, all before it are. Whatever failed has been told to those whom it concerns.
      await writer.submit({ decide: () => undefined, apply: () => {} }).catch(() => {})
      await copies.close()
      database.$client.close(false)
      wal.close()
    },
  }
}

function isReadable(database: Drizzle): boolean {
  try {
    return database.$client.query('SELECT count(*) FROM stripe_prices').values().length === 1
  } catch (error) {
    if (error instanceof SQLiteError) return false
    throw error
  }
}

/** Brings a database up to date without serving it; how many migrations that took. */
export function migrateFile(file: string): number {
  const database = openDatabase(file)
  const applied = migrateDatabase(database)
  database.$client.close(false)
  return applied
}
