import { invalidField } from '../../domain/errors.ts'
import type { Caller } from './caller.ts'

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/

/** The caller's Idempotency-Key, or null. Refuses one that could be mangled on its way: 1 to 255 visible ASCII signs. */
export function idempotencyKey(request: Request, caller: Caller) {
  const key = request.headers.get('idempotency-key')
  if (key === null) return null
  if (!VISIBLE_ASCII.test(key))
    throw invalidField('/idempotency-key', 'the header must have 1 to 255 visible ASCII characters without spaces')
  return { caller: caller.name, key }
}

interface Sending {
  status?: number | string
  readonly headers: Record<string, string | number>
}

/** Sends a use case's answer with its own status, and marks one that was given before. */
export function answered<R>(set: Sending, answer: { status: 200 | 201; result: R; replayed: boolean }): R {
  set.status = answer.status
  if (answer.replayed) set.headers['idempotent-replayed'] = 'true'
  return answer.result
}
