import { NotFoundError, ParseError, ValidationError } from 'elysia'
import { BillingError, type FieldError } from '../../domain/errors.ts'
import { fieldErrorsOf } from './field-errors.ts'
import type { Problem } from './problem.ts'
import { TOKEN_KEYS_UNAVAILABLE } from './token-verifier.ts'

/** What a caller may know of an error; null when it is none that a request can bring about, and so ours to find. */
export function problemOf(thrown: unknown): Problem | null {
  // Elysia wraps whatever is thrown while a body is read.
  const error = thrown instanceof ParseError ? thrown.cause : thrown
  if (error instanceof BillingError) return refusalOf(error)
  if (error instanceof ValidationError) return invalidOf(error)
  if (error instanceof NotFoundError) return { code: 'not_found', detail: 'There is nothing at this path.' }
  if (error instanceof Error && error.cause === TOKEN_KEYS_UNAVAILABLE)
    return { code: 'token_keys_unavailable', detail: error.message }
  return null
}

function refusalOf(error: BillingError): Problem {
  return {
    code: error.code,
    detail: error.message,
    fields: error.fields,
    retryAfterSeconds: error.retryAfterSeconds,
    headers: error.replayed ? { 'idempotent-replayed': 'true' } : {},
  }
}

/** An answer of ours that does not fit its own schema is our mistake, not the caller's. */
function invalidOf(error: ValidationError): Problem | null {
  if (error.type === 'response') return null
  const { code, message: detail, fields } = invalidFields(fieldErrorsOf(error.all))
  return { code, detail, fields }
}

/** The refusal of a request with these fields: all that is wrong with them, in a sentence. */
export function invalidFields(fields: readonly FieldError[]): BillingError {
  const detail = fields.map(({ path, message }) => `${path.slice(1) || 'the body'} ${message}`).join('; ')
  return new BillingError('validation_failed', `${detail}.`, { fields })
}
