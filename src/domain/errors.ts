/** Every way in which a wish can be refused. The HTTP edge has one status for each; a code without one does not compile. */
export type ErrorCode =
  | 'invalid_json'
  | 'invalid_signature'
  | 'invalid_event'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'payload_too_large'
  | 'unsupported_media_type'
  | 'validation_failed'
  | 'card_declined'
  | 'payment_method_required'
  | 'subscription_exists'
  | 'no_subscription'
  | 'no_access'
  | 'plan_unchanged'
  | 'payment_overdue'
  | 'nothing_to_resume'
  | 'price_mismatch'
  | 'promotion_code_invalid'
  | 'billing_address_required'
  | 'trial_used'
  | 'not_trialing'
  | 'idempotency_key_reused'
  | 'in_progress'
  | 'usage_conflict'
  | 'limit_reached'
  | 'rate_limited'
  | 'stripe_unavailable'
  | 'storage_unavailable'

/** A field that did not fit, as a JSON pointer into the request (`/usage_amount`), and why. Never echoes the input. */
export interface FieldError {
  readonly path: string
  readonly message: string
}

interface Circumstances {
  readonly fields?: readonly FieldError[]
  /** Seconds after which trying again makes sense; for the codes that mean "not now". */
  readonly retryAfterSeconds?: number
  /** The same in words for the operator, who made no request that could be repeated or mended. */
  readonly operatorDetail?: string
  /** What brought it about, for the log alone. */
  readonly cause?: unknown
  /** True when this refusal is the stored answer of an earlier request under the same idempotency key. */
  readonly replayed?: boolean
}

/**
 * A refusal: thrown, never returned, so that a change in the making saves nothing.
 * `message` says what is wrong, why, and what to do next, in words that a caller may read.
 */
export class BillingError extends Error {
  readonly code: ErrorCode
  readonly fields: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined
  readonly operatorDetail: string
  readonly replayed: boolean

  constructor(code: ErrorCode, detail: string, circumstances: Circumstances = {}) {
    super(detail, 'cause' in circumstances ? { cause: circumstances.cause } : undefined)
    this.name = 'BillingError'
    this.code = code
    this.fields = circumstances.fields ?? []
    this.retryAfterSeconds = circumstances.retryAfterSeconds
    this.operatorDetail = circumstances.operatorDetail ?? detail
    this.replayed = circumstances.replayed ?? false
  }
}

/** Stripe has no such customer any more: somebody deleted it there. A wish begins anew with a fresh one. */
export class CustomerGone extends BillingError {
  constructor(cause: unknown) {
    const words = 'Stripe no longer has this customer, so nothing of it can be changed. Subscribe anew.'
    super('no_subscription', words, { cause })
    this.name = 'CustomerGone'
  }
}

/** Why something failed, to be read by the operator. */
export function operatorReason(error: unknown): string {
  if (error instanceof BillingError) return error.operatorDetail
  return error instanceof Error ? error.message : String(error)
}

const OUTAGES: ReadonlySet<ErrorCode> = new Set(['stripe_unavailable', 'storage_unavailable', 'in_progress'])

/** Whether something failed only because Stripe, the disk or the user's lane was not to be had: it may be tried again. */
export function isOutage(error: unknown): boolean {
  return error instanceof BillingError && OUTAGES.has(error.code)
}

/**
 * A request that is well formed but means nothing valid: one field, one reason; the empty path is the whole request.
 * `operatorDetail` is more than the caller is told.
 */
export function invalidField(path: string, message: string, operatorDetail?: string): BillingError {
  const detail = path === '' ? message : `${path.slice(1)}: ${message}`
  const more = operatorDetail === undefined ? {} : { operatorDetail }
  return new BillingError('validation_failed', detail, { fields: [{ path, message }], ...more })
}
