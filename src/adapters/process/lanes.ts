import type { UserId } from '../../domain/account.ts'
import { BillingError } from '../../domain/errors.ts'
import type { Lanes } from '../../ports/surroundings.ts'

/** Work that waits for its turn, in the order it came; a lane is there only while something runs in it. */
type Lane = Set<() => void>

const RETRY_AFTER_SECONDS = 2

/** Lets one piece of work of a user run at a time, first come, first served; different users do not wait for each other. */
export function createLanes(): Lanes {
  const lanes = new Map<UserId, Lane>()
  return {
    async run(user, work, patienceMs) {
      await turn(lanes, user, patienceMs)
      try {
        return await work()
      } finally {
        passOn(lanes, user)
      }
    },
    isBusy: (user) => lanes.has(user),
  }
}

/** Fulfilled when it is this caller's turn. Whoever ran out of patience has left the lane and will never get one. */
function turn(lanes: Map<UserId, Lane>, user: UserId, patienceMs: number | undefined): Promise<void> {
  const lane = lanes.get(user)
  if (lane === undefined) {
    lanes.set(user, new Set())
    return Promise.resolve()
  }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = patienceMs === undefined ? undefined : setTimeout(giveUp, patienceMs)
  lane.add(start)
  return promise

  function start(): void {
    clearTimeout(timer)
    resolve()
  }

  function giveUp(): void {
    lane?.delete(start)
    reject(stillBusy())
  }
}

function passOn(lanes: Map<UserId, Lane>, user: UserId): void {
  const lane = lanes.get(user)
  const [next] = lane ?? []
  if (next === undefined) lanes.delete(user)
  else {
    lane?.delete(next)
    next()
  }
}

function stillBusy(): BillingError {
  return new BillingError(
    'in_progress',
    'An earlier request of the same user is still being carried out at Stripe. Repeat this one, under the same Idempotency-Key, in a moment.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  )
}
