import { expect, test } from 'bun:test'
import { appWebhook } from '../../src/adapters/app-webhook/app-webhook.ts'

const NOW = Date.UTC(2026, 5, 10, 12)
/** The key, message and signature of the examples of Standard Webhooks' own libraries. */
const KNOWN = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  time: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

async function receiving(
  answer: (request: Request) => Response | Promise<Response>,
  act: (url: string) => Promise<unknown>,
) {
  const server = Bun.serve({ port: 0, fetch: answer })
  try {
    return await act(`http://127.0.0.1:${server.port}/events`)
  } finally {
    await server.stop(true)
  }
}

test('messages are signed as Standard Webhooks has it', async () => {
  let seen: { headers: Headers; body: string } | undefined
  const receive = async (request: Request) => {
    seen = { headers: request.headers, body: await request.text() }
    return new Response(null, { status: 204 })
  }
  const post = (url: string) =>
    appWebhook({ url, secret: KNOWN.secret }, () => KNOWN.time * 1_000 + 999).post(KNOWN.id, KNOWN.body)
  expect(await receiving(receive, post)).toEqual({ type: 'taken' })
  expect(seen?.body).toBe(KNOWN.body)
  expect(Object.fromEntries(seen?.headers ?? [])).toMatchObject({
    'content-type': 'application/json',
    'webhook-id': KNOWN.id,
    'webhook-timestamp': String(KNOWN.time),
    'webhook-signature': KNOWN.signature,
  })
})

test('anything but 2xx is no yes, a redirect least of all', async () => {
  const post = (url: string) => appWebhook({ url, secret: KNOWN.secret }, () => NOW).post('a', '{}')
  for (const status of [301, 302, 307, 400, 410, 429, 500, 503]) {
    let asked = 0
    const answer = () => {
      asked += 1
      return new Response('x'.repeat(100_000), { status, headers: { location: '/elsewhere' } })
    }
    expect(await receiving(answer, post)).toEqual({ type: 'refused', reason: `The app answered ${status}.` })
    expect(asked).toBe(1)
  }
})

test('an app that cannot be reached is tried again', async () => {
  const outcome = await appWebhook({ url: 'http://127.0.0.1:9/', secret: KNOWN.secret }, () => NOW).post('a', '{}')
  expect(outcome.type).toBe('refused')
})
