import { afterEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Stripe } from 'stripe'
import { setUpCatalogue } from '../../src/adapters/stripe/setup.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { startTestServer, TEST_JWT_SECRET, TEST_WEBHOOK_SECRET, type TestServer, tokenOf } from '../support/server.ts'
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
  server = await startTestServer(variables())
  sandbox.connectWebhook(`${server.url}/payments/stripe-webhook`, TEST_WEBHOOK_SECRET)
}

function variables(): Record<string, string> {
  return {
    STRIPE_SECRET_KEY: 'sk_test_catch_up',
    STRIPE_PUBLISHABLE_KEY: 'pk_test_catch_up',
    STRIPE_WEBHOOK_SECRET: TEST_WEBHOOK_SECRET,
    STRIPE_API_BASE: sandbox.url,
    JWT_SECRET: TEST_JWT_SECRET,
  }
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
}, 120_000)

/** The command as an operator runs it, in a process of its own. */
async function run(...words: readonly string[]) {
  const child = Bun.spawn([process.execPath, 'src/main.ts', ...words, '--json'], {
    cwd: join(import.meta.dir, '../..'),
    env: { ...process.env, ...variables(), DATABASE_URL: `file:${join(server.folder, 'billing.db')}` },
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, complaints] = await Promise.all([child.stdout.text(), child.stderr.text()])
  return { code: await child.exited, complaints, said: out === '' ? null : JSON.parse(out) }
}

test('customers of another program are adopted, and compared beside the server and without it', async () => {
  await startBeside()
  const card = 'pm_card_visa'
  const old = await stripe.customers.create({
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  })
  const { data } = await stripe.prices.list({ lookup_keys: ['basic_monthly'] })
  await stripe.subscriptions.create({ customer: old.id, items: [{ price: data[0]?.id ?? '' }] })
  const file = join(server.folder, 'customers.csv')
  await Bun.write(file, `user_id,customer_id\nann,${old.id}\n`)

  expect(await run('stripe', 'adopt', file)).toMatchObject({ code: 0, said: { adopted: 1, subscriptions: 1 } })
  await untilRight('ann', old.id)
  expect(await run('reconcile')).toMatchObject({ code: 0, said: { total: 0, compared: { customers: 1 } } })

  await server.stopForNow()
  await stripe.customers.update(old.id, { metadata: { user_id: 'eve' } })
  expect(await run('reconcile')).toMatchObject({ code: 1, said: { by_kind: { customer_of_another_user: 1 } } })
  expect(await run('reconcile', '--repair')).toMatchObject({ code: 0, said: { total: 1, left: 0 } })
  expect(await stripe.customers.retrieve(old.id)).toMatchObject({ metadata: { user_id: 'ann' } })
  await server.restart()
}, 120_000)
