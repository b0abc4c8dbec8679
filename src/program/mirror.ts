import { configurationRefusal } from '../adapters/cli/program.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { createLog } from '../adapters/process/log.ts'
import { openBooksWithStripe } from '../composition/books.ts'
import {
  ADOPT_COMMAND,
  DRIFT_STATE,
  mirrorCommands,
  type ReconcileWish,
  START_DRIFT_CHECK,
} from '../composition/mirror-commands.ts'
import type { Config } from '../config/config.ts'
import type { DriftReport } from '../domain/drift.ts'
import type { DriftCheck, DriftRun } from '../ports/mirror.ts'
import type { AdoptionBatch, AdoptionOutcome } from '../usecases/adopt-customers.ts'
import { configuration } from './configuration.ts'

const POLL_MS = 250

interface Commands {
  ask(command: keyof ReturnType<typeof mirrorCommands>, args: unknown): Promise<unknown>
  close(): Promise<void>
}

/** Begins a comparison and waits for its report. */
export async function reconcile(
  wish: ReconcileWish,
  tell: (progress: NonNullable<DriftRun['progress']>) => void,
): Promise<DriftReport> {
  const commands = await openCommands(configuration())
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
  const commands = await openCommands(configuration())
  return {
    // The server is this program itself.
    adopt: async (batch: AdoptionBatch) => (await commands.ask(ADOPT_COMMAND, batch)) as readonly AdoptionOutcome[],
    close: commands.close,
  }
}

/** The running server, or this process in its place until it is done. */
async function openCommands(config: Config): Promise<Commands> {
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
  const alone = await openBooksWithStripe(config, createLog('error'))
  if (alone.problems.length > 0) {
    await alone.close()
    throw configurationRefusal(alone.problems)
  }
  const commands = mirrorCommands(alone.ports)
  return { ask: (command, args) => commands[command](args), close: alone.close }
}
