import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
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

/** The newest first, when there are so many. */
async function invoicedTo(user: string, count: number): Promise<readonly number[]> {
  const { body } = await eventually(
    async () => server.call('GET', '/payments/billing-history', await tokenOf(user)),
    ({ payments }) =>
      payments.length === count && payments.every(({ status }: { status: string }) => status === 'paid'),
  )
  return body.payments.map(({ amount }: { amount: number }) => amount)
}

const upcoming = async (user: string) => server.call('GET', '/payments/upcoming-invoice', await tokenOf(user))

async function allReported(user: string) {
  await advance('2h')
  return eventually(
    () => upcoming(user),
    (body) => body.upcoming_invoice.unreported_usage === 0,
  )
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
}, 120_000)

test('Stripe bills what was shown, and the renewal brings the same terms again', async () => {
  expect((await upcoming('old')).body.upcoming_invoice).toMatchObject({ total: 9_950, unreported_usage: 50 })
  expect((await allReported('old')).body.upcoming_invoice.total).toBe(9_950)
  await aMonthLater()
  expect(await voiceOf('old')).toEqual({ included: 500, billable_cost: 0, support: true })
  expect(await invoicedTo('old', 2)).toEqual([9_950, 9_900])
}, 120_000)

test('a plan that is not sold any more holds for whoever has it', async () => {
  await sellInstead(null)
  const plans = await server.call('GET', '/payments/subscription-plans', await tokenOf('old'))
  expect(plans.body.plans.map(({ plan_name }: { plan_name: string }) => plan_name)).toEqual(['other'])
  expect(await voiceOf('old')).toMatchObject({ included: 500, support: true })
  expect((await statusOf('old')).body).toMatchObject({ plan_name: 'team_monthly', has_subscription: true })
  await sellInstead({ included: 400, rate: '8', support: false })
  expect(await voiceOf('old')).toMatchObject({ included: 500, support: true })
}, 120_000)

describe('moving who has earlier terms to those of today', () => {
  const move = async (changes: object) => {
    const wish = { to: 'team_monthly', ...changes }
    return (await server.call('POST', '/admin/plan-moves', await tokenOf('alice', 'operator'), wish)).body
  }
  const terms = [
    { term: 'voice_call.included', before: 500, after: 400 },
    { term: 'voice_call.rate', before: '5', after: '8' },
    { term: 'priority_support', before: true, after: false },
  ]

  test('is previewed: who, and what he loses or gains', async () => {
    const { results, next_cursor } = await move({ dry_run: true })
    expect(results).toMatchObject([{ user_id: 'old', outcome: 'would_move', amount_due_now: 0, terms }])
    expect(next_cursor).toBeNull()
    expect(await voiceOf('old')).toMatchObject({ included: 500 })
  })

  test('is refused at once where the rates differ', async () => {
    expect((await move({ when: 'now' })).results).toMatchObject([{ outcome: 'left' }])
  })

  test('holds with the next period, here and at Stripe, is audited, and begun again changes nothing', async () => {
    expect((await move({})).results).toMatchObject([{ user_id: 'old', outcome: 'planned', terms }])
    expect((await move({})).results).toMatchObject([{ outcome: 'left', detail: 'It is planned already.' }])
    const audit = await server.call('GET', '/admin/audit-log', await tokenOf('alice', 'operator'))
    expect(audit.body.entries[0]).toMatchObject({ action: 'plan-moved', user_id: 'old', actor: 'operator:alice' })
    await call('old', 'before-the-move', 520)
    expect(await voiceOf('old')).toEqual({ included: 500, billable_cost: 20 * 5, support: true })
    await allReported('old')
    await aMonthLater()
    await eventually(
      () => statusOf('old'),
      ({ features }) => features.priority_support === false,
    )
    expect(await voiceOf('old')).toEqual({ included: 400, billable_cost: 0, support: false })
    expect(await invoicedTo('old', 3)).toEqual([9_900 + 20 * 5, 9_950, 9_900])
    await call('old', 'after-the-move', 410)
    expect(await voiceOf('old')).toMatchObject({ billable_cost: 10 * 8 })
    await allReported('old')
    await aMonthLater()
    expect((await invoicedTo('old', 4))[0]).toBe(9_900 + 10 * 8)
    expect(await move({})).toEqual({ results: [], next_cursor: null })
  }, 120_000)

  test('at once where Stripe bills as before; what was used before keeps its terms', async () => {
    await sellInstead({ included: 300, rate: '8', support: true })
    expect((await move({ when: 'now', limit: 1 })).results).toMatchObject([{ user_id: 'new', outcome: 'moved' }])
    expect((await move({ when: 'now' })).results).toMatchObject([{ user_id: 'old', outcome: 'moved' }])
    expect(await voiceOf('old')).toEqual({ included: 300, billable_cost: 0, support: true })
    expect(await move({ when: 'now' })).toEqual({ results: [], next_cursor: null })
  }, 120_000)

  test('whoever leaves is let go, and to leave withdraws what is planned', async () => {
    await sellInstead({ included: 200, rate: '9', support: true })
    expect((await move({})).results).toHaveLength(2)
    const leave = await server.call('POST', '/payments/cancel-subscription', await tokenOf('new'), {})
    expect(leave.body.cancel_at).toBeString()
    expect((await move({})).results).toMatchObject([
      { user_id: 'new', outcome: 'left', detail: expect.stringContaining('It ends on') },
      { user_id: 'old', outcome: 'left', detail: 'It is planned already.' },
    ])
    await server.call('POST', '/payments/resume-subscription', await tokenOf('new'), {})
    expect((await move({})).results[0]).toMatchObject({ user_id: 'new', outcome: 'planned' })
  }, 120_000)
})
