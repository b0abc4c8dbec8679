import { signToken } from '../../../src/adapters/http/sign-token.ts'
import { subscriptionEvent } from './events.ts'
import { type Job, type Tokens, userName } from './workload.ts'

/** The next request's bytes: good until the next call, which may write over them. */
export type NextRequest = () => Uint8Array

/** Stands in a prepared request wherever a fresh identity is written before it is sent. */
const IDENTITY = '00000000-0000-7000-8000-000000000000'
const HOUR_SECONDS = 3_600

interface Prepared {
  readonly bytes: Buffer
  readonly identityOffsets: readonly number[]
}

/** Prepares every request that will be sent, so that sending costs little more than the system call. */
export async function prepareRequests(job: Job): Promise<NextRequest> {
  if (job.workload.kind === 'webhook') return signedEvents(job.workload.secret, job.workload.events)
  const users =
    job.onlyUser === null ? Array.from({ length: job.users }, (_, index) => userName(index)) : [job.onlyUser]
  const tokens = await tokensFor(users, job.tokens, job.jwtSecret)
  const prepared = users.map((user, index) => prepare(requestText(job, users, user, tokens[index] ?? tokens[0] ?? '')))
  let turn = 0
  return () => {
    const { bytes, identityOffsets } = prepared[turn % prepared.length] ?? {
      bytes: Buffer.alloc(0),
      identityOffsets: [],
    }
    turn += 7
    for (const offset of identityOffsets) bytes.write(Bun.randomUUIDv7(), offset, 'latin1')
    return bytes
  }
}

async function tokensFor(users: readonly string[], tokens: Tokens, secret: string): Promise<readonly string[]> {
  const sign = (user: string) => {
    const scope = tokens.scope === '' ? null : tokens.scope
    return signToken(secret, { user, scope, ttlSeconds: HOUR_SECONDS, issuer: null, audience: null }, Date.now())
  }
  return tokens.of === 'users' ? Promise.all(users.map(sign)) : [await sign('speech-app')]
}

function requestText({ workload, users }: Job, everybody: readonly string[], user: string, token: string): string {
  if (workload.kind === 'get') return head('GET', workload.path.replace('{user}', user), token)
  if (workload.kind === 'record') return post('/payments/record-usage', token, JSON.stringify(usageOf(user)))
  if (workload.kind === 'form') return form(workload)
  if (workload.kind === 'webhook') throw new Error('Events are signed one by one.')
  const first = everybody.indexOf(user)
  const records = Array.from({ length: workload.recordsPerRequest }, (_, index) =>
    usageOf(everybody[(first + index) % users] ?? user),
  )
  return post('/payments/record-usage/batch', token, JSON.stringify({ records }))
}

function usageOf(user: string): object {
  return { service_type: 'voice_call', usage_amount: 90, usage_unit: 'seconds', event_id: IDENTITY, user_id: user }
}

function post(path: string, token: string, body: string): string {
  return `${head('POST', path, token, `content-type: application/json\r\ncontent-length: ${body.length}\r\n`)}${body}`
}

function form({ path, key, body }: Extract<Job['workload'], { kind: 'form' }>): string {
  const type = 'content-type: application/x-www-form-urlencoded'
  return `${head('POST', path, key, `${type}\r\ncontent-length: ${body.length}\r\n`)}${body}`
}

function head(method: string, path: string, token: string, more = ''): string {
  return `${method} ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n${more}\r\n`
}

function prepare(text: string): Prepared {
  const identityOffsets: number[] = []
  for (let at = text.indexOf(IDENTITY); at >= 0; at = text.indexOf(IDENTITY, at + 1)) identityOffsets.push(at)
  return { bytes: Buffer.from(text, 'latin1'), identityOffsets }
}

/** Events of about the size that Stripe sends, each with its own id and signature. When all are sent, they come again. */
function signedEvents(secret: string, count: number): NextRequest {
  const time = Math.floor(Date.now() / 1_000)
  const events = Array.from({ length: count }, (_, index) => {
    const body = JSON.stringify(subscriptionEvent(`evt_${Bun.randomUUIDv7().replaceAll('-', '')}`, index, time))
    const signature = new Bun.CryptoHasher('sha256', secret).update(`${time}.${body}`).digest('hex')
    const headers = `content-type: application/json\r\nstripe-signature: t=${time},v1=${signature}\r\n`
    return Buffer.from(
      `POST /payments/stripe-webhook HTTP/1.1\r\nhost: localhost\r\n${headers}content-length: ${body.length}\r\n\r\n${body}`,
      'latin1',
    )
  })
  let turn = -1
  return () => {
    turn = (turn + 1) % events.length
    return events[turn] ?? Buffer.alloc(0)
  }
}
