import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { advanceSimulator } from '../../src/adapters/process/simulator.ts'
import { startTestServer, type TestServer, tokenOf, untilQuiet } from '../support/server.ts'
import { sortedEntries, stripeTruth } from '../support/stripe-truth.ts'

const DAY_SECONDS = 86_400

let server: TestServer
let stripe: Stripe

beforeAll(async () => {
  server = await startTestServer()
  const { hostname, port } = new URL(server.simulator)
  stripe = new Stripe('sk_test_life', { host: hostname, port, protocol: 'http', telemetry: false })
})
afterAll(() => server.stop())

test('a whole life driven at Stripe is known here, by webhook, after every step', async () => {
  const token = await tokenOf('ann')
  const customer = await linkedCustomer(token)
  const [basic, pro] = [await priceOf('basic_monthly'), await priceOf('pro_monthly')]
  const isKnown = (status: string | null, plan: string | null) => expectSameAsStripe(token, customer, status, plan)
  await isKnown(null, null)

  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price: basic }],
    trial_period_days: 14,
    metadata: { user_id: 'ann' },
  })
  const trial = await isKnown('trialing', 'basic_monthly')
  expect(trial.trial_end).not.toBeNull()

  await setCard(customer, 'pm_card_visa')
  await pass(14 * DAY_SECONDS + 2 * 3_600)
  const paid = await isKnown('active', 'basic_monthly')
  expect(paid.current_period_start).toBe(trial.current_period_end)

  await pass('31d')
  const renewed = await isKnown('active', 'basic_monthly')
  expect(renewed.current_period_start).toBe(paid.current_period_end)

  await setCard(customer, 'pm_card_chargeCustomerFail')
  await pass('31d')
  await isKnown('past_due', 'basic_monthly')
  await pass('3d')
  const [unpaid] = (await stripe.invoices.list({ subscription: made.id, limit: 1 })).data
  expect(unpaid).toMatchObject({ status: 'open', attempt_count: 2 })
  await isKnown('past_due', 'basic_monthly')

  await setCard(customer, 'pm_card_visa')
  await stripe.invoices.pay(unpaid?.id ?? '')
  await isKnown('active', 'basic_monthly')

  const item = made.items.data[0]?.id ?? ''
  await stripe.subscriptions.update(made.id, {
    items: [{ id: item, price: pro }],
    proration_behavior: 'always_invoice',
  })
  const upgraded = await isKnown('active', 'pro_monthly')

  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  const [running] = schedule.phases
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: pro }], start_date: running?.start_date ?? 0, end_date: running?.end_date ?? 0 },
      { items: [{ price: basic }], duration: { interval: 'month', interval_count: 1 } },
    ],
  })
  await isKnown('active', 'pro_monthly')
  await pass('31d')
  const downgraded = await isKnown('active', 'basic_monthly')
  expect(downgraded.current_period_start).toBe(upgraded.current_period_end)
  await stripe.subscriptionSchedules.release(schedule.id)

  await stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
  const ending = await isKnown('active', 'basic_monthly')
  expect(ending.cancel_at).toBe(ending.current_period_end)
  await pass('32d')
  expect(await isKnown('canceled', 'basic_monthly')).toMatchObject({ has_subscription: false })

  await stripe.subscriptions.create({ customer, items: [{ price: pro }], metadata: { user_id: 'ann' } })
  await isKnown('active', 'pro_monthly')
}, 120_000)

test('whoever moves the clock from the command line is told when it has arrived, and not before', async () => {
  const now = async () => {
    const answer = await fetch(`${server.simulator}/_sim/clock`)
    return ((await answer.json()) as { readonly now: number }).now * 1_000
  }
  const before = await now()
  const told = await advanceSimulator(Number(new URL(server.simulator).port), '30d', () => {})
  expect(Date.parse(told)).toBeGreaterThanOrEqual(before + 30 * DAY_SECONDS * 1_000)
  expect(await now()).toBeGreaterThanOrEqual(Date.parse(told))
})

/** A customer whom our program knows: it made a payment for a user. */
async function linkedCustomer(token: string): Promise<string> {
  const paid = await server.call('POST', '/payments/create-payment-intent', token, {
    amount: 500,
    payment_method_id: 'pm_card_visa',
  })
  expect(paid.status).toBe(201)
  const { customer } = await stripe.paymentIntents.retrieve(paid.body.payment_intent_id)
  return String(customer)
}

async function priceOf(lookupKey: string): Promise<string> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey] })
  return data[0]?.id ?? ''
}

async function setCard(customer: string, card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } })
}

async function pass(duration: string | number): Promise<void> {
  const body = new URLSearchParams({ advance: String(duration) })
  const moved = await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body })
  expect(moved.status).toBe(200)
}

/** When no event is on its way or waiting, what we tell is what Stripe holds. Returns our status. */
async function expectSameAsStripe(token: string, customer: string, status: string | null, plan: string | null) {
  await untilQuiet(server, stripe)
  const truth = await stripeTruth(stripe, customer)
  const { body: told } = await server.call('GET', '/payments/subscription-status', token)
  const { body: charged } = await server.call('GET', '/payments/billing-history?limit=100', token)
  expect(told).toMatchObject({ ...truth.status, status, plan_name: plan })
  expect(sortedEntries(charged.payments)).toEqual([...truth.history])
  return told
}
