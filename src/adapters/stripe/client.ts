import { Stripe } from 'stripe'

export interface StripeSettings {
  readonly secretKey: string
  /** Another host that speaks Stripe's API; null is Stripe itself. */
  readonly apiBase: string | null
}

/**
 * One try may take this long; the SDK retries under the same idempotency key, so a lost answer does no harm. Together they
 * stay below what proxies before us usually wait.
 */
const TIMEOUT_MS = 10_000
const RETRIES = 1

/** The official SDK, pinned to its API version, aimed at Stripe or at another host that speaks its API. */
export function createStripe(settings: StripeSettings): Stripe {
  return new Stripe(settings.secretKey, {
    timeout: TIMEOUT_MS,
    maxNetworkRetries: RETRIES,
    telemetry: false,
    appInfo: { name: 'speech-billing' },
    ...(settings.apiBase === null ? {} : hostOf(settings.apiBase)),
  })
}

function hostOf(apiBase: string) {
  const url = new URL(apiBase)
  const protocol = url.protocol === 'https:' ? 'https' : 'http'
  return { host: url.hostname, port: url.port || (protocol === 'https' ? '443' : '80'), protocol } as const
}
