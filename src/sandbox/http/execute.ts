import type { Breakdown } from '../faults/strike.ts'
import { present } from '../present.ts'
import { KEY_SECONDS } from '../store/idempotency.ts'
import type { Turn } from '../turn.ts'
import { type Answer, asFailure, failed, success } from './answer.ts'
import { list, text } from './decode.ts'
import { expand } from './expand.ts'
import { Failure } from './failure.ts'
import type { Form, FormFields } from './form.ts'
import type { Match } from './route.ts'

export interface Call {
  readonly match: Match
  readonly method: string
  readonly path: string
  readonly form: FormFields
  readonly requestId: string
  readonly idempotencyKey: string | null
  /** Set when a fault lets execution begin and fail. */
  readonly breakdown?: Breakdown | undefined
}

type Undoable = <T>(change: () => T) => T

/** Answers a reading call. */
export function read(turn: Turn, call: Call): Answer {
  try {
    return success(perform(turn, call))
  } catch (reason) {
    return failed(asFailure(reason), call.requestId)
  }
}

/** Answers a writing call inside the transaction; its idempotency key is stored with its effect. */
export function write(turn: Turn, call: Call, undoable: Undoable): Answer {
  const { idempotencyKey: key } = call
  const fingerprint = key === null ? '' : fingerprintOf(call)
  const earlier = key === null ? undefined : turn.store.idempotency.find(key, turn.now() - KEY_SECONDS)
  if (earlier) {
    if (earlier.fingerprint !== fingerprint) return failed(keyReused(earlier.key), call.requestId)
    const headers = { 'idempotent-replayed': 'true', 'original-request': earlier.request }
    return { status: earlier.status, body: earlier.body, headers }
  }
  const answer = call.breakdown ? breakDown(turn, call, call.breakdown, undoable) : attempt(turn, call, undoable)
  // A refusal before anything was done is not remembered; a declined card is, and a failure once execution has begun.
  const begun = answer.status < 300 || answer.status === 402 || (call.breakdown !== undefined && answer.status >= 500)
  if (key !== null && begun) {
    const { status, body } = answer
    turn.store.idempotency.remember({ key, fingerprint, status, body, request: call.requestId }, turn.now())
  }
  return answer
}

// What would have been refused anyway is refused: then execution never began.
function breakDown(turn: Turn, call: Call, breakdown: Breakdown, undoable: Undoable): Answer {
  if (!breakdown.keepsEffect) return breakdown.answer(call.requestId)
  const answer = attempt(turn, call, undoable)
  return answer.status < 300 ? breakdown.answer(call.requestId) : answer
}

function attempt(turn: Turn, call: Call, undoable: Undoable): Answer {
  let kept: Failure | null = null
  try {
    return undoable(() => {
      try {
        return success(perform(turn, call))
      } catch (reason) {
        if (!(reason instanceof Failure) || !reason.keepsEffects) throw reason
        kept = reason
        return failed(reason, call.requestId)
      }
    })
  } catch (reason) {
    return failed(asFailure(kept ?? reason), call.requestId)
  }
}

function perform(turn: Turn, { match, form }: Call): object {
  const { expand: wanted, ...rest } = form
  const paths = wanted === undefined ? [] : pathsOf(wanted)
  const answer = match.route.answer(turn, rest, match.ids)
  return expand(turn, present(turn, answer), paths)
}

const pathsOf = (wanted: Form) => (wanted === '' ? [] : list(text)(wanted, 'expand'))

function fingerprintOf({ method, path, form }: Call): string {
  return new Bun.CryptoHasher('sha256').update(`${method} ${path} ${canonical(form)}`).digest('base64')
}

function canonical(form: Form): string {
  if (typeof form === 'string') return JSON.stringify(form)
  const names = Object.keys(form).sort()
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(form[name] ?? '')}`).join(',')}}`
}

const keyReused = (key: string) =>
  new Failure(400, {
    type: 'idempotency_error',
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
  })
