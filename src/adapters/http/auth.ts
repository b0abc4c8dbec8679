import { BillingError } from '../../domain/errors.ts'
import { type Caller, callerOf } from './caller.ts'
import type { Claims, VerifyToken } from './token-verifier.ts'

/** Who sends this request. Refuses `unauthenticated`. */
export type Identify = (headers: Headers) => Caller | Promise<Caller>

interface Known {
  readonly caller: Caller
  readonly until: number
}

const BEARER = /^Bearer ([A-Za-z0-9_-]{1,2000}\.[A-Za-z0-9_-]{1,4000}\.[A-Za-z0-9_-]{1,1000})$/i
/** A key that was withdrawn from the key set, or a secret's change of mind, is noticed after this at the latest. */
const LONGEST_TRUST_MS = 600_000
const CLOCK_SKEW_MS = 30_000
const MOST_KNOWN = 20_000
/** Seconds since 1970 at the year 5138: whoever sends more has sent milliseconds, or nonsense. */
const LAST_SECOND = 100_000_000_000

/** Checks a token once; after that the same header is answered from memory for as long as it is valid. */
export function createIdentify(verify: VerifyToken, wall: () => number): Identify {
  const known = createMemory<Known>(MOST_KNOWN)
  return (headers) => {
    const header = headers.get('authorization')
    if (header === null) throw unauthenticated('Send a token in the header Authorization: Bearer.')
    const found = known.get(header)
    return found !== undefined && wall() < found.until ? found.caller : identified(header)
  }

  async function identified(header: string): Promise<Caller> {
    const claims = await verifiedClaims(verify, header)
    const caller = claims && areTimesSane(claims, wall()) ? callerOf(claims) : null
    if (claims === null || caller === null) throw unauthenticated(NOT_VALID)
    known.set(header, { caller, until: trustedUntil(claims, wall()) })
    return caller
  }
}

const NOT_VALID =
  'The token is not valid: it may have expired, been altered, or been made with another key or for another service.'

async function verifiedClaims(verify: VerifyToken, header: string): Promise<Claims | null> {
  const token = BEARER.exec(header)?.[1]
  return token === undefined ? null : verify(token)
}

/** The libraries check that a token has not expired; that its times are times at all is left to us. */
function areTimesSane({ exp, iat }: Claims, now: number): boolean {
  if (typeof exp !== 'number' || !(exp > 0 && exp < LAST_SECOND)) return false
  return iat === undefined || (typeof iat === 'number' && iat * 1_000 <= now + CLOCK_SKEW_MS)
}

function trustedUntil({ exp }: Claims, now: number): number {
  return Math.min(Number(exp) * 1_000 + CLOCK_SKEW_MS, now + LONGEST_TRUST_MS)
}

function unauthenticated(detail: string): BillingError {
  return new BillingError('unauthenticated', detail)
}

/**
 * Remembers at least the `most` entries used last, and at most twice as many: a full generation becomes the old one, and
 * what is asked for again moves over into the new one.
 */
function createMemory<V>(most: number) {
  let [young, old] = [new Map<string, V>(), new Map<string, V>()]
  const set = (key: string, value: V): void => {
    if (young.size >= most) [young, old] = [new Map(), young]
    young.set(key, value)
  }
  const get = (key: string): V | undefined => {
    const found = young.get(key)
    if (found !== undefined) return found
    const aged = old.get(key)
    if (aged !== undefined) set(key, aged)
    return aged
  }
  return { get, set }
}
