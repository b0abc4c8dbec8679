import { isoTime } from '../events/notify.ts'
import { Failure } from '../http/failure.ts'
import { freshId, randomLetters } from '../identifiers.ts'
import type { Turn } from '../turn.ts'

const sessionSeconds = 15 * 60

// A session is kept as nothing but its token and when that ends.
const placeOf = (token: string) => `meter_event_session:${token}`

/** Gives out the token with which usage is streamed for a quarter of an hour. */
export function openSession(turn: Turn): object {
  const now = turn.now()
  const token = `mes_test_${randomLetters(40)}`
  turn.store.vault.keep(placeOf(token), String(now + sessionSeconds))
  return {
    id: freshId('bmes_test'),
    object: 'v2.billing.meter_event_session',
    authentication_token: token,
    created: isoTime(now),
    expires_at: isoTime(now + sessionSeconds),
    livemode: false,
  }
}

/** Refuses a token that has expired, or that no session gave out: an API key, for instance. */
export function requireSession(turn: Turn, token: string | undefined): void {
  const end = turn.store.vault.read(placeOf(token ?? ''))
  if (end !== undefined && turn.now() < Number(end)) return
  throw new Failure(401, {
    type: 'temporary_session_expired',
    code: 'billing_meter_event_session_expired',
    message: 'The temporary session token has expired. Create a new meter event session and use its token.',
  })
}
