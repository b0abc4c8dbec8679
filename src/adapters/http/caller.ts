import { USER_ID } from '../../domain/account.ts'
import { BillingError } from '../../domain/errors.ts'
import type { Person } from '../../domain/intent.ts'

/** The greatest scope of a token decides what its holder is; without one it is a user about his own affairs. */
type Role = 'user' | 'usage-writer' | 'metering' | 'service' | 'operator'

/** Who sends a request, as the verified token tells it. */
export interface Caller {
  readonly role: Role
  /** The token's `sub`. */
  readonly subject: string
  /** Tells this caller from every other: idempotency keys and log lines are theirs alone. */
  readonly name: string
  /** Who the user is to Stripe; known only when the token is the user's own. */
  readonly person: Person
}

export type Permission =
  | 'see-plans'
  | 'manage-account'
  | 'see-entitlements'
  | 'record-usage'
  /** The same for many users in one request. */
  | 'record-usage-batch'
  | 'operate'

const PERMITTED: Readonly<Record<Permission, ReadonlySet<Role>>> = {
  'see-plans': new Set<Role>(['user', 'usage-writer', 'service', 'operator']),
  'manage-account': new Set<Role>(['user', 'usage-writer', 'service', 'operator']),
  'see-entitlements': new Set<Role>(['user', 'usage-writer', 'metering', 'service', 'operator']),
  'record-usage': new Set<Role>(['usage-writer', 'metering', 'service', 'operator']),
  'record-usage-batch': new Set<Role>(['usage-writer', 'metering', 'service', 'operator']),
  operate: new Set<Role>(['operator']),
}

const SCOPE_NEEDED: Readonly<Record<Permission, string>> = {
  'see-plans': 'a user’s own token, or the scope service or operator',
  'manage-account': 'a user’s own token, or the scope service or operator',
  'see-entitlements': 'a user’s own token, or the scope metering, service or operator',
  'record-usage': 'the scope usage:write, metering, service or operator',
  'record-usage-batch': 'the scope usage:write, metering, service or operator',
  operate: 'the scope operator',
}

const NOBODY_IN_PARTICULAR: Person = { email: null, name: null }
const ROLE_OF_SCOPE: readonly (readonly [string, Role])[] = [
  ['operator', 'operator'],
  ['service', 'service'],
  ['metering', 'metering'],
  ['usage:write', 'usage-writer'],
]

/** Throws `forbidden`, with the scope that it takes, where the caller’s token does not allow it. */
export function mustBePermitted(caller: Caller, permission: Permission): void {
  if (!PERMITTED[permission].has(caller.role))
    throw new BillingError('forbidden', `This needs ${SCOPE_NEEDED[permission]}.`)
}

/**
 * The user that a request means. A user's own token means its holder, and naming somebody else is forbidden; any other
 * token's holder is no user, so that the request must name one.
 */
export function userMeant(caller: Caller, named: unknown): string {
  if (named === undefined && isOwn(caller.role)) return caller.subject
  if (named === undefined) throw invalidUser('is required: this token acts for users and is none itself')
  if (typeof named !== 'string' || !USER_ID.test(named))
    throw invalidUser('must be 1 to 128 letters, digits or any of _ . : @ -')
  if (isOwn(caller.role) && named !== caller.subject)
    throw new BillingError('forbidden', 'A user’s own token may not name another user.')
  return named
}

function invalidUser(message: string): BillingError {
  return new BillingError('validation_failed', `user_id ${message}.`, { fields: [{ path: '/user_id', message }] })
}

/** The holder of a token whose signature and times are already checked; null when its claims are not as agreed. */
export function callerOf(claims: Readonly<Record<string, unknown>>): Caller | null {
  const { sub, scope = '' } = claims
  if (typeof sub !== 'string' || !USER_ID.test(sub) || typeof scope !== 'string') return null
  const scopes = scope.split(' ')
  const role = ROLE_OF_SCOPE.find(([name]) => scopes.includes(name))?.[1] ?? 'user'
  return {
    role,
    subject: sub,
    name: `${isOwn(role) ? 'user' : role}:${sub}`,
    person: isOwn(role) ? { email: emailOf(claims.email), name: nameOf(claims.name) } : NOBODY_IN_PARTICULAR,
  }
}

function isOwn(role: Role): boolean {
  return role === 'user' || role === 'usage-writer'
}

function emailOf(claim: unknown): string | null {
  return typeof claim === 'string' && /^[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,63}$/.test(claim) ? claim : null
}

function nameOf(claim: unknown): string | null {
  if (typeof claim !== 'string' || !claim.isWellFormed()) return null
  const name = claim.replace(/\p{Cc}+/gu, ' ').trim()
  return name.length > 0 && name.length <= 256 ? name : null
}
