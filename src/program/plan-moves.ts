import type { Program } from '../adapters/cli/program.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { MOVE_COMMAND, type MoveWish } from '../composition/server-commands.ts'
import { configuration } from './configuration.ts'

/** Customers are served meanwhile, so it is the server that does it. Throws in words where none runs. */
export async function movePlans({ from, to, when, dryRun, cursor }: Parameters<Program['movePlans']>[0]) {
  const wish: MoveWish = { fromPriceId: from, to, when, isPreview: dryRun, cursor }
  const answer = await askServer(commandSocketPath(configuration().databaseFile), MOVE_COMMAND, wish)
  if (!answer.answered) throw new Error('No server runs on this database. Start it, and run this again.')
  // The server is this program itself.
  return answer.result as Awaited<ReturnType<Program['movePlans']>>
}
