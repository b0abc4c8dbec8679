import { type DueItem, defaultClock } from '../store/due-work.ts'
import { noCause, type Turn } from '../turn.ts'
import { tasks } from './tasks.ts'

export interface Worked {
  readonly done: number
  /** Nothing is left to do until that time. */
  readonly finished: boolean
  /** The business time of the last piece of work. */
  readonly latest: number | undefined
  readonly failures: readonly string[]
}

/**
 * Does what has fallen due on one clock, in the order of its time; each piece of work sees the clock at its own
 * moment, so one long jump ends where many short ones do. It stops early when its own time is up.
 */
export function runDueWork(
  turn: Turn,
  clock = defaultClock,
  until = turn.now(),
  stopAtMs = Number.POSITIVE_INFINITY,
): Worked {
  const failures: string[] = []
  let done = 0
  let latest: number | undefined
  for (let item = nextDue(turn, clock, until); item; item = nextDue(turn, clock, until)) {
    if (done > 0 && performance.now() > stopAtMs) return { done, finished: false, latest, failures }
    const failure = execute(turn, item)
    if (failure) failures.push(failure)
    done += 1
    latest = item.at
  }
  return { done, finished: true, latest, failures }
}

function nextDue(turn: Turn, clock: string, until: number): DueItem | undefined {
  const item = turn.store.dueWork.next(clock)
  return item && item.at <= until ? item : undefined
}

// A fault in one piece of work must not stop time for all others.
function execute(turn: Turn, item: DueItem): string | undefined {
  turn.store.dueWork.finish(item.sequence)
  const then: Turn = { ...turn, cause: noCause, now: () => item.at }
  try {
    turn.store.undoable(() => tasks[item.task](then, item.subject))
    return undefined
  } catch (reason) {
    return `${item.task} of ${item.subject} failed: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`
  }
}
