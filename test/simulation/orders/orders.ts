import { reasonToIgnore } from '../../../src/domain/webhook-event.ts'
import type { Life, LifeEvent } from '../../support/lives.ts'

/** One way in which a life's events may come. */
export interface Order {
  readonly deliveries: readonly LifeEvent[]
  /** Before which delivery the customer is linked to a user; what came earlier waits for that. */
  readonly linkedBefore: number
  /** After which deliveries the program finds time to apply what it has, and whether two of its workers do at once. */
  readonly pause: (delivery: number) => 'none' | 'apply' | 'apply twice at once'
  /** In which chapter Stripe stands when a delivery comes: not before that of any event that was delivered. */
  readonly chapter: (delivery: number) => number
}

const MOST_COPIES = 3
const STATEFUL = ['subscription', 'invoice', 'refund', 'dispute']

/** Each applied as it comes, for a customer known before, while Stripe has gone no further than it must have. */
export function inOrder(events: readonly LifeEvent[]): Order {
  const reached = chaptersReached(events)
  return { deliveries: events, linkedBefore: 0, pause: () => 'apply', chapter: (index) => reached[index] ?? 0 }
}

/** Up to three copies of each event, the customer linked and the inbox emptied at any time, Stripe anywhere on its way. */
export function randomOrder(life: Life, events: readonly LifeEvent[], random: () => number): Order {
  const below = (limit: number) => Math.floor(random() * limit)
  const deliveries = shuffled(
    events.flatMap((event) => Array<LifeEvent>(1 + below(MOST_COPIES)).fill(event)),
    random,
  )
  const kinds = ['none', 'apply', 'apply twice at once'] as const
  const pauses = deliveries.map(() => kinds[below(kinds.length)] ?? 'none')
  const chapters: number[] = []
  for (const reached of chaptersReached(deliveries)) {
    const least = Math.max(reached, chapters.at(-1) ?? 0)
    chapters.push(least + below(life.chapters - least))
  }
  return {
    deliveries,
    linkedBefore: below(deliveries.length),
    pause: (index) => pauses[index] ?? 'none',
    chapter: (index) => chapters[index] ?? 0,
  }
}

/** The last event of everything that has a state of its own, then what came last; in the order in which they came about. */
export function tellingEvents(events: readonly LifeEvent[], count: number): readonly LifeEvent[] {
  const newestFirst = events.toReversed()
  const followed = newestFirst.filter(({ event }) => reasonToIgnore(event, { livemode: false, account: null }) === null)
  const isStateful = ({ event }: LifeEvent) => STATEFUL.includes(event.objectType)
  const isLast = (one: LifeEvent) => followed.find(({ event }) => event.objectId === one.event.objectId) === one
  const last = followed.filter((one) => isStateful(one) && isLast(one))
  const earlier = followed.filter((one) => isStateful(one) && !isLast(one))
  const chosen = new Set([...last, ...earlier, ...followed, ...newestFirst].slice(0, Math.max(count, last.length)))
  for (const one of [...earlier, ...followed, ...newestFirst]) if (chosen.size < count) chosen.add(one)
  return events.filter((event) => chosen.has(event))
}

/** Every event once more, at some later place. */
export function doubled(events: readonly LifeEvent[], random: () => number): readonly LifeEvent[] {
  return events.reduce<LifeEvent[]>(
    (all, event) => {
      const first = all.indexOf(event)
      return all.toSpliced(first + 1 + Math.floor(random() * (all.length - first)), 0, event)
    },
    [...events],
  )
}

export function* permutationsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) yield items
  for (const [index, item] of items.length > 1 ? items.entries() : [])
    for (const rest of permutationsOf(items.toSpliced(index, 1))) yield [item, ...rest]
}

/** Mulberry32: the same seed, the same run. */
export function generator(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function chaptersReached(deliveries: readonly LifeEvent[]): readonly number[] {
  let reached = 0
  return deliveries.map(({ chapter }) => {
    reached = Math.max(reached, chapter)
    return reached
  })
}

function shuffled<T>(items: readonly T[], random: () => number): readonly T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item)
}
