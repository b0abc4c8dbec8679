import { sql } from 'drizzle-orm'
import type { UserId } from '../../domain/account.ts'
import { calendarMonth } from '../../domain/period.ts'
import { dayOf, type UsageRecord } from '../../domain/usage.ts'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { fromAllowanceStart, fromIdentity } from './rows.ts'
import { usageDays, usageRecords, usageTotals } from './schema/usage.ts'

/** What the records of one transaction add to one row of `usage_days`, and to that of `usage_totals` above it. */
type DaySum = {
  readonly user: UserId
  readonly day: string
  readonly month: string
  readonly service: string
  readonly start: number
  readonly rate: string
  quantity: bigint
  rated: bigint
  granted: bigint
  overage: bigint
  billable: bigint
  lastRecord: string
}

export interface UsageRows {
  record(user: UserId, record: UsageRecord): void
  /** Writes the sums of what was recorded since the last time: before a commit, and before they are read. */
  writeSums(): void
  /** What was recorded has been undone. */
  forgetSums(): void
}

/**
 * The hot path: one row a record, and its two running totals. These are added up in memory and written once for all
 * records of the transaction that belong to them, since who records in bulk records much for the same users.
 */
export function usageRows(database: Drizzle): UsageRows {
  const write = statements(database)
  let sums = new Map<UserId, DaySum[]>()
  return {
    record(user, record) {
      const identity = record.identity && fromIdentity(record.identity)
      const [day, start] = [dayOf(record), fromAllowanceStart(record.allowanceStart)]
      const ofUser = sums.get(user)
      const sum = ofUser?.find(
        (one) => one.day === day && one.service === record.service && one.start === start && one.rate === record.rate,
      )
      if (sum === undefined) write.firstRecord({ ...record, identity, user, day, start })
      else write.nextRecord({ ...record, identity, user, previous: sum.lastRecord })
      if (sum !== undefined) add(sum, record)
      else if (ofUser === undefined) sums.set(user, [sumOf(user, day, start, record)])
      else ofUser.push(sumOf(user, day, start, record))
    },
    writeSums() {
      if (sums.size === 0) return
      const written = sums
      sums = new Map()
      for (const ofUser of written.values()) for (const sum of ofUser) write.addToTotal(sum)
      for (const ofUser of written.values()) for (const sum of ofUser) write.addToDay(sum)
    },
    forgetSums() {
      sums = new Map()
    },
  }
}

function sumOf(user: UserId, day: string, start: number, record: UsageRecord): DaySum {
  const { service, rate, quantity, rated, granted, overage, billable, id } = record
  const month = calendarMonth(record.occurredAt)
  return { user, day, month, service, start, rate, quantity, rated, granted, overage, billable, lastRecord: id }
}

function add(sum: DaySum, record: UsageRecord): void {
  sum.quantity += record.quantity
  sum.rated += record.rated
  sum.granted += record.granted
  sum.overage += record.overage
  sum.billable += record.billable
  sum.lastRecord = record.id
}

function statements(database: Drizzle) {
  const of = sql.placeholder
  const recorded = {
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
  }
  /** What stood last on the record's day before this transaction. */
  const previous = sql`(SELECT last_record FROM usage_days WHERE day = ${of('day')} AND user_id = ${of('user')}
    AND service_type = ${of('service')} AND allowance_start = ${of('start')} AND rate = ${of('rate')})`
  const sums = { userId: of('user'), serviceType: of('service'), allowanceStart: of('start'), rate: of('rate') }
  const parts = {
    quantity: of('quantity'),
    rated: of('rated'),
    granted: of('granted'),
    overage: of('overage'),
    billable: of('billable'),
  }
  const { $client } = database
  return {
    firstRecord: compiled($client, () => database.insert(usageRecords).values({ ...recorded, previous })),
    nextRecord: compiled($client, () =>
      database.insert(usageRecords).values({ ...recorded, previous: of('previous') }),
    ),
    addToTotal: compiled($client, () =>
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
    ),
    addToDay: compiled($client, () =>
      database
        .insert(usageDays)
        .values({ day: of('day'), ...sums, ...parts, lastRecord: of('lastRecord') })
        .onConflictDoUpdate({
          target: [usageDays.day, usageDays.userId, usageDays.serviceType, usageDays.allowanceStart, usageDays.rate],
          set: { ...addedUp, lastRecord: sql`excluded.last_record` },
        }),
    ),
  }
}

const addedUp = {
  quantity: sql`quantity + excluded.quantity`,
  rated: sql`rated + excluded.rated`,
  granted: sql`granted + excluded.granted`,
  overage: sql`overage + excluded.overage`,
  billable: sql`billable + excluded.billable`,
}
