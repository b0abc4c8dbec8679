import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

let server: TestServer
let stripe: Stripe

beforeAll(async () => {
  server = await startTestServer()
  const { hostname, port } = new URL(server.simulator)
  stripe = new Stripe('sk_test_dashboard', { host: hostname, port, protocol: 'http', telemetry: false })
})
afterAll(() => server.stop())

const PRO = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }
const status = (token: string) => server.call('GET', '/payments/subscription-status', token)

async function subscribed(user: string): Promise<{ token: string; id: string; customer: string }> {
  const token = await tokenOf(user)
  const made = await server.call('POST', '/payments/create-subscription', token, PRO)
  const { customer } = await stripe.subscriptions.retrieve(made.body.subscription_id)
  return { token, id: made.body.subscription_id, customer: String(customer) }
}

test('a customer that somebody deletes is replaced by the next wish, and the history stays', async () => {
  const { token, customer } = await subscribed('ann')
  const history = () => server.call('GET', '/payments/billing-history', token)
  await eventually(history, ({ payments }) => payments.length === 1)
  await stripe.customers.del(customer)
  const paid = await server.call('POST', '/payments/create-payment-intent', token, {
    amount: 500,
    payment_method_id: 'pm_card_visa',
  })
  expect(paid).toMatchObject({ status: 201, body: { status: 'succeeded' } })
  const told = await eventually(
    () => status(token),
    (body) => body.status === 'canceled',
  )
  expect(told.body).toMatchObject({ has_subscription: false, status: 'canceled', access: { reason: 'canceled' } })
  expect((await server.call('POST', '/payments/create-subscription', token, PRO)).status).toBe(201)
  expect((await status(token)).body).toMatchObject({ has_subscription: true, status: 'active' })
  const { body } = await eventually(history, ({ payments }) => payments.length === 3)
  expect(body.payments).toHaveLength(3)
})

test('a subscription that somebody edits by hand says what is odd about it', async () => {
  const { token, id } = await subscribed('bob')
  const { data } = (await stripe.subscriptions.retrieve(id)).items
  const note = (good: (note: string | null) => boolean) =>
    eventually(
      () => status(token),
      ({ plan_note }) => good(plan_note),
    ).then(({ body }) => body.plan_note)
  expect(await note((text) => text === null)).toBeNull()

  await stripe.subscriptions.update(id, { items: [{ id: data[0]?.id ?? '', quantity: 2 }] })
  expect(await note((text) => text !== null)).toContain('2 times')
  await stripe.subscriptions.update(id, { items: [{ id: data[0]?.id ?? '', quantity: 1 }] })
  expect(await note((text) => text === null)).toBeNull()

  const [basic] = (await stripe.prices.list({ lookup_keys: ['basic_monthly'] })).data
  await stripe.subscriptionItems.create({ subscription: id, price: basic?.id ?? '' })
  expect(await note((text) => text !== null)).toContain('by hand')
})
