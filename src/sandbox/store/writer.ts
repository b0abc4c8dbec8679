import type { Database } from 'bun:sqlite'

/** Runs changes one after another. Those that wait at the same moment share one commit, hence one fsync. */
export interface Writer {
  /** Runs `change` inside a transaction; the promise settles only after the commit has reached the disk. */
  readonly submit: <T>(change: () => T) => Promise<T>
  /** Runs `change` so that a throw undoes just this change and not its neighbours in the commit. */
  readonly undoable: <T>(change: () => T) => T
  /** Runs and commits a change at once, ahead of those that wait. */
  readonly now: <T>(change: () => T) => T
  /** Settles when nothing waits any more. */
  readonly idle: () => Promise<void>
}

interface Waiting {
  readonly run: () => () => void
  readonly fail: (reason: unknown) => void
}

const largestBatch = 128

export function createWriter(database: Database): Writer {
  const queue: Waiting[] = []
  let scheduled = false

  function drain(): void {
    scheduled = false
    const batch = queue.splice(0, largestBatch)
    if (queue.length > 0) schedule()
    try {
      database.query('BEGIN IMMEDIATE').run()
      const settlements = batch.map((waiting) => waiting.run())
      database.query('COMMIT').run()
      for (const settle of settlements) settle()
    } catch (reason) {
      if (database.inTransaction) database.run('ROLLBACK')
      for (const waiting of batch) waiting.fail(reason)
    }
  }
  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(drain)
  }
  return {
    submit: (change) =>
      new Promise((resolve, reject) => {
        queue.push({ run: () => outcome(change, resolve, reject), fail: reject })
        schedule()
      }),
    undoable: (change) => inSavepoint(database, change),
    now: (change) => database.transaction(change).immediate(),
    idle: async () => {
      while (queue.length > 0 || scheduled) await new Promise((resolve) => setImmediate(resolve))
    },
  }

  function outcome<T>(change: () => T, resolve: (value: T) => void, reject: (reason: unknown) => void): () => void {
    try {
      const value = inSavepoint(database, change)
      return () => resolve(value)
    } catch (reason) {
      return () => reject(reason)
    }
  }
}

// Savepoints of one name nest: the innermost is the one released or rolled back.
// `query` keeps the statement prepared, which `run` on the database would not.
export function inSavepoint<T>(database: Database, change: () => T): T {
  database.query('SAVEPOINT change').run()
  try {
    const value = change()
    database.query('RELEASE change').run()
    return value
  } catch (reason) {
    database.query('ROLLBACK TO change').run()
    database.query('RELEASE change').run()
    throw reason
  }
}
