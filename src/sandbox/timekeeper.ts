import type { Clock } from './clock.ts'
import { runDueWork, type Worked } from './engine/due.ts'
import { arrive } from './engine/test-clocks.ts'
import { defaultClock } from './store/due-work.ts'
import type { Store } from './store/store.ts'
import type { Writer } from './store/writer.ts'
import type { Turn } from './turn.ts'

export interface Progress {
  readonly target: number
  readonly done: number
  readonly left: number
}

/** Moves clocks. A long way is made in many short commits, so that requests are answered in between. */
export interface Timekeeper {
  /** Moves the default clock forward; settles when everything due on the way is done. */
  readonly moveTo: (target: (now: number) => number) => Promise<void>
  readonly progress: () => Progress | null
  /** Does what the passing of time has brought about, inside a transaction; nothing while the clock is being moved. */
  readonly catchUp: () => void
  /** Looks for test clocks that a request has set in motion. */
  readonly wake: () => void
  readonly stop: () => Promise<void>
}

export interface TimekeeperPorts {
  readonly store: Store
  readonly writer: Writer
  readonly clock: Clock
  readonly turn: () => Turn
  readonly log: (line: string) => void
  /** Something was committed: events may wait for delivery. */
  readonly committed: () => void
}

// How long one commit may keep requests waiting.
const patienceMs = 40

export function createTimekeeper(ports: TimekeeperPorts): Timekeeper {
  const { store, writer, clock, turn, log } = ports
  let moving: { target: number; done: number } | null = null
  let moves: Promise<void> = Promise.resolve()
  let testClocks: Promise<void> | null = null
  let stopped = false

  /** One commit's worth of work on one clock. */
  async function step(clockId: string, until: number, after: (worked: Worked) => void): Promise<Worked> {
    const worked = await writer.submit(() => {
      const result = runDueWork(turn(), clockId, until, performance.now() + patienceMs)
      after(result)
      return result
    })
    for (const failure of worked.failures) log(failure)
    ports.committed()
    return worked
  }

  async function move(targetOf: (now: number) => number): Promise<void> {
    const start = clock.now()
    const target = targetOf(start)
    const finalOffset = clock.offset() + target - start
    moving = { target, done: 0 }
    try {
      for (let finished = false; !finished && !stopped; ) {
        const worked = await step(defaultClock, target, ({ latest, finished: last }) =>
          follow(latest, last, finalOffset),
        )
        moving.done += worked.done
        finished = worked.finished
      }
    } finally {
      moving = null
    }
  }

  // On the way the clock shows the time of the work just done, and never goes back.
  function follow(latest: number | undefined, last: boolean, finalOffset: number): void {
    if (last) clock.setOffset(finalOffset)
    else if (latest !== undefined && latest > clock.now()) clock.setOffset(clock.offset() + latest - clock.now())
  }

  async function moveTestClocks(): Promise<void> {
    for (let next = store.clocks.advancing(); next && !stopped; next = store.clocks.advancing()) {
      const { id, target } = next
      await step(id, target, ({ latest, finished, failures }) => {
        if (latest !== undefined) store.clocks.show(id, latest)
        if (finished) arrive(turn(), id, target, failures.length === 0)
      })
    }
  }

  return {
    moveTo: (targetOf) => {
      const done = moves.then(() => move(targetOf))
      moves = done.catch(() => {})
      return done
    },
    progress: () => moving && { ...moving, left: store.dueWork.countUntil(moving.target, defaultClock) },
    catchUp: () => {
      if (moving) return
      for (const failure of runDueWork(turn()).failures) log(failure)
    },
    wake: () => {
      if (testClocks || stopped || !store.clocks.advancing()) return
      testClocks = moveTestClocks()
        .catch((reason) => log(`advancing a test clock failed: ${String(reason)}`))
        .finally(() => {
          testClocks = null
        })
    },
    stop: async () => {
      stopped = true
      await moves
      await testClocks
    },
  }
}
