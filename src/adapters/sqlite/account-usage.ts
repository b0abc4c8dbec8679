import { and, between, eq, inArray, sql } from 'drizzle-orm'
import type { Account, UserId } from '../../domain/account.ts'
import type { DailyUsage, UsageIdentity, UsageRecord, UsageTotal } from '../../domain/usage.ts'
import { compiledCheck } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { lazily } from './lazily.ts'
import { fromIdentity, toDailyUsage, toMeterReport, toUsageRecord, toUsageTotal } from './rows.ts'
import { meterCarries, meterReports } from './schema/meter-reports.ts'
import { usageDays, usageRecords, usageTotals } from './schema/usage.ts'

/** Reads an account's usage; `writeSums` is called before sums and reports are read. */
export function accountUsage(database: Drizzle, writeSums: () => void) {
  const of = sql.placeholder
  const byIdentity = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.identity, of('identity')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  /** Asked first, for nearly always it is not: finding nothing costs less without a row to make of it. */
  const isRecorded = compiledCheck(database.$client, () =>
    database
      .select({ id: usageRecords.id })
      .from(usageRecords)
      .where(and(eq(usageRecords.identity, of('identity')), eq(usageRecords.userId, of('user')))),
  )
  const byId = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.id, of('id')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  const byCorrected = lazily(() =>
    database
      .select()
      .from(usageRecords)
      .where(and(eq(usageRecords.corrects, of('id')), eq(usageRecords.userId, of('user'))))
      .prepare(),
  )
  const monthTotals = lazily(() =>
    database
      .select()
      .from(usageTotals)
      .where(and(eq(usageTotals.month, of('month')), eq(usageTotals.userId, of('user'))))
      .prepare(),
  )
  const meterReport = lazily(() =>
    database
      .select()
      .from(meterReports)
      .where(and(eq(meterReports.id, of('id')), eq(meterReports.userId, of('user'))))
      .prepare(),
  )
  const carry = lazily(() =>
    database
      .select()
      .from(meterCarries)
      .where(and(eq(meterCarries.userId, of('user')), eq(meterCarries.serviceType, of('service'))))
      .prepare(),
  )

  return {
    recorded(user: UserId, asked: UsageIdentity): UsageRecord | null {
      const key = { identity: fromIdentity(asked), user }
      const row = isRecorded(key) ? byIdentity().get(key) : undefined
      return row ? toUsageRecord(row) : null
    },

    record(user: UserId, id: string): UsageRecord | null {
      const row = byId().get({ id, user })
      return row ? toUsageRecord(row) : null
    },

    /** What takes something of a record back. */
    corrections: (user: UserId, id: string): readonly UsageRecord[] =>
      byCorrected().all({ id, user }).map(toUsageRecord),

    totals(user: UserId, month: string): readonly UsageTotal[] {
      writeSums()
      return monthTotals().all({ month, user }).map(toUsageTotal)
    },

    /** Both days included. The day leads the key, so that the rows of today lie together; a range is asked day by day. */
    days(user: UserId, from: string, to: string): readonly DailyUsage[] {
      writeSums()
      return database
        .select()
        .from(usageDays)
        .where(
          and(
            between(usageDays.day, from, to),
            eq(usageDays.userId, user),
            inArray(usageDays.day, daysBetween(from, to)),
          ),
        )
        .all()
        .map(toDailyUsage)
    },

    report(user: UserId, id: string): Account['report'] {
      writeSums()
      const row = meterReport().get({ id, user })
      if (!row) return null
      return { report: toMeterReport(row), carry: carry().get({ user, service: row.serviceType })?.carry ?? 0n }
    },
  }
}

function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let day = Date.parse(from); day <= Date.parse(to); day += 86_400_000)
    days.push(new Date(day).toISOString().slice(0, 10))
  return days
}
