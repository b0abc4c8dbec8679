import type { InboxDesk } from '../adapters/cli/program.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { openBooksAlone } from '../composition/books.ts'
import { deskOf, deskOfServer } from '../composition/inbox-desk.ts'
import { configuration } from './configuration.ts'

/** The inbox of the running server, or of the books themselves when none runs. */
export async function openInbox(): Promise<InboxDesk> {
  const config = configuration()
  const running = await deskOfServer(commandSocketPath(config.databaseFile))
  if (running !== null) return running
  const { ports, close } = openBooksAlone(config)
  return deskOf(ports, close)
}
