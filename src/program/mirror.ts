import { ADOPT_COMMAND, DRIFT_STATE, type ReconcileWish, START_DRIFT_CHECK } from '../composition/stripe-commands.ts'
import type { DriftReport } from '../domain/drift.ts'
import type { DriftCheck, DriftRun } from '../ports/mirror.ts'
import type { AdoptionBatch, AdoptionOutcome } from '../usecases/adopt-customers.ts'
import { openStripeCommands } from './stripe-commands.ts'

const POLL_MS = 250

/** Begins a comparison and waits for its report. */
export async function reconcile(
  wish: ReconcileWish,
  tell: (progress: NonNullable<DriftRun['progress']>) => void,
): Promise<DriftReport> {
  const commands = await openStripeCommands()
  try {
    // The server is this program itself.
    const { run } = (await commands.ask(START_DRIFT_CHECK, wish)) as ReturnType<DriftCheck['start']>
    if (wish.repair && !run.repair)
      throw new Error('A comparison that mends nothing is under way. Try again when it is over.')
    for (;;) {
      const { running, last, report } = (await commands.ask(DRIFT_STATE, null)) as Awaited<
        ReturnType<DriftCheck['state']>
      >
      if (running?.id === run.id && running.progress !== null) tell(running.progress)
      if (running?.id !== run.id) return reportOrFailure(last?.failure ?? null, report)
      await Bun.sleep(POLL_MS)
    }
  } finally {
    await commands.close()
  }
}

function reportOrFailure(failure: string | null, report: DriftReport | null): DriftReport {
  if (failure !== null) throw new Error(`The comparison could not be finished: ${failure}`)
  if (report === null) throw new Error('The comparison left no report.')
  return report
}

/** Where customers are linked to users. */
export async function openAdoption() {
  const commands = await openStripeCommands()
  return {
    // The server is this program itself.
    adopt: async (batch: AdoptionBatch) => (await commands.ask(ADOPT_COMMAND, batch)) as readonly AdoptionOutcome[],
    close: commands.close,
  }
}
