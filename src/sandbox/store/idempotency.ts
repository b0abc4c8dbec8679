import type { Database } from 'bun:sqlite'

/** How long a key is remembered: Stripe prunes them after at least 24 hours. */
export const KEY_SECONDS = 86_400

export interface RememberedAnswer {
  readonly key: string
  readonly fingerprint: string
  readonly status: number
  readonly body: string
  readonly request: string
}

/** The first answer to each idempotency key, stored in the transaction of its effect. */
export interface Idempotency {
  /** The answer that was remembered at that time or later. Times are in seconds by the clock of everybody. */
  readonly find: (key: string, since: number) => RememberedAnswer | undefined
  readonly remember: (answer: RememberedAnswer, at: number) => void
  readonly prune: (before: number) => void
}

export function createIdempotency(database: Database): Idempotency {
  const select = database.query<RememberedAnswer, [string, number]>(
    'SELECT key, fingerprint, status, body, request FROM idempotency WHERE key = ? AND stored_at >= ?',
  )
  const insert = database.query<unknown, [string, string, number, string, string, number]>(
    'INSERT OR REPLACE INTO idempotency (key, fingerprint, status, body, request, stored_at) VALUES (?, ?, ?, ?, ?, ?)',
  )
  const prune = database.query<unknown, [number]>('DELETE FROM idempotency WHERE stored_at < ?')
  return {
    find: (key, since) => select.get(key, since * 1_000) ?? undefined,
    remember: ({ key, fingerprint, status, body, request }, at) =>
      void insert.run(key, fingerprint, status, body, request, at * 1_000),
    prune: (before) => void prune.run(before * 1_000),
  }
}
