import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

const SECRET = `whsec_${Buffer.from('a key of these tests, long enough').toString('base64')}`
const told: { type: string; data: Record<string, unknown> }[] = []

let server: TestServer
let stripe: Stripe
let app: ReturnType<typeof Bun.serve>
let ann: string

beforeAll(async () => {
  app = Bun.serve({
    port: 0,
    async fetch(request) {
      told.push((await request.json()) as (typeof told)[number])
      return new Response()
    },
  })
  server = await startTestServer({ APP_WEBHOOK_URL: `http://127.0.0.1:${app.port}`, APP_WEBHOOK_SECRET: SECRET })
  const { hostname, port } = new URL(server.simulator)
  stripe = new Stripe('sk_test_dunning', { host: hostname, port, protocol: 'http', telemetry: false })
  ann = await tokenOf('ann')
})
afterAll(async () => {
  await server.stop()
  await app.stop(true)
})

const status = () => server.call('GET', '/payments/subscription-status', ann)
const access = async (good: (access: { reason: string; until: string | null }) => boolean) =>
  (await eventually(status, ({ access }) => good(access))).body.access
const advance = (duration: string) =>
  fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: duration }) })
/** Waits until the app has heard of it: time that jumps would make it old news. */
const heard = async (type: string) => {
  await eventually(status, () => told.at(-1)?.type === type)
  expect(told.at(-1)?.type).toBe(type)
}
const may = () => server.call('GET', '/payments/entitlements/check?service_type=voice_call', ann)

test('a renewal that fails leaves a grace from its first failure; another card pays at once', async () => {
  const body = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }
  const made = await server.call('POST', '/payments/create-subscription', ann, body)
  const id = made.body.subscription_id
  const { customer } = await stripe.subscriptions.retrieve(id)
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: String(customer) })
  await stripe.subscriptions.update(id, { default_payment_method: bad.id })

  await advance('32d')
  const first = await access(({ reason }) => reason === 'past_due')
  expect(first).toMatchObject({ allowed: true })
  expect(Date.parse(first.until) - Date.parse(first.since)).toBe(7 * 86_400_000)
  const [open] = (await stripe.invoices.list({ subscription: id, status: 'open' })).data
  await heard('subscription.payment_failed')
  expect(Date.parse(first.since)).toBe((open?.status_transitions.finalized_at ?? 0) * 1_000)

  await advance('3d')
  expect(await access(({ reason }) => reason === 'past_due')).toEqual(first)
  await advance('4d')
  const over = await access(({ reason }) => reason !== 'past_due')
  expect(over).toEqual({ allowed: false, reason: 'grace_period_ended', since: first.until, until: null })
  await heard('subscription.access_ended')
  expect((await may()).body).toMatchObject({ allowed: false, reason: 'grace_period_ended' })

  const declined = { payment_method_id: 'pm_card_chargeCustomerFail' }
  expect((await server.call('POST', '/payments/payment-method', ann, declined)).status).toBe(402)
  const paid = await server.call('POST', '/payments/payment-method', ann, { payment_method_id: 'pm_card_visa' })
  expect(paid).toMatchObject({ status: 200, body: { status: 'active', invoices: [{ status: 'paid' }] } })
  expect(await access(({ reason }) => reason === 'active')).toMatchObject({ allowed: true })
  expect((await may()).body).toMatchObject({ allowed: true })

  await heard('subscription.payment_recovered')
  expect(told).toHaveLength(3)
}, 120_000)
