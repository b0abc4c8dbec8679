import { askServer } from './adapters/process/ask-server.ts'
import { commandSocketPath } from './adapters/process/command-path.ts'
import { createLog } from './adapters/process/log.ts'
import type { Config } from './config/config.ts'
import type { DriftReport } from './domain/drift.ts'
import { ADOPT_COMMAND, DRIFT_STATE, mirrorCommands, type ReconcileWish, START_DRIFT_CHECK } from './mirror-commands.ts'
import type { DriftCheck, DriftRun } from './ports/mirror.ts'
import { openAlone } from './start.ts'
import type { StripeProblem } from './stripe-problems.ts'
import type { AdoptionBatch, AdoptionOutcome } from './usecases/adopt-customers.ts'

const POLL_MS = 250

/** What is thrown when Stripe says something that makes the command senseless. */
type Refusal = (problems: readonly StripeProblem[]) => Error

interface Commands {
  ask(command: keyof ReturnType<typeof mirrorCommands>, args: unknown): Promise<unknown>
  close(): Promise<void>
}

/** Begins a comparison and waits for its report. */
export async function reconcileWith(
  config: Config,
  wish: ReconcileWish,
  tell: (progress: NonNullable<DriftRun['progress']>) => void,
  refusal: Refusal,
): Promise<DriftReport> {
  const commands = await openCommands(config, refusal)
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
export async function openAdoption(config: Config, refusal: Refusal) {
  const commands = await openCommands(config, refusal)
  return {
    // The server is this program itself.
    adopt: async (batch: AdoptionBatch) => (await commands.ask(ADOPT_COMMAND, batch)) as readonly AdoptionOutcome[],
    close: commands.close,
  }
}

/** The running server, or this process in its place until it is done. */
async function openCommands(config: Config, refusal: Refusal): Promise<Commands> {
  const socket = commandSocketPath(config.databaseFile)
  if ((await askServer(socket, 'health', null)).answered)
    return {
      async ask(command, args) {
        const answer = await askServer(socket, command, args)
        if (!answer.answered)
          throw new Error('The running server has ended. Start it, or repeat the command without it.')
        return answer.result
      },
      async close() {},
    }
  const alone = await openAlone(config, createLog('error'))
  if (alone.problems.length > 0) {
    await alone.close()
    throw refusal(alone.problems)
  }
  const commands = mirrorCommands(alone.ports)
  return { ask: (command, args) => commands[command](args), close: alone.close }
}
