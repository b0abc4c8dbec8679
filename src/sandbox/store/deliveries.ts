import type { Database } from 'bun:sqlite'

export interface Delivery {
  readonly sequence: number
  readonly event: string
  readonly endpoint: string
  readonly attempts: number
}

/** Webhook deliveries still to make. Times are wall milliseconds. */
export interface Deliveries {
  readonly enqueue: (event: string, endpoint: string) => void
  readonly due: (nowMs: number, limit: number) => Delivery[]
  readonly nextAt: () => number | undefined
  readonly succeed: (sequence: number) => void
  readonly retryAt: (sequence: number, nextAtMs: number, result: string) => void
  /** Moves the attempt to later without counting one. */
  readonly postpone: (sequence: number, nextAtMs: number) => void
  readonly giveUp: (sequence: number, result: string) => void
  readonly abandonFor: (endpoint: string) => void
  readonly pendingFor: (event: string) => number
  /** How many of its deliveries wait or have failed for good. */
  readonly undeliveredOf: (event: string) => number
}

export function createDeliveries(database: Database): Deliveries {
  const insert = database.query<unknown, [string, string, number]>(
    'INSERT INTO deliveries (event, endpoint, next_at) VALUES (?, ?, ?)',
  )
  const due = database.query<Delivery, [number, number]>(
    `SELECT sequence, event, endpoint, attempts FROM deliveries
     WHERE status = 'pending' AND next_at <= ? ORDER BY next_at, sequence LIMIT ?`,
  )
  const next = database.query<{ at: number | null }, []>(
    `SELECT min(next_at) AS at FROM deliveries WHERE status = 'pending'`,
  )
  const settle = database.query<unknown, [string, string, number]>(
    'UPDATE deliveries SET attempts = attempts + 1, status = ?, last_result = ? WHERE sequence = ?',
  )
  const postpone = database.query<unknown, [number, string, number]>(
    'UPDATE deliveries SET attempts = attempts + 1, next_at = ?, last_result = ? WHERE sequence = ?',
  )
  const move = database.query<unknown, [number, number]>('UPDATE deliveries SET next_at = ? WHERE sequence = ?')
  const abandon = database.query<unknown, [string]>(
    `UPDATE deliveries SET status = 'abandoned' WHERE status = 'pending' AND endpoint = ?`,
  )
  const pending = database.query<{ count: number }, [string]>(
    `SELECT count(*) AS count FROM deliveries WHERE event = ? AND status = 'pending'`,
  )
  const undelivered = database.query<{ count: number }, [string]>(
    `SELECT count(*) AS count FROM deliveries WHERE event = ? AND status IN ('pending', 'failed')`,
  )
  return {
    enqueue: (event, endpoint) => void insert.run(event, endpoint, Date.now()),
    due: (nowMs, limit) => due.all(nowMs, limit),
    nextAt: () => next.get()?.at ?? undefined,
    succeed: (sequence) => void settle.run('delivered', '2xx', sequence),
    retryAt: (sequence, nextAtMs, result) => void postpone.run(nextAtMs, result, sequence),
    postpone: (sequence, nextAtMs) => void move.run(nextAtMs, sequence),
    giveUp: (sequence, result) => void settle.run('failed', result, sequence),
    abandonFor: (endpoint) => void abandon.run(endpoint),
    pendingFor: (event) => pending.get(event)?.count ?? 0,
    undeliveredOf: (event) => undelivered.get(event)?.count ?? 0,
  }
}
