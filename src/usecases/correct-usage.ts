import type { UserId } from '../domain/account.ts'
import { type CorrectUsageAnswer, correctUsage as correct } from '../domain/correction.ts'
import { BillingError } from '../domain/errors.ts'
import type { Answered } from '../domain/idempotency.ts'
import { monthsAround } from '../domain/period.ts'
import type { UsageUnit } from '../domain/quantity.ts'
import { idsFrom, reportedQuantity } from '../domain/reported-usage.ts'
import type { Ports } from '../ports.ts'

export interface CorrectionRequest {
  readonly user: UserId
  /** Who corrects: `operator:alice`. */
  readonly operator: string
  readonly key: { readonly caller: string; readonly key: string } | null
  readonly recordId: string
  /** How much of the record was too much. */
  readonly amount: number
  readonly unit: UsageUnit
  readonly reason: string
}

/**
 * Takes back a part of a recorded use, or all of it, in the period in which it was used.
 * Refuses: `not_found`, `validation_failed` (more than is left of the record, another unit), `idempotency_key_reused`.
 */
export async function correctUsage(
  ports: Pick<Ports, 'ledger' | 'clock' | 'newId' | 'catalogue'>,
  request: CorrectionRequest,
): Promise<Answered<CorrectUsageAnswer>> {
  const { user, operator, recordId, amount, unit, reason } = request
  const now = ports.clock.now()
  // What a record is never changes, so it may be looked at before: its service and time tell which totals are needed.
  const { record } = await ports.ledger.account(user, { record: recordId })
  if (record === null) throw new BillingError('not_found', 'This user has no usage record of this id.')
  const { service, occurredAt } = record
  const quantity = reportedQuantity(service, amount, unit)
  const key = request.key && { ...request.key, fingerprint: fingerprintOf(request) }
  const needs = {
    record: recordId,
    allGrants: service,
    totals: { services: [service], months: monthsAround(occurredAt) },
    ...(key ? { answer: key } : {}),
  }
  const detail = `${amount} ${unit} taken off ${recordId} (${service}): ${reason}`
  const audit = { id: ports.newId('audit'), at: now, actor: operator, action: 'usage-corrected', detail } as const
  const ids = idsFrom(ports.newId('usage'))
  return ports.ledger.change(user, needs, (account) =>
    correct(ports.catalogue, account, { quantity, unit }, key, ids, audit, now),
  )
}

function fingerprintOf({ user, recordId, amount, unit, reason }: CorrectionRequest): string {
  return JSON.stringify(['correct-usage', user, recordId, amount, unit, reason])
}
