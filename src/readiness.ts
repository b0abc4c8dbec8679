import type { Readiness, ReadinessCheck } from './adapters/http/health.ts'

/** What was last heard of the Stripe prices: null before the first answer. */
export interface PriceFacts {
  readonly known: number
  readonly missing: readonly string[] | null
  readonly reachable: boolean
}

/** How the inbox stands. */
export interface EventFacts {
  readonly dead: number
  readonly waiting: number
}

/** Without Stripe the program goes on with what it remembers: degraded, not down. Without the disk it is down. */
export function readinessOf(prices: PriceFacts, storage: ReadinessCheck, events: EventFacts | null): Readiness {
  const checks = { storage, prices: priceCheck(prices), ...(events ? { events: eventCheck(events) } : {}) }
  const worst = Object.values(checks).map((check) => check.status)
  const status = worst.includes('failed') ? 'unavailable' : worst.includes('degraded') ? 'degraded' : 'ready'
  return { status, checks }
}

function eventCheck({ dead, waiting }: EventFacts): ReadinessCheck {
  if (dead > 0)
    return { status: 'degraded', detail: `${dead} events could not be applied and were given up; the log says why.` }
  return { status: 'ok', detail: waiting === 0 ? 'All events are applied.' : `${waiting} events are waiting.` }
}

function priceCheck({ known, missing, reachable }: PriceFacts): ReadinessCheck {
  if (missing !== null && missing.length > 0)
    return { status: 'degraded', detail: `Stripe does not have these prices: ${missing.join(', ')}.` }
  if (!reachable && known > 0)
    return { status: 'degraded', detail: 'Stripe cannot be reached; the last known prices are used.' }
  if (known === 0) return { status: 'degraded', detail: 'The prices have not been found at Stripe yet.' }
  return { status: 'ok', detail: `${known} prices were found at Stripe.` }
}
