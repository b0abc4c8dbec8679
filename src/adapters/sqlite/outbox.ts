import { and, asc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, sql } from 'drizzle-orm'
import { invalidField } from '../../domain/errors.ts'
import type { ServiceType } from '../../domain/quantity.ts'
import type { DueReport, Outbox } from '../../ports/outbox.ts'
import type { Drizzle } from './database.ts'
import { toMeterReport } from './rows.ts'
import { meterReports } from './schema/meter-reports.ts'
import { customers } from './schema/subscriptions.ts'

/** Finds reports in SQLite. */
export function sqliteOutbox(database: Drizzle): Outbox {
  const due = database
    .select()
    .from(meterReports)
    .leftJoin(customers, and(eq(customers.userId, meterReports.userId), isNull(customers.deletedAt)))
    .where(lte(meterReports.nextTryAt, sql.placeholder('at')))
    .orderBy(asc(meterReports.nextTryAt))
    .limit(sql.placeholder('limit'))
    .prepare()
  return {
    due: async (at, limit) => due.all({ at, limit }).map(toDue),
    async unsettled(user) {
      const rows = database
        .select()
        .from(meterReports)
        .leftJoin(customers, and(eq(customers.userId, meterReports.userId), isNull(customers.deletedAt)))
        .where(and(isNotNull(meterReports.nextTryAt), eq(meterReports.userId, user)))
        .orderBy(asc(meterReports.nextTryAt))
        .all()
      return rows.map(toDue)
    },
    async sentOrUnknown(user, service, from, to) {
      const rows = database
        .select()
        .from(meterReports)
        .where(
          and(
            gte(meterReports.billedAt, from),
            lt(meterReports.billedAt, to),
            eq(meterReports.userId, user),
            eq(meterReports.serviceType, service),
            inArray(meterReports.state, ['sent', 'sealed']),
          ),
        )
        .all()
      return rows.flatMap((row) => {
        const report = toMeterReport(row)
        const { state, settledAt, billedAt } = row
        return 'value' in report ? [{ report, settled: state === 'sent', settledAt, billedAt }] : []
      })
    },
    async billedWithin(from, to) {
      const rows = database
        .selectDistinct({
          user: meterReports.userId,
          customerId: customers.customerId,
          service: meterReports.serviceType,
        })
        .from(meterReports)
        .leftJoin(customers, and(eq(customers.userId, meterReports.userId), isNull(customers.deletedAt)))
        .where(and(gte(meterReports.billedAt, from), lt(meterReports.billedAt, to), eq(meterReports.state, 'sent')))
        .all()
      return rows.map((row) => ({ ...row, service: row.service as ServiceType }))
    },
    async setAside(limit, cursor) {
      const after = cursor === null ? undefined : gt(meterReports.id, mustBeReportId(cursor))
      const rows = database
        .select()
        .from(meterReports)
        // In these very words, or SQLite does not see that the index holds them all.
        .where(and(sql`state IN ('rejected', 'unbilled')`, after))
        .orderBy(asc(meterReports.id))
        .limit(limit + 1)
        .all()
      const items = rows.slice(0, limit).map((row) => ({
        user: row.userId,
        report: toMeterReport(row),
        state: row.state === 'rejected' ? ('rejected' as const) : ('unbilled' as const),
        reason: row.outcome,
      }))
      return { items, nextCursor: rows.length > limit ? (items.at(-1)?.report.id ?? null) : null }
    },
    async userOfReport(id) {
      return database.select().from(meterReports).where(eq(meterReports.id, id)).get()?.userId ?? null
    },
  }
}

function mustBeReportId(cursor: string): string {
  if (/^report_[a-z0-9]{1,64}$/.test(cursor)) return cursor
  throw invalidField('/cursor', 'is not one that an earlier page gave out; leave it out to start at the oldest')
}

type WithCustomer = {
  readonly meter_reports: typeof meterReports.$inferSelect
  readonly customers: typeof customers.$inferSelect | null
}

function toDue({ meter_reports: row, customers: customer }: WithCustomer): DueReport {
  return { user: row.userId, customerId: customer?.customerId ?? null, report: toMeterReport(row) }
}
