import type { AppWebhook } from '../../ports/app-messages.ts'

export interface AppWebhookPlace {
  readonly url: string
  /** `whsec_` and the key in base64. */
  readonly secret: string
}

/** What Standard Webhooks gives a receiver. */
const TIME_LIMIT_MS = 15_000

/**
 * Posts to the app's endpoint as Standard Webhooks (github.com/standard-webhooks) has it: signed over id, time and body, so
 * that the app can tell it from a forgery, a replay and a repetition. `wall` is in milliseconds.
 */
export function appWebhook({ url, secret }: AppWebhookPlace, wall: () => number): AppWebhook {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  return {
    async post(id, body) {
      const time = Math.floor(wall() / 1_000)
      const headers = {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(time),
        'webhook-signature': signature(key, `${id}.${time}.${body}`),
      }
      try {
        // A redirect would carry the message to a place that nobody configured.
        const request = {
          method: 'POST',
          headers,
          body,
          redirect: 'manual',
          signal: AbortSignal.timeout(TIME_LIMIT_MS),
        } as const
        const response = await fetch(url, request)
        await response.body?.cancel()
        return response.ok ? { type: 'taken' } : { type: 'refused', reason: `The app answered ${response.status}.` }
      } catch (error) {
        return { type: 'refused', reason: reasonOf(error) }
      }
    },
  }
}

function signature(key: Uint8Array, signed: string): string {
  return `v1,${new Bun.CryptoHasher('sha256', key).update(signed).digest('base64')}`
}

/** Whatever keeps a post from being answered, from a name that cannot be resolved to a time-out, is worth another try. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'The app did not answer in time.'
  return `The app could not be reached (${error instanceof Error ? error.message : String(error)}).`
}
