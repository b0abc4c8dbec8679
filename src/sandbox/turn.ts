import type { Clock } from './clock.ts'
import { noSuch } from './http/failure.ts'
import type { Store } from './store/store.ts'
import type { Kind, Kinds } from './wire.ts'

/** Who caused a change: the request for a call, nulls for what time brought about. */
export interface Cause {
  readonly id: string | null
  readonly idempotency_key: string | null
}

/** One synchronous step of the simulation, inside one transaction. Everything a resource or the engine works with. */
export interface Turn {
  readonly store: Store
  readonly now: Clock['now']
  readonly cause: Cause
  /** Where this simulator listens; hosted pages live under it. */
  readonly baseUrl: string
  /** Events of an operation under way, kept back until they can be put in Stripe's order. */
  readonly held?: HeldEvent[]
  /** The code with which this customer's payment is to be declined, if a test asked for that; asking uses it up. */
  readonly nextDecline?: (customer: string | null) => string | undefined
}

export interface HeldEvent {
  readonly type: string
  readonly data: { readonly object: object; readonly previous_attributes?: Record<string, unknown> }
}

export const noCause: Cause = { id: null, idempotency_key: null }

/** The object named in a path. */
export function retrieve<K extends Kind>(turn: Turn, kind: K, id: string, param = 'id'): Kinds[K] {
  const found = turn.store.objects.find(kind, id)
  if (!found) throw noSuch(kind, id, param, 404)
  return found
}

/** The object named in a parameter. */
export function referenced<K extends Kind>(turn: Turn, kind: K, id: string, param: string): Kinds[K] {
  const found = turn.store.objects.find(kind, id)
  if (!found) throw noSuch(kind, id, param, 400)
  return found
}
