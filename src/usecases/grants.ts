import type { UserId } from '../domain/account.ts'
import { invalidField } from '../domain/errors.ts'
import { giveGrant as give, shownGrant } from '../domain/granting.ts'
import { GREATEST_AMOUNT, LEAST_AMOUNT, quantityOf, SERVICES, type ServiceType } from '../domain/quantity.ts'
import type { Ports } from '../ports.ts'

export interface GrantRequest {
  readonly user: UserId
  /** Who gives it: `operator:alice`. */
  readonly operator: string
  readonly key: { readonly caller: string; readonly key: string } | null
  readonly service: ServiceType
  /** In the service's unit. */
  readonly amount: number
  /** Null never expires. */
  readonly expiresAt: number | null
  readonly reason: string
}

/**
 * Gives a user usage on top of the plan: goodwill, or a pack. It is drawn on before anything counts as overage.
 * Refuses: `validation_failed`, `idempotency_key_reused`.
 */
export async function giveGrant(ports: Pick<Ports, 'ledger' | 'clock' | 'newId'>, request: GrantRequest) {
  const { user, operator, service, expiresAt, reason } = request
  const now = ports.clock.now()
  if (request.amount < LEAST_AMOUNT || request.amount > GREATEST_AMOUNT)
    throw invalidField('/amount', 'must lie between 0.000001 and 1,000,000')
  if (expiresAt !== null && expiresAt <= now) throw invalidField('/expires_at', 'must lie ahead')
  const amount = quantityOf(request.amount, SERVICES[service].unitQuanta)
  const given = { id: ports.newId('grant'), service, amount, remaining: amount, grantedAt: now, expiresAt, reason }
  const grant = { ...given, paymentId: null, takenBack: 0n }
  const detail = `${request.amount} ${SERVICES[service].unit} of ${service} (${grant.id}): ${reason}`
  const audit = { id: ports.newId('audit'), at: now, actor: operator, action: 'grant-given', detail } as const
  const key = request.key && { ...request.key, fingerprint: fingerprintOf(request) }
  return ports.ledger.change(user, key ? { answer: key } : {}, (account) => give(account, grant, key, audit, now))
}

function fingerprintOf({ user, service, amount, expiresAt, reason }: GrantRequest): string {
  return JSON.stringify(['give-grant', user, service, amount, expiresAt, reason])
}

/** All grants of a user, used up or not, newest first. */
export async function listGrants(ports: Pick<Ports, 'records'>, user: UserId) {
  return { grants: (await ports.records.grants(user)).map(shownGrant) }
}
