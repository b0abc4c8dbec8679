import type { Log } from '../adapters/process/log.ts'

/** Twice this is the longest stop: below the ten seconds after which containers are usually killed. */
const STOP_MS = 4_000
/** For the refusals of those who wait when the disk fails. */
const LAST_WORDS_MS = 250

/** Waits for `work`, four seconds at most: what hangs must not keep the rest from being closed. */
export async function atMost(work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, STOP_MS)
  await Promise.race([work, promise])
  // The timer must not keep a process alive that has nothing else to do.
  clearTimeout(timer)
}

/**
 * What was written may not be on disk. The store refuses everything from now on; those who wait for it are told so before
 * the program ends, and what is started in its place reads the truth.
 */
export function endSoon(log: Log, error: unknown): void {
  log.error('The disk cannot be trusted any more; the program ends so that nothing false is acknowledged.', { error })
  setTimeout(() => process.exit(1), LAST_WORDS_MS)
}
