import type { UserId } from '../domain/account.ts'
import { recordCurrency } from '../domain/currency.ts'
import { exactCost, minorUnits } from '../domain/money.ts'
import { isoTime } from '../domain/period.ts'
import { amountOf, SERVICES } from '../domain/quantity.ts'
import type { UsageRecord } from '../domain/usage.ts'
import type { UsageFilter } from '../ports/records.ts'
import type { Ports } from '../ports.ts'

export interface UsageRecordsRequest extends UsageFilter {
  readonly user: UserId
  readonly limit: number
  readonly cursor: string | null
}

/** Single uses of a user and their corrections: the latest day first, and within a day what was recorded last. */
export async function usageRecords(
  ports: Pick<Ports, 'records' | 'ledger' | 'catalogue'>,
  request: UsageRecordsRequest,
) {
  const page = await ports.records.usageRecords(request.user, request, request.limit, request.cursor)
  const { subscriptions } = await ports.ledger.account(request.user, {})
  const shownRecord = (record: UsageRecord) => shown(record, recordCurrency(ports.catalogue, subscriptions, record))
  return { usage_records: page.items.map(shownRecord), next_cursor: page.nextCursor }
}

function shown(record: UsageRecord, currency: string) {
  const { quanta, unitQuanta } = SERVICES[record.service]
  return {
    usage_record_id: record.id,
    service_type: record.service,
    usage_amount: amountOf(record.quantity, quanta[record.unit] ?? unitQuanta),
    usage_unit: record.unit,
    resource_id: record.resourceId,
    event_id: record.identity?.kind === 'event' ? record.identity.eventId : null,
    corrects: record.corrects,
    cost: minorUnits(exactCost(record.service, record.rated, record.rate)),
    overage: amountOf(record.overage, unitQuanta),
    billable_cost: minorUnits(exactCost(record.service, record.billable, record.rate)),
    currency,
    plan_name: record.planName,
    occurred_at: isoTime(record.occurredAt),
    recorded_at: isoTime(record.recordedAt),
  }
}
