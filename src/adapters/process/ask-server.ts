import { lstatSync } from 'node:fs'
import type { Socket } from 'bun'
import { BillingError, type ErrorCode, type FieldError } from '../../domain/errors.ts'
import { isSocketPath } from './command-path.ts'
import { type LineEnd, lineFrom, newLineEnd, sendLine, sendRest } from './line-socket.ts'

/** What the running server answered, or that none is running. */
export type ServerAnswer = { readonly answered: true; readonly result: unknown } | { readonly answered: false }

const TIME_LIMIT_MS = 60_000
const NOBODY_THERE: readonly unknown[] = ['ENOENT', 'ECONNREFUSED']

/**
 * Asks the server that holds a database, through its command socket. Throws the server's own refusal or sentence when the
 * command failed, and one of ours when the answer does not come.
 */
export async function askServer(
  path: string,
  command: string,
  args: unknown,
  timeLimitMs: number = TIME_LIMIT_MS,
): Promise<ServerAnswer> {
  if (!isSocketPath(path) || !isOurSocket(path)) return { answered: false }
  const reply = await exchange(path, JSON.stringify({ command, args }), timeLimitMs)
  return reply === null ? { answered: false } : { answered: true, result: resultOf(reply) }
}

/** In a folder that all may write, a stranger could wait under the name. Root may ask anybody's server. */
function isOurSocket(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false })
  const self = process.getuid?.() ?? 0
  return found?.isSocket() === true && (self === 0 || found.uid === self)
}

/** The reply's line, or null when nobody listens there. */
async function exchange(path: string, request: string, timeLimitMs: number): Promise<string | null> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const socket = await connect(path, resolve, reject)
  if (socket === null) return null
  const late = () =>
    reject(new Error(`The running server has not answered for ${timeLimitMs / 1000} seconds. Try again.`))
  const timer = setTimeout(late, timeLimitMs)
  try {
    sendLine(socket, request)
    return await promise
  } finally {
    clearTimeout(timer)
    socket.end()
  }
}

async function connect(
  path: string,
  resolve: (line: string) => void,
  reject: (error: Error) => void,
): Promise<Socket<LineEnd> | null> {
  const lost = () =>
    reject(new Error('The running server ended before it answered. Look whether it runs, and try again.'))
  try {
    return await Bun.connect<LineEnd>({
      unix: path,
      data: newLineEnd(),
      socket: {
        data(socket, bytes) {
          const line = lineFrom(socket.data, bytes)
          if (line !== null) resolve(line)
        },
        drain: sendRest,
        close: lost,
        error: (_, error) => reject(error),
        connectError: () => undefined,
      },
    })
  } catch (error) {
    if (error instanceof Error && 'code' in error && NOBODY_THERE.includes(error.code)) return null
    throw error
  }
}

interface Reply {
  readonly result?: unknown
  readonly error?: string
  /** Where it was refused. */
  readonly code?: ErrorCode
  readonly fields?: readonly FieldError[]
}

function resultOf(line: string): unknown {
  // The server is this program itself.
  const { result, error, code, fields }: Reply = JSON.parse(line)
  if (error !== undefined)
    throw code === undefined ? new Error(error) : new BillingError(code, error, { fields: fields ?? [] })
  return result
}
