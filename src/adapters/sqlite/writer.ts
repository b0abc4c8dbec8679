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
  /** Fulfilled when everything that can be read at this moment is on disk; for whoever tells the outside what he read. */
  onDisk(): Promise<void>
  /** Whether the disk is still trusted. */
  isTrusted(): boolean
  /** Called when all of a group has been applied, inside its transaction. */
  beforeCommit(finish: () => void): void
  /** Called when what works had written is undone: whatever was remembered of it is wrong. */
  onUndone(forget: () => void): void
}

/** Puts all that was committed so far on disk. */
export type Sync = () => Promise<void>

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
 * Group commit: whatever is waiting when the event loop comes round shares one transaction and one `sync`, and nobody of
 * it is answered before that is over, be it with a record or with a refusal. Who comes meanwhile forms the next group. A
 * refusal is thrown before anything is written, so it harms nobody beside it; if the store itself errs, the group is
 * rolled back and each work is run again alone, so that nobody gets another's error. A sync that failed is never tried
 * again: the system may have thrown away what it could not write. `onFatal` hears of that once; from then on all is refused.
 */
export function createWriter(client: Database, onFatal: (error: unknown) => void, sync: Sync = inMemory): Writer {
  const begin = client.prepare('BEGIN IMMEDIATE')
  const commit = client.prepare('COMMIT')
  const rollback = client.prepare('ROLLBACK')
  const finishing: (() => void)[] = []
  const undone: (() => void)[] = []
  let queue: Waiting[] = []
  /** The group that is committed and not yet on disk. */
  let syncing: Promise<void> | null = null
  let distrust: { readonly cause: unknown } | null = null

  return {
    beforeCommit: (finish) => void finishing.push(finish),
    onUndone: (forget) => void undone.push(forget),
    async onDisk() {
      await syncing
      if (distrust !== null) throw untrusted(distrust.cause)
    },
    isTrusted: () => distrust === null,
    submit: (work) =>
      new Promise((resolve, reject) => {
        if (distrust !== null) return reject(untrusted(distrust.cause))
        if (queue.length === 0 && syncing === null) setImmediate(flush)
        queue.push(waitingFor(work, resolve, reject))
      }),
  }

  function flush(): void {
    const group = queue.slice(0, MOST_AT_ONCE)
    queue = queue.slice(MOST_AT_ONCE)
    const committed = commitAll(group)
    syncing = (committed.length > 0 && distrust === null ? sync() : Promise.resolve())
      .catch(stopTrusting)
      .then(() => (distrust === null ? synced(committed) : refuseAll(committed, distrust.cause)))
  }

  function synced(committed: readonly Waiting[]): void {
    syncing = null
    for (const waiting of committed) waiting.settle()
    if (queue.length > 0) setImmediate(flush)
  }

  /** Runs a group; who is committed of it, or has still to be told that the disk is not trusted. The others have been told. */
  function commitAll(group: readonly Waiting[]): readonly Waiting[] {
    const error = attempt(group)
    if (error === null || distrust !== null) return group
    // Alone it would fare no better where not even a transaction could be begun, and each would wait for it again.
    if (group.length > 1 && !error.atBegin) return group.flatMap((waiting) => commitAll([waiting]))
    for (const waiting of group) waiting.fail(refusalFor(error.cause))
    return []
  }

  /** Runs a group in one transaction; what undid it, or null when it is committed. */
  function attempt(group: readonly Waiting[]): Undone | null {
    let atBegin = true
    try {
      begin.run()
      atBegin = false
      for (const waiting of group) waiting.run()
      for (const finish of finishing) finish()
      commit.run()
      return null
    } catch (cause) {
      if (client.inTransaction) rollback.run()
      for (const forget of undone) forget()
      if (cause instanceof SQLiteError && isFatal(cause.code)) stopTrusting(cause)
      return { cause, atBegin }
    }
  }

  function stopTrusting(cause: unknown): void {
    if (distrust !== null) return
    distrust = { cause }
    onFatal(cause)
  }

  function refuseAll(group: readonly Waiting[], cause: unknown): void {
    for (const waiting of [...group, ...queue]) waiting.fail(untrusted(cause))
    queue = []
  }
}

/** Whether an error of SQLite's says that the disk cannot be trusted. */
export function isFatal(code: string | undefined): boolean {
  return FATAL.has(code ?? '')
}

/** What lives in memory alone is as safe as it will ever be. */
async function inMemory(): Promise<void> {}

function untrusted(cause: unknown): BillingError {
  return new BillingError(
    'storage_unavailable',
    'The disk failed to keep what was written, so that nothing is taken before the program was started anew. Whether this was saved is not certain: send it again just as it is.',
    { retryAfterSeconds: 5, cause },
  )
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
function refusalFor(error: unknown): unknown {
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
