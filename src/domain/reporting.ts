import type { Account, Change, Decision } from './account.ts'
import { billedAt, nextSending, type SealedReport, sealed } from './metering.ts'
import type { Instant } from './period.ts'

export interface Sending {
  readonly report: SealedReport
  readonly customerId: string
  readonly at: Instant
}

/** Seals the report if it is still open, and marks it as being sent; or settles it when there is nothing to send. */
export function prepareSending(account: Account, now: Instant): Decision<Sending | null> {
  if (account.report === null) return { changes: [], result: null }
  const { report: found, carry } = account.report
  const fresh = 'value' in found ? null : sealed(found, carry)
  const sealing: readonly Change[] = fresh ? [{ type: 'report-sealed', report: fresh.report, carry: fresh.carry }] : []
  const report = 'value' in found ? found : sealed(found, carry).report
  const at = billedAt(report, account.subscriptions, now)
  if (report.value === 0n)
    return {
      changes: [...sealing, settledAs(report.id, 'sent', 'Too little for the meter; carried over.', now)],
      result: null,
    }
  if (at === null || account.customerId === null) {
    const reason = 'No subscription is left that bills this use.'
    return { changes: [...sealing, settledAs(report.id, 'unbilled', reason, now)], result: null }
  }
  const marked: Change = {
    type: 'report-sending',
    reportId: report.id,
    at: now,
    billedAt: at,
    nextTryAt: nextSending(report.tries, now),
  }
  return { changes: [...sealing, marked], result: { report, customerId: account.customerId, at } }
}

/** The end of a report: `rejected` and `unbilled` ones are listed for the operator, with the reason. */
export function settledAs(
  reportId: string,
  outcome: 'sent' | 'rejected' | 'unbilled' | 'replaced',
  reason: string | null,
  at: Instant,
): Change {
  return { type: 'report-settled', reportId, outcome, reason, at }
}
