import { lstatSync, rmSync } from 'node:fs'
import type { Socket, UnixSocketListener } from 'bun'
import { BillingError, operatorReason } from '../../domain/errors.ts'
import { isSocketPath } from './command-path.ts'
import { type LineEnd, lineFrom, newLineEnd, sendLine, sendRest } from './line-socket.ts'

type CommandHandler = (args: unknown) => Promise<unknown>
export type CommandHandlers = Readonly<Record<string, CommandHandler>>

export interface CommandServer {
  stop(): void
}

const GREATEST_REQUEST_CHARACTERS = 1_000_000
/** How long a connection may take to say what it wants. */
const REQUEST_SECONDS = 10
/** Only the owner may connect: whoever can is an operator. */
const OWNER_ONLY_MASK = 0o177

/**
 * Takes the commands of other processes of the same owner on a Unix socket: one request and one reply in JSON a
 * connection. A socket file that a killed server left behind is replaced; one that answers is not.
 */
export async function serveCommands(path: string, handlers: CommandHandlers): Promise<CommandServer> {
  if (!isSocketPath(path)) throw new Error(`The path ${path} is too long for a Unix socket.`)
  await clearStale(path)
  const server = listen(path, handlers)
  return {
    stop() {
      server.stop(true)
      rmSync(path, { force: true })
    },
  }
}

/** The mask holds from the first moment, where a later chmod would leave the socket open for a blink. */
function listen(path: string, handlers: CommandHandlers): UnixSocketListener<LineEnd> {
  const mask = process.umask(OWNER_ONLY_MASK)
  try {
    return Bun.listen<LineEnd>({
      unix: path,
      socket: {
        open(socket) {
          socket.data = newLineEnd()
          socket.timeout(REQUEST_SECONDS)
        },
        data: (socket, bytes) => take(socket, bytes, handlers),
        drain: sendRest,
        timeout: (socket) => void socket.end(),
        error: (socket) => void socket.end(),
      },
    })
  } finally {
    process.umask(mask)
  }
}

async function take(socket: Socket<LineEnd>, bytes: Uint8Array, handlers: CommandHandlers): Promise<void> {
  const line = lineFrom(socket.data, bytes)
  if (socket.data.receivedCharacters > GREATEST_REQUEST_CHARACTERS) return void socket.end()
  if (line === null) return
  socket.timeout(0)
  sendLine(socket, await replyTo(line, handlers))
}

/**
 * `{"result":…}` or `{"error":"…"}`, with code and fields of a refusal. Whatever goes wrong in a command, or in telling its result, is its answer: the one
 * who asked is an operator and may read it.
 */
async function replyTo(line: string, handlers: CommandHandlers): Promise<string> {
  try {
    const request: { command: string; args?: unknown } = JSON.parse(line)
    const handler = Object.hasOwn(handlers, request.command) ? handlers[request.command] : undefined
    if (handler === undefined)
      throw new Error('The running server does not know this command: it is of another version.')
    return JSON.stringify({ result: (await handler(request.args)) ?? null })
  } catch (error) {
    const refusal = error instanceof BillingError ? { code: error.code, fields: error.fields } : {}
    return JSON.stringify({ error: operatorReason(error), ...refusal })
  }
}

async function clearStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw new Error(`${path} is where commands are taken, but it is no socket. Move it away.`)
  if (await answers(path)) throw new Error(`Another server takes commands at ${path}. Stop that one first.`)
  rmSync(path, { force: true })
}

async function answers(path: string): Promise<boolean> {
  try {
    const socket = await Bun.connect({ unix: path, socket: { data: () => undefined } })
    socket.end()
    return true
  } catch {
    return false
  }
}
