import type { Needs, UserId } from '../domain/account.ts'
import type { Answered } from '../domain/idempotency.ts'
import { monthsAround } from '../domain/period.ts'
import type { ServiceType, UsageUnit } from '../domain/quantity.ts'
import { type RecordUsageAnswer, recordUsage as record } from '../domain/recording.ts'
import {
  identityOf,
  idsFrom,
  nearestOccurrence,
  type ReportedUsage,
  reportedQuantity,
} from '../domain/reported-usage.ts'
import { limitsSpending } from '../domain/spending.ts'
import type { Ports } from '../ports.ts'

export interface RecordUsageRequest {
  readonly user: UserId
  readonly key: { readonly caller: string; readonly key: string } | null
  readonly service: ServiceType
  readonly amount: number
  readonly unit: UsageUnit
  readonly resourceId: string | null
  readonly eventId: string | null
  /** Wall time as sent; null is now. */
  readonly occurredAt: number | null
  readonly enforce: boolean
}

export type Recording = Pick<Ports, 'ledger' | 'clock' | 'newId' | 'catalogue'>

/**
 * Records a use once, however often it is reported. Over the limit, after a cancellation and without a subscription it is
 * recorded all the same; only `enforce` refuses what does not fit.
 * Refuses: `validation_failed`, `usage_conflict`, `idempotency_key_reused`; with `enforce` also `limit_reached`,
 * `no_subscription` and `payment_method_required`.
 */
export async function recordUsage(ports: Recording, request: RecordUsageRequest): Promise<Answered<RecordUsageAnswer>> {
  const now = ports.clock.now()
  const usage = reportOf(request, now, now - ports.clock.wall())
  const key = request.key && { ...request.key, fingerprint: fingerprintOf(request) }
  const needs: Needs = {
    totals: {
      services: [usage.service],
      months: monthsAround(nearestOccurrence(usage.occurredAt, now)),
      ofAll: limitsSpending(ports.catalogue),
    },
    ...(usage.identity ? { usage: usage.identity } : {}),
    ...(key ? { answer: key } : {}),
  }
  const ids = idsFrom(ports.newId('usage'))
  return ports.ledger.change(request.user, needs, (account) => record(ports.catalogue, account, usage, key, ids, now))
}

/** `clockOffset`: how far business time runs ahead of the wall clock by which the reporter lives. */
function reportOf(request: RecordUsageRequest, now: number, clockOffset: number): ReportedUsage {
  const { service, unit, resourceId, eventId, enforce } = request
  return {
    service,
    unit,
    resourceId,
    enforce,
    quantity: reportedQuantity(service, request.amount, unit),
    identity: identityOf(service, resourceId, eventId, request.key !== null),
    occurredAt: request.occurredAt === null ? now : request.occurredAt + clockOffset,
  }
}

function fingerprintOf({
  user,
  service,
  amount,
  unit,
  resourceId,
  eventId,
  occurredAt,
  enforce,
}: RecordUsageRequest): string {
  return JSON.stringify(['record-usage', user, service, amount, unit, resourceId, eventId, occurredAt, enforce])
}
