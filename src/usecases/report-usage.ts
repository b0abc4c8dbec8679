import type { UserId } from '../domain/account.ts'
import { type MeterReport, mustCompare } from '../domain/metering.ts'
import { prepareSending, settledAs } from '../domain/reporting.ts'
import type { DueReport } from '../ports/outbox.ts'
import type { Ports } from '../ports.ts'
import { settleOldReports } from './settle-old-reports.ts'

export type Reporting = Pick<Ports, 'ledger' | 'outbox' | 'meters' | 'clock' | 'newId' | 'lanes'> & {
  /** Tells the operator of a report that could not be sent now, was refused, or does not add up. */
  readonly onTrouble: (report: MeterReport, trouble: unknown) => void
}

const AT_ONCE = 256

/**
 * Seals and sends the reports whose turn it is. Those of one customer and meter go one after the other, since Stripe takes
 * one call at a time for them. Returns how many there were; none when some could not be sent, so that an outage is waited
 * out and not run against.
 */
export async function sendDueReports(ports: Reporting): Promise<number> {
  const due = await ports.outbox.due(ports.clock.now(), AT_ONCE)
  return (await sendAll(ports, due)) ? due.length : 0
}

/**
 * Reports at once what was used by now, before a subscription loses its meters: afterwards nothing could bill it. What
 * cannot be sent keeps its turn, and the worker tells of it then.
 */
export async function reportUsageBefore(ports: Omit<Reporting, 'onTrouble'>, user: UserId): Promise<void> {
  await sendAll({ ...ports, onTrouble: () => {} }, await ports.outbox.unsettled(user))
}

/** Whether all could be sent. No user's id has a space in it, so that these lanes are nobody's own. */
async function sendAll(ports: Reporting, due: readonly DueReport[]): Promise<boolean> {
  const meters = Map.groupBy(due, ({ user, report }) => `${report.service} ${user}`)
  const sent = await Promise.all(
    [...meters].map(([meter, reports]) => ports.lanes.run(meter, () => sendInTurn(ports, reports))),
  )
  return !sent.includes(false)
}

/** A report that cannot be sent now waits its time; those behind it on the same meter wait with it. */
async function sendInTurn(ports: Reporting, reports: readonly DueReport[]): Promise<boolean> {
  for (const due of reports) {
    try {
      await send(ports, due)
    } catch (error) {
      ports.onTrouble(due.report, error)
      return false
    }
  }
  return true
}

async function send(ports: Reporting, { user, customerId, report }: DueReport): Promise<void> {
  if ('value' in report && mustCompare(report, ports.clock.now()))
    return settleOldReports(ports, user, customerId, report)
  const now = ports.clock.now()
  const sending = await ports.ledger.change(user, { report: report.id }, (account) => prepareSending(account, now))
  if (sending === null) return
  const outcome = await ports.meters.report(
    sending.customerId,
    sending.report.service,
    sending.report.value,
    sending.report.id,
    sending.at,
  )
  const reason = outcome.type === 'rejected' ? outcome.reason : null
  if (reason !== null) ports.onTrouble(report, new Error(reason))
  await ports.ledger.change(user, {}, () => ({
    changes: [settledAs(report.id, reason === null ? 'sent' : 'rejected', reason, now)],
    result: undefined,
  }))
}
