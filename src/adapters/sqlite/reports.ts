import { and, eq, sql } from 'drizzle-orm'
import type { Change, UserId } from '../../domain/account.ts'
import { type MeterReport, OPEN_FOR_MS } from '../../domain/metering.ts'
import { compiled } from './compiled.ts'
import type { Drizzle } from './database.ts'
import { meterCarries, meterReports } from './schema/meter-reports.ts'

type ReportChange = Extract<Change, { type: 'report-sealed' | 'report-sending' | 'report-settled' }>

export interface OpenReports {
  add(user: UserId, report: MeterReport): void
  /** Writes what was added since the last time: before a commit, and before reports are read. */
  write(): void
  /** What was added has been undone. */
  forget(): void
}

type Addition = MeterReport & { readonly user: UserId; readonly dueAt: number }

/**
 * Adds to the open report of the same window, or opens it; part of the hot path where use is billed. What one transaction
 * adds to the same report is written once.
 */
export function openReports(database: Drizzle): OpenReports {
  const write = additionWriter(database)
  let additions = new Map<UserId, Addition[]>()
  return {
    add(user, report) {
      const ofUser = additions.get(user)
      const index = ofUser?.findIndex((one) => isSameReport(one, report)) ?? -1
      const known = ofUser?.[index]
      if (ofUser === undefined) additions.set(user, [{ ...report, user, dueAt: report.openedAt + OPEN_FOR_MS }])
      else if (known === undefined) ofUser.push({ ...report, user, dueAt: report.openedAt + OPEN_FOR_MS })
      else ofUser[index] = bothOf(known, report)
    },
    write() {
      if (additions.size === 0) return
      const written = additions
      additions = new Map()
      for (const ofUser of written.values()) for (const addition of ofUser) write({ ...addition })
    },
    forget() {
      additions = new Map()
    },
  }
}

function isSameReport(one: MeterReport, other: MeterReport): boolean {
  return (
    one.windowStart === other.windowStart &&
    one.service === other.service &&
    one.subscriptionId === other.subscriptionId &&
    one.allowanceStart === other.allowanceStart
  )
}

function bothOf(one: Addition, other: MeterReport): Addition {
  const occurredAt = Math.max(one.occurredAt, other.occurredAt)
  return { ...one, quantity: one.quantity + other.quantity, occurredAt }
}

function additionWriter(database: Drizzle) {
  const of = sql.placeholder
  return compiled(database.$client, () =>
    database
      .insert(meterReports)
      .values({
        id: of('id'),
        userId: of('user'),
        serviceType: of('service'),
        subscriptionId: of('subscriptionId'),
        allowanceStart: of('allowanceStart'),
        windowStart: of('windowStart'),
        quantity: of('quantity'),
        occurredAt: of('occurredAt'),
        openedAt: of('openedAt'),
        state: 'open',
        tries: 0,
        nextTryAt: of('dueAt'),
      })
      .onConflictDoUpdate({
        target: [
          meterReports.windowStart,
          meterReports.userId,
          meterReports.serviceType,
          meterReports.subscriptionId,
          meterReports.allowanceStart,
        ],
        targetWhere: sql`state = 'open'`,
        set: { quantity: sql`quantity + excluded.quantity`, occurredAt: sql`max(occurred_at, excluded.occurred_at)` },
      }),
  )
}

/** The life of a report after it was open: sealed, sent, settled. */
export function reportApplier(database: Drizzle): (user: UserId, change: ReportChange) => void {
  const update = (id: string, values: Partial<typeof meterReports.$inferInsert>) => {
    database.update(meterReports).set(values).where(eq(meterReports.id, id)).run()
  }
  return (user, change) => {
    switch (change.type) {
      case 'report-sealed': {
        const { report, carry } = change
        const { service: serviceType, ...row } = report
        // One that was open becomes sealed; one that replaces others is new.
        database
          .insert(meterReports)
          .values({ ...row, userId: user, serviceType, state: 'sealed', nextTryAt: report.openedAt })
          .onConflictDoUpdate({ target: meterReports.id, set: { state: 'sealed', value: report.value } })
          .run()
        if (carry === null) return
        const carried = { userId: user, serviceType, carry }
        const target = [meterCarries.userId, meterCarries.serviceType]
        return void database.insert(meterCarries).values(carried).onConflictDoUpdate({ target, set: { carry } }).run()
      }
      case 'report-sending':
        return void database
          .update(meterReports)
          .set({
            tries: sql`tries + 1`,
            firstSentAt: sql`coalesce(first_sent_at, ${change.at})`,
            billedAt: change.billedAt,
            nextTryAt: change.nextTryAt,
          })
          .where(and(eq(meterReports.id, change.reportId), sql`state = 'sealed'`))
          .run()
      case 'report-settled':
        return update(change.reportId, {
          state: change.outcome,
          outcome: change.reason,
          settledAt: change.at,
          nextTryAt: null,
        })
    }
  }
}
