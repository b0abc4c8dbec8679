import type { Database } from 'bun:sqlite'

export interface RememberedAnswer {
  readonly key: string
  readonly fingerprint: string
  readonly status: number
  readonly body: string
  readonly request: string
}

/** The first answer to each idempotency key, stored in the transaction of its effect. */
export interface Idempotency {
  readonly find: (key: string) => RememberedAnswer | undefined
  readonly remember: (answer: RememberedAnswer) => void
  /** Stripe prunes keys after at least 24 hours; wall time, whatever the business clock says. */
  readonly prune: (olderThanMs: number) => void
}

export function createIdempotency(database: Database): Idempotency {
  const select = database.query<RememberedAnswer, [string]>(
    'SELECT key, fingerprint, status, body, request FROM idempotency WHERE key = ?',
  )
  const insert = database.query<unknown, [string, string, number, string, string, number]>(
    'INSERT INTO idempotency (key, fingerprint, status, body, request, stored_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const prune = database.query<unknown, [number]>('DELETE FROM idempotency WHERE stored_at < ?')
  return {
    find: (key) => select.get(key) ?? undefined,
    remember: ({ key, fingerprint, status, body, request }) =>
      void insert.run(key, fingerprint, status, body, request, Date.now()),
    prune: (olderThanMs) => void prune.run(olderThanMs),
  }
}
