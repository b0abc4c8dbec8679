import { Database, SQLiteError } from 'bun:sqlite'
import { existsSync } from 'node:fs'
import { pendingMigrations } from './database.ts'

/** What a database file tells whoever only looks at it. */
export interface DatabaseFacts {
  /** What SQLite found damaged; empty when nothing is. */
  readonly damage: readonly string[]
  /** How many migrations it lacks; negative when a newer version of the program wrote it. */
  readonly pendingMigrations: number
  readonly stripeAccount: string | null
  readonly inbox: { readonly waiting: number; readonly dead: number; readonly oldestWaiting: number | null }
  readonly outbox: { readonly waiting: number; readonly setAside: number; readonly oldestWaiting: number | null }
}

/** Looks at a database beside whatever server has it open, and changes nothing; null when there is none. */
export function inspectDatabase(file: string): DatabaseFacts | null {
  if (!existsSync(file)) return null
  const client = new Database(file, { readonly: true })
  try {
    client.run('PRAGMA busy_timeout = 2000')
    return { damage: damageOf(client), pendingMigrations: pendingMigrations(client), ...contentOf(client) }
  } finally {
    client.close(false)
  }
}

function damageOf(client: Database): readonly string[] {
  try {
    const rows = client.query<{ quick_check: string }, []>('PRAGMA quick_check(10)').all()
    return rows.map(({ quick_check }) => quick_check).filter((line) => line !== 'ok')
  } catch (error) {
    if (error instanceof SQLiteError) return [error.message]
    throw error
  }
}

const NOTHING = { waiting: 0, dead: 0, setAside: 0, oldestWaiting: null }

/** A file without tables, or with those of another version, holds nothing that this version could count. */
function contentOf(client: Database): Pick<DatabaseFacts, 'stripeAccount' | 'inbox' | 'outbox'> {
  try {
    return {
      stripeAccount: client.query<{ value: string }, []>(STRIPE_ACCOUNT).get()?.value ?? null,
      inbox: client.query<DatabaseFacts['inbox'], []>(INBOX).get() ?? NOTHING,
      outbox: client.query<DatabaseFacts['outbox'], []>(OUTBOX).get() ?? NOTHING,
    }
  } catch (error) {
    if (error instanceof SQLiteError) return { stripeAccount: null, inbox: NOTHING, outbox: NOTHING }
    throw error
  }
}

const STRIPE_ACCOUNT = "SELECT value FROM store_facts WHERE name = 'stripe_account'"
const INBOX = `SELECT
  (SELECT count(*) FROM stripe_webhook_events WHERE next_try_at IS NOT NULL) AS waiting,
  (SELECT min(received_at) FROM stripe_webhook_events WHERE next_try_at IS NOT NULL) AS oldestWaiting,
  (SELECT count(*) FROM stripe_webhook_events WHERE state = 'dead') AS dead`
const OUTBOX = `SELECT
  (SELECT count(*) FROM meter_reports WHERE next_try_at IS NOT NULL) AS waiting,
  (SELECT min(opened_at) FROM meter_reports WHERE next_try_at IS NOT NULL) AS oldestWaiting,
  (SELECT count(*) FROM meter_reports WHERE state IN ('rejected', 'unbilled')) AS setAside`
