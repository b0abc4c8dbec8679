import { configurationRefusal } from '../adapters/cli/program.ts'
import { askServer } from '../adapters/process/ask-server.ts'
import { commandSocketPath } from '../adapters/process/command-path.ts'
import { createLog } from '../adapters/process/log.ts'
import { openBooksWithStripe } from '../composition/books.ts'
import { stripeCommands } from '../composition/stripe-commands.ts'
import { configuration } from './configuration.ts'

interface Commands {
  ask(command: keyof ReturnType<typeof stripeCommands>, args: unknown): Promise<unknown>
  close(): Promise<void>
}

/** The running server, or this process in its place until it is done. */
export async function openStripeCommands(): Promise<Commands> {
  const config = configuration()
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
  const commands = stripeCommands(alone.ports)
  return { ask: (command, args) => commands[command](args), close: alone.close }
}
