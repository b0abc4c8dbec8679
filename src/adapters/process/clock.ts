import type { Clock } from '../../ports/surroundings.ts'

/** The clock of the machine. `offset` says by how many milliseconds business time is ahead of it, as in a moved sandbox. */
export function wallClock(offset: () => number = () => 0): Clock {
  return { now: () => Date.now() + offset(), wall: () => Date.now() }
}
