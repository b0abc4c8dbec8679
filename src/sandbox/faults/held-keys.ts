import { failed, freshRequestId } from '../http/answer.ts'
import { Failure } from '../http/failure.ts'

/** The idempotency keys of calls that a fault holds up: Stripe refuses a second call with a key that is in use. */
export interface HeldKeys {
  readonly during: (request: Request, answering: () => Promise<Response>) => Promise<Response>
  readonly refusal: (request: Request) => Response | undefined
}

export function createHeldKeys(): HeldKeys {
  const held = new Set<string>()
  const keyOf = (request: Request) => (request.method === 'POST' ? request.headers.get('idempotency-key') : null)
  const refusal = (request: Request) => {
    const key = keyOf(request)
    return key !== null && held.has(key) ? inUse(key) : undefined
  }
  return {
    refusal,
    during: async (request, answering) => {
      const refused = refusal(request)
      const key = keyOf(request)
      if (refused || key === null) return refused ?? answering()
      held.add(key)
      try {
        return await answering()
      } finally {
        held.delete(key)
      }
    },
  }
}

function inUse(key: string): Response {
  const requestId = freshRequestId()
  const failure = new Failure(409, {
    type: 'idempotency_error',
    code: 'idempotency_key_in_use',
    message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. Please try again later.`,
  })
  const { status, body } = failed(failure, requestId)
  const headers = { 'content-type': 'application/json', 'request-id': requestId, 'stripe-should-retry': 'true' }
  return new Response(body, { status, headers })
}
