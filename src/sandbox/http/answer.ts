import { freshId } from '../identifiers.ts'
import { apiVersion } from '../wire.ts'
import { Failure, type FailureBody } from './failure.ts'

/** What goes back: made once, whether fresh or replayed. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export const freshRequestId = () => freshId('req')

export function success(body: object): Answer {
  return { status: 200, body: JSON.stringify(body, null, 2), headers: {} }
}

export function failed(failure: Failure, requestId: string): Answer {
  const headers: Record<string, string> = {}
  if (failure.status === 401) headers['www-authenticate'] = 'Bearer realm="Stripe"'
  return { status: failure.status, body: JSON.stringify({ error: withLinks(failure, requestId) }, null, 2), headers }
}

// A 401 has its message and type only (recorded); the rest link to the error's page and to the request's log.
function withLinks({ status, body }: Failure, requestId: string): object {
  if (status === 401) return body
  return {
    ...body,
    ...(body.code ? { doc_url: documentation(body) } : {}),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}`,
  }
}

const documentation = (body: FailureBody) => `https://stripe.com/docs/error-codes/${body.code?.replaceAll('_', '-')}`

/** Anything that is not a refusal is a fault of the simulator. */
export function asFailure(reason: unknown): Failure {
  if (reason instanceof Failure) return reason
  const detail = reason instanceof Error ? reason.message : String(reason)
  return new Failure(500, { type: 'api_error', message: `The Stripe simulator failed: ${detail}` })
}

export interface Envelope {
  readonly requestId: string
  readonly version: string | null
  readonly method: string
  readonly idempotencyKey: string | null
  readonly browser: boolean
  /** The simulator's own time, in seconds: it dates its answers by the clock that dates its events. */
  readonly now: number
}

/** The headers Stripe puts on its answers (as recorded on a POST). */
export function toResponse(answer: Answer, envelope: Envelope): Response {
  const headers: Record<string, string> = {
    'cache-control': 'no-cache, no-store',
    'content-type': 'application/json',
    date: new Date(envelope.now * 1_000).toUTCString(),
    'request-id': envelope.requestId,
    'stripe-version': envelope.version ?? apiVersion,
    vary: 'Origin',
    ...(envelope.browser ? forBrowsers : {}),
    ...answer.headers,
  }
  if (envelope.method === 'POST') {
    headers['stripe-should-retry'] ??= 'false'
    headers['original-request'] ??= envelope.requestId
    if (envelope.idempotencyKey) headers['idempotency-key'] = envelope.idempotencyKey
  }
  return new Response(answer.body, { status: answer.status, headers })
}

// In the order in which Stripe's were recorded.
const forBrowsers = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Request-Id, Stripe-Manage-Version, Stripe-Should-Retry, X-Stripe-External-Auth-Required, X-Stripe-Privileged-Session-Required',
}
