import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stripe } from 'stripe'
import { signToken } from '../../src/adapters/http/sign-token.ts'
import { createLog } from '../../src/adapters/process/log.ts'
import { readConfig } from '../../src/config/config.ts'
import { type Running, start } from '../../src/start.ts'
import { until } from './until.ts'

export const TEST_JWT_SECRET = 'a-secret-for-tests-of-more-than-32-bytes'
export const TEST_WEBHOOK_SECRET = 'whsec_for_tests'

export interface TestServer {
  readonly url: string
  readonly simulator: string
  readonly folder: string
  /** Stops it and starts it again on the same data. */
  restart(): Promise<void>
  /** Until it is restarted. */
  stopForNow(): Promise<void>
  stop(): Promise<void>
  call(method: string, path: string, token?: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is looked at from outside, as any client would
  readonly body: any
}

/** The very program that production runs, in sandbox mode on free ports and a folder of its own. */
export async function startTestServer(variables: Record<string, string> = {}): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), 'speech-billing-'))
  let running = await startIn(folder, variables)
  let isStopped = false
  const stopOnce = async () => {
    if (!isStopped) await running.stop()
    isStopped = true
  }
  return {
    get url() {
      return running.url
    },
    get simulator() {
      return running.simulatorUrl ?? ''
    },
    folder,
    async restart() {
      await stopOnce()
      running = await startIn(folder, variables)
      isStopped = false
    },
    stopForNow: stopOnce,
    async stop() {
      await stopOnce()
      rmSync(folder, { recursive: true, force: true })
    },
    call: (method, path, token, body, headers = {}) => call(running.url + path, method, token, body, headers),
  }
}

async function startIn(folder: string, variables: Record<string, string>): Promise<Running> {
  const reading = readConfig({
    PORT: '0',
    SANDBOX_PORT: '0',
    DATABASE_URL: `file:${join(folder, 'billing.db')}`,
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_WEBHOOK_SECRET: TEST_WEBHOOK_SECRET,
    ...variables,
  })
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems))
  const running = await start(reading.config, createLog('error'))
  await running.problems
  return running
}

export function tokenOf(user: string, scope: string | null = null): Promise<string> {
  return signToken(TEST_JWT_SECRET, { user, scope, ttlSeconds: 3_600, issuer: null, audience: null }, Date.now())
}

async function call(
  url: string,
  method: string,
  token: string | undefined,
  body: unknown,
  headers: Record<string, string>,
) {
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

/** Waits until no event is undelivered at the simulator, but for those that were lost, and none waits in our inbox. */
export async function untilQuiet(
  server: TestServer,
  stripe: Stripe,
  lost: ReadonlySet<string> = new Set(),
): Promise<void> {
  const isQuiet = (detail: string) => detail.startsWith('All events are applied.')
  const detail = await until(async (): Promise<string> => {
    const undelivered = await stripe.events.list({ delivery_success: false, limit: lost.size === 0 ? 1 : 100 })
    if (undelivered.data.some(({ id }) => !lost.has(id))) return 'Events are on their way.'
    return (await server.call('GET', '/readyz')).body.checks.events.detail
  }, isQuiet)
  if (!isQuiet(detail)) throw new Error(`Even after a minute: ${detail}`)
}

/** Asks until the answer is good; returns the last one. */
export function eventually(ask: () => Promise<Answer>, good: (body: Answer['body']) => boolean): Promise<Answer> {
  return until(ask, ({ body }) => good(body))
}
