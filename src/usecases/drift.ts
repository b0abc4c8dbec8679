import { shownReport } from '../domain/drift.ts'
import { BillingError } from '../domain/errors.ts'
import { isoTime } from '../domain/period.ts'
import type { DriftRun } from '../ports/mirror.ts'
import type { Ports } from '../ports.ts'

/** The comparison with Stripe that is under way, and the last report. */
export async function driftState({ driftCheck }: Pick<Ports, 'driftCheck'>) {
  const { running, last, report } = await driftCheck.state()
  return {
    running: running && shownRun(running),
    failure: last?.failure ?? null,
    report: report && shownReport(report),
  }
}

/** Begins a comparison. One that is under way is waited for; only one that mends less than was asked for is refused. */
export function checkDrift({ driftCheck }: Pick<Ports, 'driftCheck'>, operator: string, repair: boolean) {
  const { run } = driftCheck.start(repair ? operator : null)
  if (repair && !run.repair)
    throw new BillingError(
      'in_progress',
      'A comparison that mends nothing is under way. Look at GET /admin/drift, and ask again when it is over.',
      { retryAfterSeconds: 10 },
    )
  return shownRun(run)
}

function shownRun({ startedAt, repair, progress }: DriftRun) {
  return {
    started_at: isoTime(startedAt),
    repair,
    step: progress?.step ?? 'customers',
    compared: progress?.compared ?? null,
    differences: progress?.differences ?? 0,
  }
}
