import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { eventually, startTestServer, TEST_JWT_SECRET, type TestServer, tokenOf } from '../support/server.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const told: { readonly headers: Headers; readonly body: string }[] = []
let app: Bun.Server<undefined>
let server: TestServer

beforeAll(async () => {
  app = Bun.serve({
    port: 0,
    async fetch(request) {
      told.push({ headers: request.headers, body: await request.text() })
      return new Response(null, { status: 204 })
    },
  })
  server = await startTestServer({ APP_WEBHOOK_URL: `${app.url}events`, APP_WEBHOOK_SECRET: SECRET })
})
afterAll(async () => {
  await server.stop()
  await app.stop(true)
})

/** The command as an operator runs it, in a process of its own. */
async function importFile(file: string, content: string) {
  await Bun.write(file, content)
  const child = Bun.spawn([process.execPath, 'src/main.ts', 'usage', 'import', file, '--json'], {
    cwd: join(import.meta.dir, '../..'),
    env: { ...process.env, DATABASE_URL: `file:${join(server.folder, 'billing.db')}`, JWT_SECRET: TEST_JWT_SECRET },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, complaints] = await Promise.all([child.stdout.text(), child.stderr.text()])
  expect(complaints).toBe('')
  const { recorded, known, refused } = JSON.parse(out)
  return { code: await child.exited, recorded, known, refused }
}

const LINES = `user_id,service_type,usage_amount,usage_unit,event_id
ann,sms,1,messages,SM1
ann,sms,1,messages,SM2
ann,fax,1,pages,SM3
`

test('a file is imported by the running server, and by the command itself when none runs', async () => {
  const file = join(server.folder, 'usage.csv')
  expect(await importFile(file, LINES)).toEqual({ code: 1, recorded: 2, known: 0, refused: 1 })
  const ann = await tokenOf('ann')
  expect((await server.call('GET', '/payments/usage-records', ann)).body.usage_records).toHaveLength(2)
  await server.stopForNow()
  expect(await importFile(file, `${LINES}ann,sms,1,messages,SM4\n`)).toEqual({
    code: 1,
    recorded: 1,
    known: 2,
    refused: 1,
  })
  await server.restart()
  expect((await server.call('GET', '/payments/usage-records', ann)).body.usage_records).toHaveLength(3)
}, 120_000)

test('the app is told of an allowance that is used up, signed for it alone', async () => {
  const eve = await tokenOf('eve', 'usage:write')
  await server.call('POST', '/payments/create-subscription', eve, {
    plan_name: 'basic_monthly',
    payment_method_id: 'pm_card_visa',
  })
  const use = { service_type: 'voice_call', usage_amount: 120, usage_unit: 'minutes', resource_id: 'CA1' }
  await server.call('POST', '/payments/record-usage', eve, use)
  await eventually(
    async () => ({ status: 200, headers: new Headers(), body: told }),
    () => told.length === 2,
  )
  const [message] = told.toSorted((one, other) => (one.body < other.body ? -1 : 1))
  expect(told.map(({ body }) => JSON.parse(body).data.threshold).sort()).toEqual([100, 80])
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    type: 'usage.threshold_reached',
    data: { user_id: 'eve', service_type: 'voice_call', used: 120, included: 100, unit: 'minutes' },
  })
  const header = (name: string) => message?.headers.get(name) ?? ''
  const signed = `${header('webhook-id')}.${header('webhook-timestamp')}.${message?.body}`
  const signature = new Bun.CryptoHasher('sha256', Buffer.alloc(32, 7)).update(signed).digest('base64')
  expect(header('webhook-signature')).toBe(`v1,${signature}`)
})
