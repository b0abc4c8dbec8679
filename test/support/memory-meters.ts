import { BillingError } from '../../src/domain/errors.ts'
import { DAY_MS, MINUTE_MS } from '../../src/domain/period.ts'
import type { Meters } from '../../src/ports/outbox.ts'
import type { Clock } from '../../src/ports/surroundings.ts'

/** Stripe's meters in memory, with Stripe's rules: identifiers for a day, 35 days back, 5 minutes ahead, one call at a time. */
export interface MemoryMeters extends Meters {
  /** Called before each report; what it tells is what happens to the call. */
  fault: () => 'none' | 'before' | 'after'
  /** How far the sums lag behind what was taken. */
  lagMs: number
  readonly taken: readonly {
    readonly customerId: string
    readonly service: string
    readonly value: bigint
    readonly at: number
  }[]
}

export function memoryMeters(clock: Clock): MemoryMeters {
  const taken: { customerId: string; service: string; value: bigint; at: number; takenAt: number }[] = []
  const identifiers = new Map<string, number>()
  const inFlight = new Set<string>()
  const meters: MemoryMeters = {
    fault: () => 'none',
    lagMs: 0,
    taken,
    async report(customerId, service, value, identifier, at) {
      const lane = `${customerId} ${service}`
      if (inFlight.has(lane)) throw new Error('Two calls at a time for one customer and meter.')
      inFlight.add(lane)
      await Promise.resolve()
      inFlight.delete(lane)
      const fault = meters.fault()
      if (fault === 'before') throw unreachable()
      const now = clock.now()
      if (at < now - 35 * DAY_MS || at > now + 5 * MINUTE_MS)
        return { type: 'rejected', reason: 'timestamp out of range' }
      const known = identifiers.get(identifier)
      if (known === undefined || now - known >= DAY_MS) {
        identifiers.set(identifier, now)
        taken.push({ customerId, service, value, at, takenAt: now })
      }
      if (fault === 'after') throw unreachable()
      return { type: 'taken' }
    },
    async total(customerId, service, from, to) {
      if (meters.fault() !== 'none') throw unreachable()
      const until = clock.now() - meters.lagMs
      return taken
        .filter((event) => event.customerId === customerId && event.service === service && event.takenAt <= until)
        .filter(({ at }) => at >= from && at < to)
        .reduce((sum, event) => sum + event.value, 0n)
    },
  }
  return meters
}

function unreachable(): BillingError {
  return new BillingError('stripe_unavailable', 'Stripe is out of reach in this test.')
}
