import type { Change, UserId } from '../domain/account.ts'
import {
  hasOneTime,
  isInSums,
  type MeterReport,
  nextSending,
  type SealedReport,
  type SentReport,
  SUMS_LAG_MS,
} from '../domain/metering.ts'
import { DAY_MS, type Instant, MINUTE_MS } from '../domain/period.ts'
import { settledAs } from '../domain/reporting.ts'
import type { Ports } from '../ports.ts'

type Comparing = Pick<Ports, 'ledger' | 'outbox' | 'meters' | 'clock' | 'newId'> & {
  readonly onTrouble: (report: MeterReport, trouble: unknown) => void
}

/** How far before the oldest unknown report the comparison begins, so that every time it may be billed under is in it. */
const MARGIN_MS = 2 * DAY_MS

/**
 * Settles reports of one user and service whose outcome has been unknown for so long that Stripe may have forgotten their
 * identifiers: sent again they could count twice. What the meter has is compared with what it should have; what it lacks
 * is sent as one report of its own, and the unknown ones are replaced by the two of them. That waits until Stripe's sum has
 * all that was taken: what it does not show yet would be sent a second time.
 */
export async function settleOldReports(
  ports: Comparing,
  user: UserId,
  customerId: string | null,
  due: SealedReport,
): Promise<void> {
  const now = ports.clock.now()
  const from = floorMinute(due.occurredAt - MARGIN_MS)
  const to = floorMinute(now - SUMS_LAG_MS)
  const reports = await ports.outbox.sentOrUnknown(user, due.service, from, to)
  const later = await ports.outbox.sentOrUnknown(user, due.service, to, floorMinute(now) + 6 * MINUTE_MS)
  // Of what is billed later than that, an earlier try may lie before.
  const isClear = reports.every((report) => isInSums(report, now)) && later.every(hasOneTime)
  if (customerId === null || !isClear) return postpone(ports, user, due, [...reports, ...later], now)

  const unknown = reports
    .filter((entry) => !entry.settled && entry.report.firstSentAt !== null)
    .map(({ report }) => report)
  const sent = sum(reports.filter((entry) => entry.settled).map(({ report }) => report))
  const counted = (await ports.meters.total(customerId, due.service, from, to)) - sent
  const missing = sum(unknown) - counted
  const isPlausible = missing >= sum(unknown.filter(isNegative)) && missing <= sum(unknown.filter(isPositive))
  if (!isPlausible)
    ports.onTrouble(
      due,
      new Error(`Stripe's meter is ${-missing} millionths off what was reported; nothing more is sent.`),
    )
  const ids = [ports.newId('report'), ports.newId('report')] as const
  await ports.ledger.change(user, { report: due.id }, (account) => {
    if (account.report === null) return { changes: [], result: undefined }
    const { carry } = account.report
    const replacing = (id: string, value: bigint): Change => ({
      type: 'report-sealed',
      report: { ...due, id, value, quantity: 0n, openedAt: now, firstSentAt: null, tries: 0 },
      carry,
    })
    const changes: readonly Change[] = [
      ...unknown.map((report): Change => settledAs(report.id, 'replaced', `Replaced by ${ids.join(' and ')}.`, now)),
      ...(counted !== 0n
        ? [replacing(ids[0], counted), sending(ids[0], due, now), settledAs(ids[0], 'sent', null, now)]
        : []),
      ...(isPlausible && missing !== 0n ? [replacing(ids[1], missing)] : []),
    ]
    return { changes, result: undefined }
  })
}

function sending(reportId: string, due: SealedReport, now: Instant): Change {
  return { type: 'report-sending', reportId, at: now, billedAt: due.occurredAt, nextTryAt: now }
}

async function postpone(
  ports: Comparing,
  user: UserId,
  due: SealedReport,
  reports: readonly SentReport[],
  now: Instant,
): Promise<void> {
  const billedAt = reports.find(({ report }) => report.id === due.id)?.billedAt ?? due.occurredAt
  await ports.ledger.change(user, {}, () => ({
    changes: [{ ...sending(due.id, due, now), billedAt, nextTryAt: nextSending(due.tries, now) }],
    result: undefined,
  }))
}

/** Corrections are reported as negative values. */
function isNegative({ value }: SealedReport): boolean {
  return value < 0n
}

function isPositive({ value }: SealedReport): boolean {
  return value > 0n
}

function sum(reports: readonly SealedReport[]): bigint {
  return reports.reduce((total, report) => total + report.value, 0n)
}

function floorMinute(at: Instant): Instant {
  return at - (at % MINUTE_MS)
}
