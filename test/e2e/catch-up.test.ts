import { afterEach, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { setUpCatalogue } from '../../src/adapters/stripe/setup.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startTestServer, TEST_WEBHOOK_SECRET, type TestServer, tokenOf } from '../support/server.ts'
import { sortedEntries, stripeTruth } from '../support/stripe-truth.ts'

const MINUTE_MS = 60_000

let sandbox: Sandbox
let server: TestServer
let stripe: Stripe

afterEach(async () => {
  await server.stop()
  await sandbox.stop()
})

/** Stripe lives on while the server is off, and nothing that it posts arrives: the old address is nobody's. */
async function startBeside(): Promise<void> {
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
  const { hostname, port } = new URL(sandbox.url)
  stripe = new Stripe('sk_test_catch_up', { host: hostname, port, protocol: 'http', telemetry: false })
  await setUpCatalogue(stripe, BUILT_IN_PLANS)
  server = await startTestServer({
    STRIPE_SECRET_KEY: 'sk_test_catch_up',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_catch_up',
    STRIPE_API_BASE: sandbox.url,
  })
  sandbox.connectWebhook(`${server.url}/payments/stripe-webhook`, TEST_WEBHOOK_SECRET)
}

async function subscribed(user: string): Promise<string> {
  const bought = await server.call('POST', '/payments/create-subscription', await tokenOf(user), {
    plan_name: 'pro_monthly',
    payment_method_id: 'pm_card_visa',
  })
  expect(bought.status).toBe(201)
  return String((await stripe.subscriptions.retrieve(bought.body.subscription_id)).customer)
}

async function pass(days: number): Promise<void> {
  const moved = await fetch(`${sandbox.url}/_sim/clock`, {
    method: 'POST',
    body: new URLSearchParams({ advance: `${days}d` }),
  })
  expect(moved.status).toBe(200)
}

async function untilRight(user: string, customer: string): Promise<number> {
  const begun = performance.now()
  const truth = await stripeTruth(stripe, customer)
  const token = await tokenOf(user)
  for (;;) {
    const { body: told } = await server.call('GET', '/payments/subscription-status', token)
    const { body: charged } = await server.call('GET', '/payments/billing-history?limit=100', token)
    const isRight =
      Bun.deepMatch({ ...truth.status }, told) && Bun.deepEquals(sortedEntries(charged.payments), [...truth.history])
    if (isRight) return performance.now() - begun
    if (performance.now() - begun > MINUTE_MS) expect({ ...told, charged }).toEqual(truth)
    await Bun.sleep(100)
  }
}

test('off for four days in which no delivery succeeds, the server is right again by itself', async () => {
  await startBeside()
  const [ann, bob] = [await subscribed('ann'), await subscribed('bob')]
  await pass(28)
  await Promise.all([untilRight('ann', ann), untilRight('bob', bob)])
  await server.stopForNow()

  await pass(4)
  const { data } = await stripe.subscriptions.list({ customer: bob })
  await stripe.subscriptions.update(data[0]?.id ?? '', { cancel_at_period_end: true })
  await stripe.paymentIntents.create({
    amount: 700,
    currency: 'usd',
    customer: ann,
    payment_method: 'pm_card_visa',
    confirm: true,
  })
  await server.restart()
  expect(await untilRight('ann', ann)).toBeLessThan(MINUTE_MS)
  expect(await untilRight('bob', bob)).toBeLessThan(MINUTE_MS)
}, 90_000)
