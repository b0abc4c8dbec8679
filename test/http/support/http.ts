import { SignJWT } from 'jose'
import { createApp, type HttpOptions } from '../../../src/adapters/http/app.ts'
import type { RequestEntry } from '../../../src/adapters/http/request-log.ts'
import { type Billing, createBilling } from '../../../src/billing.ts'
import { BillingError } from '../../../src/domain/errors.ts'
import type { StripeEvent } from '../../../src/domain/webhook-event.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../../support/memory-ports.ts'
import { SELLING_CATALOGUE } from '../../support/selling-catalogue.ts'

export const SECRET = 'a secret of the tests, 32 bytes or more'
const NOW = TEST_START / 1_000

type Body = { readonly [name: string]: unknown }

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, when it is a JSON object. */
  readonly body: Body
}

interface Sending {
  readonly token?: string | undefined
  /** A value to send as JSON, or a text or bytes to send as they are. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export interface Http {
  readonly app: ReturnType<typeof createApp>
  readonly ports: MemoryPorts
  readonly lines: RequestEntry[]
  readonly failures: unknown[]
  /** What the operator alone is told of refusals. */
  readonly refusals: string[]
  readonly events: { stored: number }
  send(method: string, path: string, sending?: Sending): Promise<Answer>
  get(path: string, token?: string): Promise<Answer>
  post(path: string, token: string | undefined, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

interface Overrides extends Partial<Omit<HttpOptions, 'billing'>> {
  readonly billing?: Partial<Billing>
}

/** The whole interface over everything in memory, with a clock that stands still. */
export function startHttp(overrides: Overrides = {}): Http {
  const ports = memoryPorts(SELLING_CATALOGUE)
  const lines: RequestEntry[] = []
  const failures: unknown[] = []
  const refusals: string[] = []
  const events = { stored: 0 }
  const { billing, ...rest } = overrides
  const app = createApp({
    billing: { ...createBilling(ports), ...billing },
    jwt: { kind: 'secret', secret: SECRET, issuer: null, audience: null },
    verifyWebhook,
    onEventStored: () => {
      events.stored += 1
    },
    publishableKey: 'pk_test_1',
    publicPlans: false,
    corsOrigins: [],
    publicUrl: () => 'https://billing.example',
    readiness: async () => ({ status: 'ready', checks: {} }),
    newRequestId: () => ports.newId('request'),
    wall: ports.clock.wall,
    version: '0.1.0',
    isProduction: false,
    log: {
      request: (entry) => lines.push(entry),
      failure: (_, error) => failures.push(error),
      refusal: (_, reason) => refusals.push(reason),
    },
    ...rest,
  })
  const send = async (method: string, path: string, sending: Sending = {}) =>
    answerOf(await app.handle(asRequest(method, path, sending)))
  return {
    app,
    ports,
    lines,
    failures,
    refusals,
    events,
    send,
    get: (path, token) => send('GET', path, { token }),
    post: (path, token, body, headers = {}) => send('POST', path, { token, body, headers }),
  }
}

/** Events are their own proof here: signed `good`, and naming themselves. */
async function verifyWebhook(body: Uint8Array, signature: string | null): Promise<StripeEvent> {
  if (signature !== 'good') throw new BillingError('invalid_signature', 'The signature does not fit the body.')
  const id = new TextDecoder().decode(body)
  if (!id.startsWith('evt_')) throw new BillingError('invalid_event', 'The body is not an event.')
  return {
    id,
    type: 'customer.subscription.updated',
    objectType: 'subscription',
    objectId: 'sub_1',
    customerId: null,
    paymentIntentId: null,
    livemode: false,
    account: null,
    apiVersion: null,
    createdAt: TEST_START,
  }
}

function asRequest(method: string, path: string, { token, body, headers = {} }: Sending): Request {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array || body instanceof ReadableStream
  return new Request(`http://localhost${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isRaw ? body : JSON.stringify(body) }),
  })
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = /^application\/(problem\+)?json/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: isJson && text !== '' ? JSON.parse(text) : {},
  }
}

export interface Claims {
  readonly [name: string]: unknown
}

/** A token as the app makes it: an hour of a user's own unless said otherwise. An undefined claim is left out. */
export function tokenOf(
  claims: Claims = {},
  header: { alg: string } = { alg: 'HS256' },
  key: string = SECRET,
): Promise<string> {
  const all = Object.entries({ sub: 'ann', exp: NOW + 3_600, ...claims }).filter(([, value]) => value !== undefined)
  return new SignJWT(Object.fromEntries(all)).setProtectedHeader(header).sign(new TextEncoder().encode(key))
}

/** A token put together by hand, for what no library would sign. */
export function forgedToken(header: object, claims: object, signature = ''): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}

export const seconds = (fromNow: number) => NOW + fromNow

/** The code of a problem, after checking that it is one in every respect. */
export function problemCode({ status, headers, body }: Answer): string {
  const isProblem =
    headers.get('content-type') === 'application/problem+json' &&
    body.status === status &&
    body.request_id === headers.get('x-request-id') &&
    body.type === `urn:speech-billing:problem:${body.code}` &&
    typeof body.title === 'string' &&
    typeof body.detail === 'string'
  return isProblem ? `${status} ${body.code}` : `not a problem: ${status} ${JSON.stringify(body)}`
}

/** What came of a request: its status if it was granted, else the problem. */
export function outcome(answer: Answer): string {
  return answer.status < 300 ? String(answer.status) : problemCode(answer)
}

/** The paths that a problem complains about. */
export function complaints({ body }: Answer): readonly string[] {
  return Array.isArray(body.errors) ? body.errors.map(({ path }) => path) : []
}
