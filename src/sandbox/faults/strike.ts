import { type Answer, failed } from '../http/answer.ts'
import { Failure } from '../http/failure.ts'
import type { CallFault } from './fault.ts'

/** Answers a call; with a breakdown, execution begins and ends as that says. */
export type Answering = (breakdown?: Breakdown) => Promise<Response>

/** A failure of Stripe's own once execution has begun: it is stored under the idempotency key and replayed. */
export interface Breakdown {
  /** Whether what the call did stays. */
  readonly keepsEffect: boolean
  readonly answer: (requestId: string) => Answer
}

/** Lets a fault strike the call that `answering` would have answered. */
export async function strikeCall(fault: CallFault, answering: Answering): Promise<Response> {
  if (fault.moment === 'before') {
    await wait(fault.delay_ms)
    return fault.effect === 'delay' ? answering() : refusal(fault)
  }
  const breakdown = { keepsEffect: fault.moment === 'after', answer: (requestId: string) => broken(fault, requestId) }
  const answer = await answering(fault.effect === 'error' ? breakdown : undefined)
  await wait(fault.delay_ms)
  return fault.effect === 'html' || fault.effect === 'drop' ? refusal(fault) : answer
}

// Not a reason for a process to stay: a simulator that stops does not wait for a call held up on purpose.
function wait(milliseconds: number): Promise<void> {
  if (milliseconds <= 0) return Promise.resolve()
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref())
}

function refusal(fault: CallFault): Response {
  if (fault.effect === 'drop') return dropped()
  if (fault.effect === 'html') return gatewayPage()
  const { status, body, headers } = broken(fault, 'req_fault')
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...headers } })
}

/** A body that breaks before its first byte: the connection is closed without an answer. */
function dropped(): Response {
  return new Response(new ReadableStream({ start: (controller) => controller.error() }), { status: 502 })
}

/** What a proxy in front says when it cannot reach what is behind it. */
function gatewayPage(): Response {
  const body = '<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>'
  return new Response(body, { status: 502, headers: { 'content-type': 'text/html' } })
}

function broken(fault: CallFault, requestId: string): Answer {
  const answer = failed(failureOf(fault), requestId)
  const headers: Record<string, string> = { ...answer.headers }
  if (fault.retry_after !== null) headers['retry-after'] = String(fault.retry_after)
  if (fault.status === 429) headers['stripe-rate-limited-reason'] = 'global-rate'
  return { ...answer, headers }
}

/** What a restricted key hears of whatever it was not made for; the words name the permission that is missing. */
const forbidden =
  "The provided key 'rk_test_*********' does not have the required permissions for this endpoint on account " +
  "'acct_1SimulatedAccount'. Having the 'rak_simulated_write' permission would allow this request to continue."

function failureOf({ status }: CallFault): Failure {
  if (status === 429) {
    return new Failure(429, {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message: 'Request rate limit exceeded. Learn more about rate limits at https://stripe.com/docs/rate-limits.',
    })
  }
  if (status === 403) return new Failure(403, { type: 'invalid_request_error', message: forbidden })
  const message =
    status === 503
      ? 'Stripe is temporarily unavailable. (A fault asked of the simulator.)'
      : 'An unknown error occurred. (A fault asked of the simulator.)'
  return new Failure(status, { type: 'api_error', message })
}
