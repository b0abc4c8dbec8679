import { BillingError, type ErrorCode } from './errors.ts'
import type { Instant } from './period.ts'

/** A caller's Idempotency-Key with a digest of what was asked under it. */
export interface IdempotencyKey {
  readonly caller: string
  readonly key: string
  readonly fingerprint: string
}

/** What was answered under a key: kept for good. Either a result, or the refusal of a decline. */
export interface StoredAnswer {
  readonly caller: string
  readonly key: string
  readonly fingerprint: string
  readonly answer: StoredResult | StoredRefusal
  readonly answeredAt: Instant
}

interface StoredResult {
  readonly status: number
  readonly result: unknown
}

interface StoredRefusal {
  readonly refusal: { readonly code: ErrorCode; readonly detail: string }
}

/** A use case's answer with the HTTP-like status that tells a new thing (201) from a known one (200). */
export interface Answered<R> {
  readonly status: 200 | 201
  readonly result: R
  readonly replayed: boolean
}

/**
 * What stands under a key: the answer that was given, or a request that is still being carried out and has it reserved,
 * whoever's account that is in.
 */
export type KeyHolder = StoredAnswer | { readonly fingerprint: string; readonly answer: 'pending' }

/**
 * The stored answer for this key, or null when there is none yet. Throws `idempotency_key_reused` when the key was used
 * for something else, `in_progress` when the same request is still under way, and the stored refusal when that is what
 * was answered.
 */
export function replay<R>(stored: KeyHolder | null, key: IdempotencyKey | null): Answered<R> | null {
  if (stored === null || key === null) return null
  if (stored.fingerprint !== key.fingerprint)
    throw new BillingError(
      'idempotency_key_reused',
      'This Idempotency-Key was already used for another request. Send a new key for a new request, or repeat the first one exactly.',
    )
  if (stored.answer === 'pending')
    throw new BillingError('in_progress', 'The same request is still being carried out. Repeat it in a moment.', {
      retryAfterSeconds: 2,
    })
  if ('refusal' in stored.answer)
    throw new BillingError(stored.answer.refusal.code, stored.answer.refusal.detail, { replayed: true })
  // The fingerprint holds the operation's name, so what stands here was made by this very operation.
  return { status: stored.answer.status === 200 ? 200 : 201, result: stored.answer.result as R, replayed: true }
}

export function storedResult(key: IdempotencyKey, status: number, result: unknown, answeredAt: Instant): StoredAnswer {
  return { ...key, answer: { status, result }, answeredAt }
}

export function storedRefusal(key: IdempotencyKey, refusal: BillingError, answeredAt: Instant): StoredAnswer {
  return { ...key, answer: { refusal: { code: refusal.code, detail: refusal.message } }, answeredAt }
}
