import type { ImportOutcome, UsageRecorder } from '../adapters/cli/program.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { openBooksAlone } from '../composition/books.ts'
import { IMPORT_COMMAND } from '../composition/server-commands.ts'
import { importUsage } from '../usecases/import-usage.ts'
import { configuration } from './configuration.ts'

/** The running server records, or this process takes its place until it is done. */
export async function openUsage(): Promise<UsageRecorder> {
  const config = configuration()
  const socket = commandSocketPath(config.databaseFile)
  if ((await askServer(socket, 'health', null)).answered) return recorderOfServer(socket)
  const { ports, close } = openBooksAlone(config)
  return { record: (batch) => importUsage(ports, batch), close }
}

function recorderOfServer(socket: string): UsageRecorder {
  return {
    async record(batch) {
      const answer = await askServer(socket, IMPORT_COMMAND, batch)
      if (!answer.answered) throw new Error('The running server has ended. The same command goes on where it stopped.')
      // The server is this program itself.
      return answer.result as readonly ImportOutcome[]
    },
    async close() {},
  }
}
