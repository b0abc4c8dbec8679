import type { ErrorCode, FieldError } from '../../domain/errors.ts'

/** The refusals of the use cases, and what can go wrong only here at the edge. */
export type ProblemCode = ErrorCode | 'method_not_allowed' | 'token_keys_unavailable' | 'internal_error'

interface Kind {
  readonly status: number
  readonly title: string
  /** Sent as `Retry-After` when the refusal does not know better. */
  readonly retryAfterSeconds?: number
}

/** One status for each code, and a title that is the same every time; the detail tells the particular case. */
export const PROBLEMS: Readonly<Record<ProblemCode, Kind>> = {
  invalid_json: { status: 400, title: 'The body is not readable JSON' },
  invalid_signature: { status: 400, title: 'The signature is not valid' },
  invalid_event: { status: 400, title: 'The body is not an event' },
  unauthenticated: { status: 401, title: 'A valid token is needed' },
  card_declined: { status: 402, title: 'The card was declined' },
  payment_method_required: { status: 402, title: 'A payment method is needed' },
  payment_overdue: { status: 402, title: 'An invoice has to be paid first' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  not_found: { status: 404, title: 'Not found' },
  no_subscription: { status: 404, title: 'There is no subscription' },
  method_not_allowed: { status: 405, title: 'The method is not allowed here' },
  no_access: { status: 409, title: 'The subscription gives no access at present' },
  subscription_exists: { status: 409, title: 'There is a subscription already' },
  trial_used: { status: 409, title: 'The free trial was used before' },
  not_trialing: { status: 409, title: 'The subscription is not in a trial' },
  plan_unchanged: { status: 409, title: 'That is the plan already' },
  nothing_to_resume: { status: 409, title: 'There is nothing to resume' },
  idempotency_key_reused: { status: 409, title: 'The idempotency key was used for another request' },
  in_progress: { status: 409, title: 'An earlier request is still in progress', retryAfterSeconds: 2 },
  usage_conflict: { status: 409, title: 'The usage was recorded differently before' },
  limit_reached: { status: 409, title: 'The limit of the plan is reached' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  billing_address_required: { status: 422, title: 'An address is needed to work out tax' },
  promotion_code_invalid: { status: 422, title: 'The promotion code cannot be used' },
  price_mismatch: { status: 422, title: 'The price does not belong to the plan' },
  rate_limited: { status: 429, title: 'Too many requests', retryAfterSeconds: 1 },
  internal_error: { status: 500, title: 'Something went wrong here' },
  stripe_unavailable: { status: 503, title: 'Stripe cannot be reached', retryAfterSeconds: 5 },
  storage_unavailable: { status: 503, title: 'The books cannot be written', retryAfterSeconds: 5 },
  token_keys_unavailable: { status: 503, title: 'Tokens cannot be checked', retryAfterSeconds: 5 },
}

export interface Problem {
  readonly code: ProblemCode
  readonly detail: string
  readonly fields?: readonly FieldError[]
  readonly retryAfterSeconds?: number | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** The answer of RFC 9457 to a refused request. */
export function problemResponse(problem: Problem, requestId: string): Response {
  const { status } = PROBLEMS[problem.code]
  const body = JSON.stringify(problemBody(problem, requestId))
  return new Response(body, { status, headers: { 'content-type': 'application/problem+json', ...headersOf(problem) } })
}

/** The members of RFC 9457, and those of ours: `code` for programs, `request_id` for asking us, `errors` for forms. */
export function problemBody({ code, detail, fields = [] }: Problem, requestId: string) {
  const { status, title } = PROBLEMS[code]
  const type = `urn:speech-billing:problem:${code}`
  return { type, title, status, code, detail, request_id: requestId, ...(fields.length > 0 ? { errors: fields } : {}) }
}

function headersOf({ code, retryAfterSeconds, headers = {} }: Problem): Record<string, string> {
  const seconds = retryAfterSeconds ?? PROBLEMS[code].retryAfterSeconds
  return {
    ...(seconds === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(seconds))) }),
    ...(code === 'unauthenticated' ? { 'www-authenticate': 'Bearer realm="speech-billing"' } : {}),
    ...headers,
  }
}
