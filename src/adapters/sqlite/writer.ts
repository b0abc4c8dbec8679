import { type Database, SQLiteError } from 'bun:sqlite'
import { BillingError } from '../../domain/errors.ts'

/** One change in two halves: `decide` reads and may refuse, `apply` writes. Both are synchronous. */
interface Work<D> {
  decide(): D
  apply(decided: D): void
}

export interface Writer {
  /** Fulfilled when the work is on disk together with all that was waiting beside it. */
  submit<D>(work: Work<D>): Promise<D>
}

interface Waiting {
  /** Null when it has not run, or was refused. */
  run(): void
  settle(): void
  fail(error: unknown): void
}

/** More than this in one commit makes the first wait too long for the last. */
const MOST_AT_ONCE = 512

/** After these the file or the page cache cannot be trusted: nothing may be acknowledged before a restart. */
const FATAL = new Set(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_DIR_FSYNC', 'SQLITE_CORRUPT', 'SQLITE_NOTADB'])

/**
 * Group commit: whatever is waiting when the event loop comes round shares one transaction and one fsync. A refusal is
 * thrown before anything is written, so it harms nobody beside it; if the store itself errs, the group is rolled back and
 * each work is run again alone, so that nobody gets another's error.
 */
export function createWriter(client: Database, onFatal: (error: SQLiteError) => void): Writer {
  const begin = client.prepare('BEGIN IMMEDIATE')
  const commit = client.prepare('COMMIT')
  const rollback = client.prepare('ROLLBACK')
  let queue: Waiting[] = []

  return {
    submit: (work) =>
      new Promise((resolve, reject) => {
        if (queue.length === 0) setImmediate(flush)
        queue.push(waitingFor(work, resolve, reject))
      }),
  }

  function flush(): void {
    const group = queue.slice(0, MOST_AT_ONCE)
    queue = queue.slice(MOST_AT_ONCE)
    if (queue.length > 0) setImmediate(flush)
    const error = attempt(group)
    if (error === null) for (const waiting of group) waiting.settle()
    else if (group.length === 1) group[0]?.fail(refusalFor(error))
    else for (const waiting of group) flushAlone(waiting)
  }

  function flushAlone(waiting: Waiting): void {
    const error = attempt([waiting])
    if (error === null) waiting.settle()
    else waiting.fail(refusalFor(error))
  }

  /** Runs a group in one transaction; the error that undid it, or null when it is on disk. */
  function attempt(group: readonly Waiting[]): unknown {
    try {
      begin.run()
      for (const waiting of group) waiting.run()
      commit.run()
      return null
    } catch (error) {
      if (client.inTransaction) rollback.run()
      if (error instanceof SQLiteError && FATAL.has(error.code ?? '')) onFatal(error)
      return error
    }
  }
}

function waitingFor<D>(work: Work<D>, resolve: (decided: D) => void, reject: (error: unknown) => void): Waiting {
  let outcome: { readonly decided: D } | { readonly refusal: unknown } | null = null
  return {
    run() {
      outcome = decide(work)
      if ('decided' in outcome) work.apply(outcome.decided)
    },
    settle() {
      if (outcome === null) reject(new Error('A work was settled that had not run.'))
      else if ('decided' in outcome) resolve(outcome.decided)
      else reject(outcome.refusal)
    },
    fail: reject,
  }
}

/** What the decision throws is its own; what the store throws undoes the group. */
function decide<D>(work: Work<D>): { readonly decided: D } | { readonly refusal: unknown } {
  try {
    return { decided: work.decide() }
  } catch (error) {
    if (error instanceof SQLiteError) throw error
    return { refusal: error }
  }
}

/** A failed disk is not the caller's fault and will pass: 503, try again. Anything else is a bug and stays one. */
export function refusalFor(error: unknown): unknown {
  if (!(error instanceof SQLiteError)) return error
  return new BillingError(
    'storage_unavailable',
    'The change could not be written to disk, so nothing of it was saved. Try again in a few seconds.',
    { retryAfterSeconds: 5 },
  )
}
