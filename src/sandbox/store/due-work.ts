import type { Database } from 'bun:sqlite'

/**
 * What time alone brings about, executed once each, strictly in the order of business time. Work of the same second
 * goes by its place in this list: a subscription that ends at the end of its period is not renewed first.
 */
const taskOrder = [
  'settle_debit',
  'settle_refund',
  'expire_checkout_session',
  'remind_of_trial_end',
  'announce_upcoming_invoice',
  'expire_incomplete_subscription',
  'expire_pending_update',
  'announce_schedule_expiry',
  'cancel_subscription',
  'advance_schedule',
  'resume_collection',
  'renew_subscription',
  'invoice_pending_items',
  'finalize_invoice',
  'collect_invoice',
  'mark_invoice_overdue',
] as const
export type Task = (typeof taskOrder)[number]

export interface DueItem {
  readonly sequence: number
  readonly at: number
  readonly task: Task
  readonly subject: string
}

/** The clock of everybody without a test clock. */
export const defaultClock = ''

export interface DueWork {
  /** Plans a task for its subject at a business time, replacing an earlier plan of the same task. */
  readonly plan: (task: Task, subject: string, at: number, clock?: string) => void
  readonly drop: (task: Task, subject: string) => void
  readonly plannedAt: (task: Task, subject: string) => number | undefined
  readonly next: (clock?: string) => DueItem | undefined
  readonly finish: (sequence: number) => void
  readonly countUntil: (at: number, clock: string) => number
  readonly forget: (clock: string) => void
}

export function createDueWork(database: Database): DueWork {
  const upsert = database.query<unknown, [string, string, number, number, string]>(
    `INSERT INTO agenda (task, subject, at, place, clock) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (task, subject) DO UPDATE SET at = excluded.at`,
  )
  const remove = database.query<unknown, [string, string]>('DELETE FROM agenda WHERE task = ? AND subject = ?')
  const planned = database.query<{ at: number }, [string, string]>(
    'SELECT at FROM agenda WHERE task = ? AND subject = ?',
  )
  const next = database.query<DueItem, [string]>(
    'SELECT sequence, at, task, subject FROM agenda WHERE clock = ? ORDER BY at, place, sequence LIMIT 1',
  )
  const finish = database.query<unknown, [number]>('DELETE FROM agenda WHERE sequence = ?')
  const count = database.query<{ count: number }, [string, number]>(
    'SELECT count(*) AS count FROM agenda WHERE clock = ? AND at <= ?',
  )
  const forget = database.query<unknown, [string]>('DELETE FROM agenda WHERE clock = ?')
  return {
    plan: (task, subject, at, clock = defaultClock) =>
      void upsert.run(task, subject, at, taskOrder.indexOf(task), clock),
    drop: (task, subject) => void remove.run(task, subject),
    plannedAt: (task, subject) => planned.get(task, subject)?.at,
    next: (clock = defaultClock) => next.get(clock) ?? undefined,
    finish: (sequence) => void finish.run(sequence),
    countUntil: (at, clock) => count.get(clock, at)?.count ?? 0,
    forget: (clock) => void forget.run(clock),
  }
}
