import type { Clock } from './clock.ts'
import { stepsFromAnchor } from './engine/periods.ts'
import { invalid } from './http/failure.ts'
import type { Timekeeper } from './timekeeper.ts'

type Sent = Readonly<Record<string, unknown>>
type Move = (now: number) => number

/** What `GET /_sim/clock` tells: business time, how far it is ahead of the wall, and a move under way. */
export function clockState(clock: Clock, time: Timekeeper): object {
  return { now: clock.now(), offset: clock.offset(), advancing: time.progress() }
}

/** Moves business time forward; what falls due on the way happens at its own time. `wait=false` does not wait for it. */
export async function moveClock(clock: Clock, time: Timekeeper, sent: Sent): Promise<object> {
  const moved = time.moveTo(moveOf(sent, clock.now()))
  if (String(sent.wait) === 'false') await underWay(moved)
  else await moved
  return clockState(clock, time)
}

/** It begins a moment after it was asked for: an answer before that would tell of a clock that stands still. */
async function underWay(moved: Promise<void>): Promise<void> {
  moved.catch(() => {})
  await Bun.sleep(0)
}

function moveOf({ advance, to }: Sent, now: number): Move {
  if (to === undefined) return durationOf(String(advance ?? ''))
  const target = Number(to)
  if (!Number.isSafeInteger(target) || target < now) throw invalid('The clock moves forward only.', 'to')
  return (present) => Math.max(target, present)
}

const units: Readonly<Record<string, (now: number, count: number) => number>> = {
  '': (now, count) => now + count,
  s: (now, count) => now + count,
  m: (now, count) => now + count * 60,
  h: (now, count) => now + count * 3_600,
  d: (now, count) => now + count * 86_400,
  w: (now, count) => now + count * 604_800,
  mo: (now, count) => stepsFromAnchor(now, { interval: 'month', interval_count: 1 }, count),
  y: (now, count) => stepsFromAnchor(now, { interval: 'year', interval_count: 1 }, count),
}

/** `30d`, `2h`, `1mo`, `1y`, or seconds. */
function durationOf(text: string): Move {
  const [, digits, unit = ''] = /^(\d{1,10})(s|m|h|d|w|mo|y)?$/.exec(text) ?? []
  const apply = units[unit]
  if (digits === undefined || !apply) {
    throw invalid('advance must be a number of seconds or a duration such as 2h, 30d, 1mo or 1y.', 'advance')
  }
  return (now) => apply(now, Number(digits))
}
