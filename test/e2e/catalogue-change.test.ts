import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStripe } from '../../src/adapters/stripe/client.ts'
import { runCommand } from '../support/command.ts'
import {
  eventually,
  startTestServer,
  TEST_JWT_SECRET,
  TEST_WEBHOOK_SECRET,
  type TestServer,
  tokenOf,
} from '../support/server.ts'

let folder: string
let server: TestServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'speech-billing-plans-'))
  await sell(9_900)
  server = await startTestServer({ PLANS_FILE: join(folder, 'plans.json') })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Writes a catalogue of one plan at this price. */
async function sell(amount: number): Promise<void> {
  const free = { unit_amount_decimal: '0' }
  const [some, all] = [
    { policy: 'block', included: 1_500 },
    { policy: 'allow', included: null },
  ]
  const plan = {
    plan_name: 'team_monthly',
    display_name: 'Team Monthly',
    description: 'For a small team.',
    prices: [{ amount, currency: 'usd', interval: 'month' }],
    services: { voice_call: some, transcription: all, sms: some, custom_scenario: some, api_call: all },
    transcript_storage_days: 180,
    advanced_analytics: true,
    priority_support: true,
    white_label: false,
  }
  const rates = { voice_call: free, transcription: free, sms: free, custom_scenario: free, api_call: free }
  await Bun.write(join(folder, 'plans.json'), JSON.stringify({ currency: 'usd', rates, plans: [plan] }))
}

const subscribe = async (user: string) =>
  server.call('POST', '/payments/create-subscription', await tokenOf(user), {
    plan_name: 'team_monthly',
    payment_method_id: 'pm_card_visa',
  })
const statusOf = async (user: string) => server.call('GET', '/payments/subscription-status', await tokenOf(user))
const invoiced = async (user: string) => {
  const { body } = await server.call('GET', '/payments/billing-history', await tokenOf(user))
  return body.payments.map(({ amount }: { amount: number }) => amount)
}

test('whoever bought keeps plan, terms and price when the catalogue changes; whoever comes later pays the new one', async () => {
  expect(await subscribe('early')).toMatchObject({ status: 201 })
  await eventually(
    () => statusOf('early'),
    ({ status }) => status === 'active',
  )
  await server.stopForNow()
  await sell(12_900)
  await server.restart()
  expect(await subscribe('late')).toMatchObject({ status: 201 })

  // A month later both have been seen anew, at the prices that they bought at.
  await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: '32d' }) })
  await eventually(
    () => server.call('GET', '/readyz'),
    (body) => body.checks.events.detail === 'All events are applied.',
  )
  for (const user of ['early', 'late'])
    expect((await statusOf(user)).body).toMatchObject({
      has_subscription: true,
      plan_name: 'team_monthly',
      features: { voice_minutes: 1_500, priority_support: true },
    })
  expect(await invoiced('early')).toEqual([9_900, 9_900])
  expect(await invoiced('late')).toEqual([12_900, 12_900])
}, 120_000)

test('they are moved when the operator says so, after a look at who and how much; whoever leaves is let go', async () => {
  expect(await subscribe('leaving')).toMatchObject({ status: 201 })
  const { body } = await server.call('POST', '/payments/cancel-subscription', await tokenOf('leaving'), {})
  expect(body.cancel_at).toBeString()
  const plans = await server.call('GET', '/payments/subscription-plans', await tokenOf('early'))
  const operator = await tokenOf('alice', 'operator')
  const move = (changes: object) =>
    server.call('POST', '/admin/plan-moves', operator, { from_price_id: from, to: 'team_monthly', ...changes })
  const { price } = (await stripe().subscriptions.list({ limit: 100 })).data
    .map(({ items }) => items.data[0])
    .find((item) => item?.price.unit_amount === 9_900) ?? { price: { id: '' } }
  const from = price.id
  expect(from).not.toBe(plans.body.plans[0].price_id)

  const seen = (await move({ dry_run: true })).body
  expect(seen).toMatchObject({
    results: [
      { user_id: 'early', outcome: 'would_move', from: { amount: 9_900 }, to: { amount: 12_900 }, amount_due_now: 0 },
    ],
    next_cursor: null,
  })
  const dear = (await move({ dry_run: true, when: 'now' })).body.results[0]
  expect(dear.amount_due_now).toBeGreaterThan(0)
  expect(dear.amount_due_now).toBeLessThanOrEqual(3_000)
  expect((await move({})).body.results).toMatchObject([{ user_id: 'early', outcome: 'planned' }])
  expect((await move({})).body.results).toMatchObject([{ outcome: 'left', detail: 'It is planned already.' }])
  expect((await server.call('GET', '/admin/audit-log', operator)).body.entries[0]).toMatchObject({
    actor: 'operator:alice',
    action: 'plan-moved',
    user_id: 'early',
  })
  const leaving = { from_price_id: plans.body.plans[0].price_id, to: 'team_monthly', dry_run: true }
  const others = (await server.call('POST', '/admin/plan-moves', operator, leaving)).body.results
  expect(others.map(({ user_id, outcome }: Record<string, string>) => `${user_id} ${outcome}`)).toEqual([
    'late refused',
    'leaving left',
  ])

  await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: '32d' }) })
  await eventually(
    async () => server.call('GET', '/payments/billing-history', await tokenOf('early')),
    ({ payments }) => payments.length === 3,
  )
  expect((await invoiced('early'))[0]).toBe(12_900)
  expect((await move({})).body).toEqual({ results: [], next_cursor: null })
}, 120_000)

test('what it moves from and to must be there', async () => {
  const wish = { from_price_id: 'price_old', to: 'tema_monthly' }
  const { status, body } = await server.call('POST', '/admin/plan-moves', await tokenOf('alice', 'operator'), wish)
  expect({ status, code: body.code }).toEqual({ status: 422, code: 'validation_failed' })
})

const stripe = () => createStripe({ secretKey: 'sk_test_look', apiBase: server.simulator })

test('with no server running the command moves them by itself, and the server finds it done', async () => {
  expect(await subscribe('third')).toMatchObject({ status: 201 })
  const plans = await server.call('GET', '/payments/subscription-plans', await tokenOf('third'))
  const { price_id: from } = plans.body.plans[0]
  await server.stopForNow()
  await sell(14_900)
  // The simulator is set up by the start; with one's own keys it is `stripe setup`.
  await server.restart()
  await server.stopForNow()
  const variables = {
    PLANS_FILE: join(folder, 'plans.json'),
    DATABASE_URL: `file:${join(server.folder, 'billing.db')}`,
    SANDBOX_PORT: '0',
    JWT_SECRET: TEST_JWT_SECRET,
    STRIPE_WEBHOOK_SECRET: TEST_WEBHOOK_SECRET,
  }
  const looked = await runCommand(`plans move ${from} team_monthly --dry-run --json`, folder, variables)
  const third = ({ user_id }: { user_id: string }) => user_id === 'third'
  expect(JSON.parse(looked.out).results.find(third)).toMatchObject({ outcome: 'would_move', to: { amount: 14_900 } })
  const moved = await runCommand(`plans move ${from} team_monthly`, folder, variables)
  expect(moved.out).toMatch(/^planned +third +129\.00 USD\/month → 149\.00 USD\/month on /m)
  await server.restart()
  expect((await statusOf('third')).body.pending_change).toMatchObject({ plan_name: 'team_monthly' })
}, 120_000)
