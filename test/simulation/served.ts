import { join } from 'node:path'
import { TEST_JWT_SECRET, TEST_WEBHOOK_SECRET } from '../support/server.ts'

/** The server, from the source unless SERVER="dist/speech-billing", as a process that may be killed. */
export async function serveIn(folder: string, more: Readonly<Record<string, string>> = {}) {
  const source = `${process.execPath} ${join(import.meta.dir, '../../src/main.ts')}`
  const command = (process.env.SERVER ?? source).split(' ')
  const child = Bun.spawn(command, { cwd: folder, stdout: 'pipe', stderr: 'ignore', env: environment(folder, more) })
  return { child, url: await addressOf(child.stdout) }
}

/** Where the server keeps its data. */
export function databaseIn(folder: string): string {
  return join(folder, 'billing.db')
}

/** No simulator: recording needs none, and a Stripe out of reach must not hold up a start. */
function environment(folder: string, more: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    PORT: '0',
    DATABASE_URL: `file:${databaseIn(folder)}`,
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_SECRET_KEY: 'sk_test_unreachable',
    STRIPE_WEBHOOK_SECRET: TEST_WEBHOOK_SECRET,
    STRIPE_API_BASE: 'http://127.0.0.1:9',
    LOG_LEVEL: 'error',
    ...more,
  }
}

async function addressOf(stdout: ReadableStream<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of stdout) {
    text += new TextDecoder().decode(chunk)
    const url = /API\s+(http:\/\/\S+)/.exec(text)?.[1]
    if (url !== undefined) return url
  }
  throw new Error(`The server ended before it listened: ${text}`)
}
