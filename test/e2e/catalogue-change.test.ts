import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

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
}, 30_000)
