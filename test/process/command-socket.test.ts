import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { askServer } from '../../src/adapters/process/ask-server.ts'
import { commandSocketPath } from '../../src/adapters/process/command-path.ts'
import { type CommandHandlers, serveCommands } from '../../src/adapters/process/command-socket.ts'
import { BillingError, invalidField } from '../../src/domain/errors.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'socket-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const handlers: CommandHandlers = {
  echo: async (args) => args,
  nothing: async () => undefined,
  fail: async () => {
    throw new Error('There is no event evt_1. List them with "webhooks list".')
  },
  refuse: async () => {
    throw invalidField('/cursor', 'is none')
  },
  unspeakable: async () => 1n,
  never: () => new Promise(() => undefined),
}

async function serving<R>(name: string, work: (path: string) => Promise<R>): Promise<R> {
  const path = commandSocketPath(join(folder, name))
  const server = await serveCommands(path, handlers)
  try {
    return await work(path)
  } finally {
    server.stop()
  }
}

test('a command and its answer make the round trip', async () => {
  const args = { list: [1, 'zwei', null], nested: { line: 'a\nb', smile: '🙂' } }
  await serving('echo.db', async (path) => {
    expect(await askServer(path, 'echo', args)).toEqual({ answered: true, result: args })
    expect(await askServer(path, 'nothing', null)).toEqual({ answered: true, result: null })
  })
})

test('answers larger than any buffer arrive whole, and many may ask at once', async () => {
  const text = '🙂ä'.repeat(100_000)
  await serving('large.db', async (path) => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => askServer(path, 'echo', [index, text])))
    for (const [index, answer] of answers.entries()) expect(answer).toEqual({ answered: true, result: [index, text] })
  })
})

test('a failing command answers with its sentence', async () => {
  await serving('fail.db', async (path) => {
    expect(askServer(path, 'fail', {})).rejects.toThrow('There is no event evt_1. List them with "webhooks list".')
    expect(askServer(path, 'unspeakable', {})).rejects.toThrow('BigInt')
    expect(askServer(path, 'toString', {})).rejects.toThrow('does not know this command')
    await askServer(path, 'echo', {})
  })
})

test('a refusal arrives as one, with what it says of each field', async () => {
  await serving('refuse.db', async (path) => {
    const refusal = await askServer(path, 'refuse', null).catch((error) => error)
    expect(refusal).toBeInstanceOf(BillingError)
    expect(refusal).toMatchObject({ code: 'validation_failed', fields: [{ path: '/cursor', message: 'is none' }] })
  })
})

test('the socket is for its owner alone', async () => {
  await serving('mode.db', async (path) => {
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

test('where no server is, nothing is answered', async () => {
  const path = join(folder, 'nobody.sock')
  expect(await askServer(path, 'echo', {})).toEqual({ answered: false })
  writeFileSync(path, '')
  expect(await askServer(path, 'echo', {})).toEqual({ answered: false })
})

test('a socket file that a killed server left is nobody, and is replaced', async () => {
  const path = commandSocketPath(join(folder, 'stale.db'))
  const script = `await Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, 'SIGKILL')`
  await Bun.spawn([process.execPath, '-e', script], { stderr: 'ignore' }).exited
  expect(existsSync(path)).toBe(true)
  expect(await askServer(path, 'echo', {})).toEqual({ answered: false })
  await serving('stale.db', async () => expect(await askServer(path, 'echo', 1)).toEqual({ answered: true, result: 1 }))
  expect(existsSync(path)).toBe(false)
})

test('a socket that answers, and a file that is none, are left alone', async () => {
  await serving('taken.db', async (path) => {
    expect(serveCommands(path, handlers)).rejects.toThrow('Another server takes commands')
    expect(await askServer(path, 'echo', 1)).toEqual({ answered: true, result: 1 })
  })
  const file = join(folder, 'file.sock')
  writeFileSync(file, 'precious')
  expect(serveCommands(file, handlers)).rejects.toThrow('it is no socket')
})

test('an answer that does not come in time is given up', async () => {
  await serving('never.db', async (path) => {
    await expect(askServer(path, 'never', {}, 50)).rejects.toThrow('has not answered for 0.05 seconds')
  })
})

test('a server that ends before it answers is told apart from one that is not there', async () => {
  const path = commandSocketPath(join(folder, 'ends.db'))
  const asked = Promise.withResolvers<void>()
  const never = () => {
    asked.resolve()
    return new Promise(() => undefined)
  }
  const server = await serveCommands(path, { never })
  const answer = askServer(path, 'never', {})
  await asked.promise
  server.stop()
  await expect(answer).rejects.toThrow('ended before it answered')
})

/** What comes back for raw bytes, until the server ends the connection or has answered. */
async function sendRaw(path: string, text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let unsent = new TextEncoder().encode(text)
  const send = (socket: Bun.Socket) => {
    unsent = unsent.subarray(Math.max(socket.write(unsent), 0))
  }
  const socket = await Bun.connect({
    unix: path,
    socket: { open: send, drain: send, data: (_, bytes) => resolve(String(bytes)), close: () => resolve('closed') },
  })
  const answer = await promise
  socket.end()
  return answer
}

test('who sends no JSON, or no end of it, is answered or cut off, and the server goes on', async () => {
  await serving('junk.db', async (path) => {
    expect(await sendRaw(path, 'hello\n')).toContain('JSON')
    expect(await sendRaw(path, 'null\n')).toContain('error')
    expect(await sendRaw(path, 'x'.repeat(3_000_000))).toBe('closed')
    expect(await askServer(path, 'echo', 1)).toEqual({ answered: true, result: 1 })
  })
})

test('a connection has one command carried out, however many lines it sends', async () => {
  const path = commandSocketPath(join(folder, 'twice.db'))
  let count = 0
  const server = await serveCommands(path, { count: async () => ++count })
  await sendRaw(path, '{"command":"count"}\n{"command":"count"}\n')
  await Bun.sleep(10)
  server.stop()
  expect(count).toBe(1)
})

test('a path too long for a socket becomes a short one that every process computes alike', async () => {
  const databaseFile = join(folder, 'x'.repeat(90), 'billing.db')
  const path = commandSocketPath(databaseFile)
  expect(existsSync(join(folder, 'x'.repeat(90)))).toBe(false)
  expect(path).toBe(commandSocketPath(databaseFile))
  expect(path).not.toBe(commandSocketPath(join(folder, 'y'.repeat(90), 'billing.db')))
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(103)
  const server = await serveCommands(path, handlers)
  expect(await askServer(path, 'echo', 1)).toEqual({ answered: true, result: 1 })
  server.stop()
  expect(serveCommands(join(folder, 'x'.repeat(90)), handlers)).rejects.toThrow('too long for a Unix socket')
})
