import { and, desc, eq, inArray, sql } from 'drizzle-orm'
import type { UserId } from '../../domain/account.ts'
import { invalidField } from '../../domain/errors.ts'
import { addMonths, calendarDay, calendarMonth, DAY_MS, monthPeriod } from '../../domain/period.ts'
import type { UsageRecord } from '../../domain/usage.ts'
import type { Records, UsageFilter } from '../../ports/records.ts'
import type { Drizzle } from './database.ts'
import { toUsageRecord } from './rows.ts'
import { usageDays, usageRecords, usageTotals } from './schema/usage.ts'

/** A day with the latest record of each of its chains that has not been given out. */
interface Day {
  readonly day: string
  readonly heads: readonly string[]
}

/** After so many records that do not fit, a page ends though it is not full: nobody waits for a search. */
const MOST_LOOKED_AT = 2_000
/** A day has a chain for each service, rate and allowance period: five as a rule. */
const CURSOR = /^\d{4}-\d{2}-\d{2}(?:\.[A-Za-z0-9_]{1,64}){0,64}$/

/**
 * A user's records without an index of their own, which would cost several times the insert at millions of rows: the
 * totals tell the months, the rows of `usage_days` the days and the latest record of each, and from there each record
 * names the one before it. The latest day comes first, and within a day what was recorded last.
 */
export function usageHistory(database: Drizzle): Records['usageRecords'] {
  const of = sql.placeholder
  const record = database
    .select()
    .from(usageRecords)
    .where(and(eq(usageRecords.id, of('id')), eq(usageRecords.userId, of('user'))))
    .prepare()
  const inMonth = database
    .select({ month: usageTotals.month })
    .from(usageTotals)
    .where(and(eq(usageTotals.month, of('month')), eq(usageTotals.userId, of('user'))))
    .limit(1)
    .prepare()
  const firstMonth = database.select({ month: sql<string | null>`min(month)` }).from(usageTotals).prepare()
  const lastDay = database.select({ day: sql<string | null>`max(day)` }).from(usageDays).prepare()

  /** The latest first, from the cursor's day on. Whatever stretch is asked for, only months that hold something are gone through. */
  function* daysOf(user: UserId, { service, from, to }: UsageFilter, cursor: Day | null): Generator<Day> {
    const [earliest, latest] = [firstMonth.get()?.month, lastDay.get()?.day]
    if (cursor !== null) yield cursor
    if (!earliest || !latest) return
    const [start, end] = [monthPeriod(earliest).start, Date.parse(latest) + DAY_MS]
    if (from !== null && from >= end) return
    const first = calendarDay(Math.max(from ?? start, start))
    const asked = calendarDay(Math.min(to ?? end, end) - 1)
    const last = cursor !== null && cursor.day < asked ? cursor.day : asked
    for (let month = last.slice(0, 7); month >= first.slice(0, 7); month = monthBefore(month)) {
      if (!inMonth.get({ month, user })) continue
      const days = daysIn(month).filter((day) => day >= first && day <= last && (cursor === null || day < cursor.day))
      yield* headsOn(user, service, days)
    }
  }

  function headsOn(user: UserId, service: string | null, days: readonly string[]): readonly Day[] {
    const rows = database
      .select({ day: usageDays.day, head: usageDays.lastRecord })
      .from(usageDays)
      .where(
        and(
          inArray(usageDays.day, [...days]),
          eq(usageDays.userId, user),
          service === null ? undefined : eq(usageDays.serviceType, service),
        ),
      )
      .orderBy(desc(usageDays.day))
      .all()
    return [...Map.groupBy(rows, ({ day }) => day)].map(([day, same]) => ({
      day,
      heads: same.flatMap(({ head }) => head ?? []),
    }))
  }

  return async (user, filter, limit, cursor) => {
    const items: UsageRecord[] = []
    let [place, lookedAt]: [string | null, number] = [null, 0]
    for (const { day, heads } of daysOf(user, filter, cursor === null ? null : dayAt(cursor))) {
      const left = [...heads].sort()
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        const row = record.get({ id, user })
        if (row === undefined) throw notOurs()
        if (row.previous !== null) insertSorted(left, row.previous)
        const found = toUsageRecord(row)
        if (fits(found, filter)) {
          if (items.length === limit) return { items, nextCursor: place }
          items.push(found)
          place = cursorAt({ day, heads: left })
        }
        lookedAt += 1
        if (lookedAt === MOST_LOOKED_AT) return { items, nextCursor: cursorAt({ day, heads: left }) }
      }
    }
    return { items, nextCursor: null }
  }
}

function fits(record: UsageRecord, { service, resourceId, from, to }: UsageFilter): boolean {
  return (
    (service === null || record.service === service) &&
    (resourceId === null || record.resourceId === resourceId) &&
    (from === null || record.occurredAt >= from) &&
    (to === null || record.occurredAt < to)
  )
}

/** Ids sort by the time of recording. */
function insertSorted(ids: string[], id: string): void {
  const place = ids.findIndex((other) => other > id)
  ids.splice(place < 0 ? ids.length : place, 0, id)
}

function monthBefore(month: string): string {
  return calendarMonth(addMonths(monthPeriod(month).start, -1))
}

function daysIn(month: string): readonly string[] {
  const { start, end } = monthPeriod(month)
  return Array.from({ length: (end - start) / DAY_MS }, (_, index) => calendarDay(start + index * DAY_MS))
}

/** A cursor holds the chains of its day as they were: what is recorded later does not come into the pages after it. */
function cursorAt({ day, heads }: Day): string {
  return [day, ...heads].join('.')
}

function dayAt(cursor: string): Day {
  const [day = '', ...heads] = cursor.split('.')
  if (!CURSOR.test(cursor) || Number.isNaN(Date.parse(day))) throw notOurs()
  return { day, heads }
}

function notOurs() {
  return invalidField('/cursor', 'is not one that an earlier page gave out; leave it out to start at the newest')
}
