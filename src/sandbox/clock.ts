import type { Clocks } from './store/clocks.ts'
import type { Settings } from './store/settings.ts'

/**
 * Business time in unix seconds: the wall clock and an offset that survives a restart. Periods, expiries and the
 * `created` of objects are on it; webhook signatures, retries and logs are on wall time. Everything asks with the
 * customer it acts for, so that test clocks can give single customers a time of their own.
 */
export interface Clock {
  readonly now: (customer?: string | null) => number
  readonly offset: () => number
  readonly setOffset: (seconds: number) => void
}

export function createClock(settings: Settings, clocks: Clocks): Clock {
  const offset = () => Number(settings.read('clock_offset') ?? '0')
  return {
    now: (customer) => (customer ? clocks.timeOf(customer) : undefined) ?? wallNow() + offset(),
    offset,
    setOffset: (seconds) => settings.write('clock_offset', String(Math.trunc(seconds))),
  }
}

/** Stripe stamps it on payments and charges of customers with a test clock. */
export const wallNow = () => Math.floor(Date.now() / 1000)
