import { sql } from 'drizzle-orm'
import type { UserId } from '../../domain/account.ts'
import { calendarMonth } from '../../domain/period.ts'
import { dayOf, type UsageRecord } from '../../domain/usage.ts'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { fromAllowanceStart, fromIdentity } from './rows.ts'
import { usageDays, usageRecords, usageTotals } from './schema.ts'

/** The hot path: one record and its two running totals. */
export function usageInserter(database: Drizzle): (user: UserId, record: UsageRecord) => void {
  const of = sql.placeholder
  const insertRecord = compiled(
    database.$client,
    database.insert(usageRecords).values({
      id: of('id'),
      userId: of('user'),
      serviceType: of('service'),
      quantity: of('quantity'),
      rated: of('rated'),
      corrects: of('corrects'),
      unit: of('unit'),
      identity: of('identity'),
      resourceId: of('resourceId'),
      occurredAt: of('occurredAt'),
      recordedAt: of('recordedAt'),
      subscriptionId: of('subscriptionId'),
      planName: of('planName'),
      allowanceStart: of('allowanceStart'),
      rate: of('rate'),
      granted: of('granted'),
      overage: of('overage'),
      billable: of('billable'),
      previous: sql`(SELECT last_record FROM usage_days WHERE day = ${of('day')} AND user_id = ${of('user')}
        AND service_type = ${of('service')} AND allowance_start = ${of('start')} AND rate = ${of('rate')})`,
    }),
  )
  const sums = { userId: of('user'), serviceType: of('service'), allowanceStart: of('start'), rate: of('rate') }
  const parts = {
    quantity: of('quantity'),
    rated: of('rated'),
    granted: of('granted'),
    overage: of('overage'),
    billable: of('billable'),
  }
  const addToTotal = compiled(
    database.$client,
    database
      .insert(usageTotals)
      .values({ month: of('month'), ...sums, ...parts })
      .onConflictDoUpdate({
        target: [
          usageTotals.month,
          usageTotals.userId,
          usageTotals.serviceType,
          usageTotals.allowanceStart,
          usageTotals.rate,
        ],
        set: addedUp,
      }),
  )
  const addToDay = compiled(
    database.$client,
    database
      .insert(usageDays)
      .values({ day: of('day'), ...sums, ...parts, lastRecord: of('id') })
      .onConflictDoUpdate({
        target: [usageDays.day, usageDays.userId, usageDays.serviceType, usageDays.allowanceStart, usageDays.rate],
        set: { ...addedUp, lastRecord: sql`excluded.last_record` },
      }),
  )

  return (user, record) => {
    const identity = record.identity && fromIdentity(record.identity)
    const [day, start] = [dayOf(record), fromAllowanceStart(record.allowanceStart)]
    const values = { ...record, identity, user, day, start, month: calendarMonth(record.occurredAt) }
    insertRecord(values)
    addToTotal(values)
    addToDay(values)
  }
}

const addedUp = {
  quantity: sql`quantity + excluded.quantity`,
  rated: sql`rated + excluded.rated`,
  granted: sql`granted + excluded.granted`,
  overage: sql`overage + excluded.overage`,
  billable: sql`billable + excluded.billable`,
}
