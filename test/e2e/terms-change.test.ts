import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

let folder: string
let server: TestServer

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'speech-billing-terms-'))
  await sell({ included: 500, rate: '5', support: true })
  server = await startTestServer({ PLANS_FILE: join(folder, 'plans.json') })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface Terms {
  readonly included: number
  readonly rate: string
  readonly support: boolean
}

/** Writes a catalogue with these terms of the plan `team_monthly`, or without the plan. */
async function sell(terms: Terms | null): Promise<void> {
  const rate = (unit_amount_decimal: string) => ({ unit_amount_decimal })
  const rest = { policy: 'allow', included: null }
  const plan = (plan_name: string, { included, rate: perMinute, support }: Terms) => ({
    plan_name,
    display_name: plan_name,
    description: 'Minutes, and more of them for money.',
    prices: [{ amount: 9_900, currency: 'usd', interval: 'month' }],
    services: {
      voice_call: { policy: 'bill', included, ...rate(perMinute) },
      transcription: rest,
      sms: rest,
      custom_scenario: rest,
      api_call: rest,
    },
    transcript_storage_days: 180,
    advanced_analytics: true,
    priority_support: support,
    white_label: false,
  })
  const free = rate('0')
  const rates = { voice_call: free, transcription: free, sms: free, custom_scenario: free, api_call: free }
  const plans = [
    plan('other', { included: 1, rate: '1', support: false }),
    ...(terms === null ? [] : [plan('team_monthly', terms)]),
  ]
  await Bun.write(join(folder, 'plans.json'), JSON.stringify({ currency: 'usd', rates, plans }))
}

async function sellInstead(terms: Terms | null): Promise<void> {
  await server.stopForNow()
  await sell(terms)
  await server.restart()
}

async function subscribe(user: string): Promise<void> {
  const wish = { plan_name: 'team_monthly', payment_method_id: 'pm_card_visa' }
  expect((await server.call('POST', '/payments/create-subscription', await tokenOf(user), wish)).status).toBe(201)
  await eventually(
    () => statusOf(user),
    ({ status }) => status === 'active',
  )
}

const statusOf = async (user: string) => server.call('GET', '/payments/subscription-status', await tokenOf(user))

/** What is left, and what a minute beyond it costs, as this user sees it. */
async function voiceOf(user: string) {
  const { body } = await statusOf(user)
  const { included, billable_cost } = body.current_usage.voice_call
  return { included, billable_cost, support: body.features.priority_support }
}

const call = async (user: string, event_id: string, minutes: number) =>
  server.call('POST', '/payments/record-usage', await tokenOf(user, 'usage:write'), {
    service_type: 'voice_call',
    usage_amount: minutes,
    usage_unit: 'minutes',
    event_id,
  })

async function advance(by: string): Promise<void> {
  await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: by }) })
}

async function aMonthLater(): Promise<void> {
  const before = (await statusOf('old')).body.current_period_end
  await advance('31d')
  await eventually(
    () => statusOf('old'),
    ({ current_period_end }) => current_period_end !== before,
  )
  await eventually(
    () => server.call('GET', '/readyz'),
    (body) => body.checks.events.detail === 'All events are applied.',
  )
}

test('who bought keeps what is included, features and rates when the plans file changes; who comes later gets the new ones', async () => {
  await subscribe('old')
  await sellInstead({ included: 400, rate: '8', support: false })
  await subscribe('new')
  expect(await voiceOf('old')).toEqual({ included: 500, billable_cost: 0, support: true })
  expect(await voiceOf('new')).toEqual({ included: 400, billable_cost: 0, support: false })
  for (const user of ['old', 'new']) expect((await call(user, `first-${user}`, 510)).status).toBe(201)
  expect(await voiceOf('old')).toMatchObject({ billable_cost: 10 * 5 })
  expect(await voiceOf('new')).toMatchObject({ billable_cost: 110 * 8 })
}, 30_000)

test('Stripe bills what was shown, and the renewal brings the same terms again', async () => {
  const upcoming = async () => server.call('GET', '/payments/upcoming-invoice', await tokenOf('old'))
  expect((await upcoming()).body.upcoming_invoice).toMatchObject({ total: 9_950, unreported_usage: 50 })
  await advance('2h')
  const told = await eventually(upcoming, (body) => body.upcoming_invoice.unreported_usage === 0)
  expect(told.body.upcoming_invoice.total).toBe(9_950)
  await aMonthLater()
  expect(await voiceOf('old')).toEqual({ included: 500, billable_cost: 0, support: true })
  const { body } = await eventually(
    async () => server.call('GET', '/payments/billing-history', await tokenOf('old')),
    ({ payments }) => payments.length === 2,
  )
  expect(body.payments.map(({ amount }: { amount: number }) => amount)).toEqual([9_950, 9_900])
}, 30_000)

test('a plan that is not sold any more holds for whoever has it', async () => {
  await sellInstead(null)
  const plans = await server.call('GET', '/payments/subscription-plans', await tokenOf('old'))
  expect(plans.body.plans.map(({ plan_name }: { plan_name: string }) => plan_name)).toEqual(['other'])
  expect(await voiceOf('old')).toMatchObject({ included: 500, support: true })
  expect((await statusOf('old')).body).toMatchObject({ plan_name: 'team_monthly', has_subscription: true })
  await sellInstead({ included: 400, rate: '8', support: false })
  expect(await voiceOf('old')).toMatchObject({ included: 500, support: true })
}, 30_000)
