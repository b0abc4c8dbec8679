import type { Database } from 'bun:sqlite'

/** What time alone brings about. Each is executed once, strictly in the order of its business time. */
export type Task = 'expire_incomplete_subscription' | 'cancel_subscription'

export interface DueItem {
  readonly sequence: number
  readonly at: number
  readonly task: Task
  readonly subject: string
}

export interface DueWork {
  /** Plans a task for its subject at a business time, replacing an earlier plan of the same task. */
  readonly plan: (task: Task, subject: string, at: number) => void
  readonly drop: (task: Task, subject: string) => void
  readonly next: () => DueItem | undefined
  readonly finish: (sequence: number) => void
}

export function createDueWork(database: Database): DueWork {
  const upsert = database.query<unknown, [string, string, number]>(
    'INSERT INTO due_work (task, subject, at) VALUES (?, ?, ?) ON CONFLICT (task, subject) DO UPDATE SET at = excluded.at',
  )
  const remove = database.query<unknown, [string, string]>('DELETE FROM due_work WHERE task = ? AND subject = ?')
  const next = database.query<DueItem, []>(
    'SELECT sequence, at, task, subject FROM due_work ORDER BY at, sequence LIMIT 1',
  )
  const finish = database.query<unknown, [number]>('DELETE FROM due_work WHERE sequence = ?')
  return {
    plan: (task, subject, at) => void upsert.run(task, subject, at),
    drop: (task, subject) => void remove.run(task, subject),
    next: () => next.get() ?? undefined,
    finish: (sequence) => void finish.run(sequence),
  }
}
