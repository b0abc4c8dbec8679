import type { UserId } from '../domain/account.ts'
import type { Instant } from '../domain/period.ts'

export interface Clock {
  /** Business time: periods, windows, ages of usage. In the sandbox it can be moved. */
  now(): Instant
  /** Wall time: signatures, retries, waits. */
  wall(): Instant
}

/** New ids, sortable by time: `usage_01j…`. */
export type NewId = (prefix: 'usage' | 'intent' | 'request' | 'report' | 'grant' | 'audit') => string

export interface Lanes {
  /** Runs when all earlier work of the same user is over; refuses with `in_progress` when that takes over `patienceMs`. */
  run<R>(user: UserId, work: () => Promise<R>, patienceMs?: number): Promise<R>
  /** Whether work of the user is under way. */
  isBusy(user: UserId): boolean
}
