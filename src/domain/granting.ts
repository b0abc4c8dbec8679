import type { Account, AuditEntry, Change, Decision } from './account.ts'
import type { Grant } from './grant.ts'
import { type Answered, type IdempotencyKey, replay, storedResult } from './idempotency.ts'
import { type Instant, isoTime, isoTimeOrNull } from './period.ts'
import { amountOf, SERVICES, type ServiceType, type UsageUnit } from './quantity.ts'

/** A grant as it is shown. */
export interface ShownGrant {
  readonly grant_id: string
  readonly service_type: ServiceType
  /** In the service's unit. */
  readonly amount: number
  readonly remaining: number
  /** What went with a payment that was given back. */
  readonly taken_back: number
  readonly unit: UsageUnit
  readonly granted_at: string
  readonly expires_at: string | null
  readonly reason: string
  /** The payment that bought it; null for a gift. */
  readonly payment_id: string | null
}

/** Gives a user usage on top of the plan, and notes who gave it. */
export function giveGrant(
  account: Account,
  grant: Grant,
  key: IdempotencyKey | null,
  audit: AuditEntry,
  now: Instant,
): Decision<Answered<ShownGrant>> {
  const replayed = replay<ShownGrant>(account.answer, key)
  if (replayed) return { changes: [], result: replayed }
  const result = shownGrant(grant)
  const changes: readonly Change[] = [
    { type: 'grant-given', grant },
    { type: 'audited', entry: audit },
    ...(key ? [{ type: 'answer-stored', answer: storedResult(key, 201, result, now) } as const] : []),
  ]
  return { changes, result: { status: 201, result, replayed: false } }
}

/** A grant as the API shows it, in units of its service. */
export function shownGrant(grant: Grant): ShownGrant {
  const { id, service, amount, remaining, takenBack, grantedAt, expiresAt, reason, paymentId } = grant
  const { unit, unitQuanta } = SERVICES[service]
  return {
    grant_id: id,
    service_type: service,
    amount: amountOf(amount, unitQuanta),
    remaining: amountOf(remaining, unitQuanta),
    taken_back: amountOf(takenBack, unitQuanta),
    unit,
    granted_at: isoTime(grantedAt),
    expires_at: isoTimeOrNull(expiresAt),
    reason,
    payment_id: paymentId,
  }
}
