import type { Readiness, ReadinessCheck } from './adapters/http/health.ts'

/** What was last heard of the Stripe prices: null before the first answer. */
export interface PriceFacts {
  readonly known: number
  readonly missing: readonly string[] | null
  readonly reachable: boolean
}

/** Without Stripe the program goes on with what it remembers: degraded, not down. Without the disk it is down. */
export function readinessOf(prices: PriceFacts, storage: ReadinessCheck): Readiness {
  const checks = { storage, prices: priceCheck(prices) }
  const worst = Object.values(checks).map((check) => check.status)
  const status = worst.includes('failed') ? 'unavailable' : worst.includes('degraded') ? 'degraded' : 'ready'
  return { status, checks }
}

function priceCheck({ known, missing, reachable }: PriceFacts): ReadinessCheck {
  if (missing !== null && missing.length > 0)
    return { status: 'degraded', detail: `Stripe does not have these prices: ${missing.join(', ')}.` }
  if (!reachable && known > 0)
    return { status: 'degraded', detail: 'Stripe cannot be reached; the last known prices are used.' }
  if (known === 0) return { status: 'degraded', detail: 'The prices have not been found at Stripe yet.' }
  return { status: 'ok', detail: `${known} prices were found at Stripe.` }
}
