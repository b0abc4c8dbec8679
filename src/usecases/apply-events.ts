import { isOutage, operatorReason } from '../domain/errors.ts'
import { nextTryAt, type ReceivedEvent } from '../domain/webhook-event.ts'
import { type Applying, type Look, settleByItself, settleByLook, type Unproven } from './apply-event.ts'

/** Whose events are being applied, each until its promise is fulfilled. */
export type Served = Map<string, Promise<void>>

/** So many are served at once: whoever waits for Stripe holds up nobody. */
export const MOST_SERVED = 256
/** So many events are taken in one go, which is one commit and some milliseconds: no request beside a backlog waits longer. */
const AT_A_TIME = 16

/**
 * Applies the next events that are due, those of one customer one after the other and those of different customers at once.
 * Fulfilled when all that it began is over; how many there were. Several may run at once, and share `served`.
 */
export async function applyDueEvents(ports: Applying, served: Served = new Map()): Promise<number> {
  const { count, turns } = await beginTurns(ports, served)
  await Promise.all(turns)
  return count
}

/**
 * Begins to serve whoever has events due and is not being served. `settled` is fulfilled when all is taken that the events
 * tell by themselves; the turns go on for whom Stripe must be looked at. A rejected turn leaves its events due.
 */
export async function beginTurns(ports: Applying, served: Served) {
  const due = await ports.inbox.due(ports.clock.wall(), AT_A_TIME, [...served.keys()])
  const waiting = Map.groupBy(due, ({ event }) => event.customerId ?? event.id)
  const turns: Promise<void>[] = []
  const settled: Promise<unknown>[] = []
  let count = 0
  for (const [owner, events] of waiting) {
    // Meanwhile another round may have begun with the same.
    if (served.has(owner) || served.size >= MOST_SERVED) continue
    const unproven = settleAll(ports, events)
    const turn = unproven.then((left) => lookForAll(ports, left)).finally(() => served.delete(owner))
    served.set(owner, turn)
    settled.push(unproven)
    turns.push(turn)
    count += events.length
  }
  return { count, turns, settled: Promise.allSettled(settled) }
}

/** One customer's events in the order in which Stripe made them, as far as they tell by themselves; the others are left. */
async function settleAll(ports: Applying, received: readonly ReceivedEvent[]): Promise<readonly Unproven[]> {
  const inOrder = received.toSorted((one, other) => one.event.createdAt - other.event.createdAt)
  const left: Unproven[] = []
  for (const one of inOrder)
    await orPostpone(ports, one, async () => {
      const unproven = await settleByItself(ports, one)
      if (unproven !== null) left.push(unproven)
    })
  return left
}

/** All of them had come before, so one look at an object does for all that are about it. */
async function lookForAll(ports: Applying, unproven: readonly Unproven[]): Promise<void> {
  const user = unproven.find(({ owner }) => owner !== null)?.owner?.user
  if (unproven.length === 0) return
  const work = () => lookForEach(ports, unproven)
  await looking(ports, () => (user === undefined ? work() : ports.lanes.run(user, work)))
}

/** Once Stripe is out of reach, nobody waits for the rest. */
async function lookForEach(ports: Applying, unproven: readonly Unproven[]): Promise<void> {
  const look = rememberedLooks(ports)
  let outage: unknown = null
  for (const one of unproven)
    await orPostpone(ports, one.received, async () => {
      if (outage !== null) throw outage
      await settleByLook(ports, one, look).catch((error: unknown) => {
        if (isOutage(error)) outage = error
        throw error
      })
    })
}

function looking<R>(ports: Applying, work: () => Promise<R>): Promise<R> {
  return ports.looking === undefined ? work() : ports.looking(work)
}

/** An event that cannot be applied does not hold up the others: it waits its time and is tried again. */
async function orPostpone(
  ports: Applying,
  { event, attempts }: ReceivedEvent,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    const nextTry = nextTryAt(attempts + 1, isOutage(error), ports.clock.wall())
    ports.onFailure(event, error, nextTry === null)
    await ports.inbox.fail(event.id, operatorReason(error), nextTry)
  }
}

/** Each object is looked at once. */
function rememberedLooks({ observatory }: Applying): Look {
  const looks = new Map<string, ReturnType<Look>>()
  return (event) => {
    const object = `${event.objectType} ${event.objectId} ${event.paymentIntentId} ${event.customerId}`
    const known = looks.get(object) ?? observatory.look(event)
    looks.set(object, known)
    return known
  }
}
