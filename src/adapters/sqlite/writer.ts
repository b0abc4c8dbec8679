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
  /** Called when what works had written is undone: whatever was remembered of it is wrong. */
  onUndone(forget: () => void): void
}

interface Waiting {
  run(): void
  settle(): void
  fail(error: unknown): void
}

/** More than this in one commit makes the first wait too long for the last. */
const MOST_AT_ONCE = 2_048

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
  const undone: (() => void)[] = []
  let queue: Waiting[] = []

  return {
    onUndone: (forget) => void undone.push(forget),
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
    // Alone it would fare no better where not even a transaction could be begun, and each would wait for it again.
    if (error === null || group.length === 1 || error.atBegin) settleAll(group, error)
    else for (const waiting of group) settleAll([waiting], attempt([waiting]))
  }

  function settleAll(group: readonly Waiting[], error: Undone | null): void {
    for (const waiting of group) {
      if (error === null) waiting.settle()
      else waiting.fail(refusalFor(error.cause))
    }
  }

  /** Runs a group in one transaction; what undid it, or null when it is on disk. */
  function attempt(group: readonly Waiting[]): Undone | null {
    let atBegin = true
    try {
      begin.run()
      atBegin = false
      for (const waiting of group) waiting.run()
      commit.run()
      return null
    } catch (cause) {
      if (client.inTransaction) rollback.run()
      for (const forget of undone) forget()
      if (cause instanceof SQLiteError && FATAL.has(cause.code ?? '')) onFatal(cause)
      return { cause, atBegin }
    }
  }
}

interface Undone {
  readonly cause: unknown
  readonly atBegin: boolean
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

/** A failed disk is not the caller's fault and will pass: 503, try again. A broken rule is a bug of ours and stays one. */
export function refusalFor(error: unknown): unknown {
  if (!(error instanceof SQLiteError) || error.code?.startsWith('SQLITE_CONSTRAINT')) return error
  return new BillingError(
    'storage_unavailable',
    'The disk could not be read or written, so nothing was saved. Try again in a few seconds.',
    { retryAfterSeconds: 5, cause: error },
  )
}

/** Runs a read; a disk that fails is told as such. */
export function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw refusalFor(error)
  }
}
