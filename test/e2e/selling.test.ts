import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sellingPlans } from '../support/selling-plans.ts'
import { eventually, startTestServer, type TestServer, tokenOf } from '../support/server.ts'

let server: TestServer
const folder = mkdtempSync(join(tmpdir(), 'speech-billing-selling-'))

beforeAll(async () => {
  server = await startTestServer({ PLANS_FILE: sellingPlans(folder) })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

const advance = (by: string) =>
  fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: by }) })
const status = (token: string) => () => server.call('GET', '/payments/subscription-status', token)
const subscribe = (token: string, body: object) => server.call('POST', '/payments/create-subscription', token, body)

describe('a trial at Stripe', () => {
  test('with a card is paid when it ends, without one it ends or waits as the plan says', async () => {
    const tokens = { paid: await tokenOf('paul'), ended: await tokenOf('erin'), paused: await tokenOf('petra') }
    const trial = { plan_name: 'starter', trial: true }
    const paid = await subscribe(tokens.paid, { ...trial, payment_method_id: 'pm_card_visa' })
    expect(paid).toMatchObject({ status: 201, body: { status: 'trialing', client_secret: null } })
    const ended = await subscribe(tokens.ended, trial)
    expect(ended.body).toMatchObject({ status: 'trialing', client_secret: expect.stringContaining('seti_') })
    await subscribe(tokens.paused, { ...trial, plan_name: 'patient' })
    await advance('15d')
    expect((await eventually(status(tokens.paid), (seen) => seen.status === 'active')).body.status).toBe('active')
    expect((await eventually(status(tokens.ended), (seen) => seen.status === 'canceled')).body).toMatchObject({
      status: 'canceled',
      access: { allowed: false },
    })
    expect((await eventually(status(tokens.paused), (seen) => seen.status === 'paused')).body).toMatchObject({
      status: 'paused',
      access: { allowed: false },
    })
  })

  test('is made longer by the operator, and once a person', async () => {
    const [zoe, operator] = [await tokenOf('zoe'), await tokenOf('olga', 'operator')]
    const began = await subscribe(zoe, { plan_name: 'careful', trial: true, payment_method_id: 'pm_card_mastercard' })
    const longer = await server.call('POST', '/admin/users/zoe/trial-extension', operator, { days: 7, reason: 'Ill' })
    const end = new Date(Date.parse(began.body.trial_end) + 7 * 86_400_000).toISOString()
    expect(longer).toMatchObject({ status: 200, body: { status: 'trialing', trial_end: end } })
    expect((await status(zoe)()).body.trial_end).toBe(end)
    const second = { plan_name: 'careful', trial: true, payment_method_id: 'pm_card_mastercard' }
    const refused = await subscribe(await tokenOf('zoe2'), second)
    expect(refused).toMatchObject({ status: 409, body: { code: 'trial_used' } })
    await server.call('POST', '/admin/users/zoe2/trials', operator, { reason: 'Her flatmate' })
    expect(await subscribe(await tokenOf('zoe2'), second)).toMatchObject({ status: 201, body: { status: 'trialing' } })
  })
})

describe('a pack', () => {
  test('is given once its payment is confirmed in the browser', async () => {
    const [kim, operator] = [await tokenOf('kim'), await tokenOf('olga', 'operator')]
    const waiting = await server.call('POST', '/payments/create-payment-intent', kim, { pack: 'minutes_100' })
    expect(waiting).toMatchObject({ status: 201, body: { amount: 500, status: 'requires_payment_method' } })
    const grants = () => server.call('GET', '/admin/users/kim/grants', operator)
    expect((await grants()).body.grants).toEqual([])
    await fetch(`${server.simulator}/v1/payment_intents/${waiting.body.payment_intent_id}/confirm`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_e2e' },
      body: new URLSearchParams({ payment_method: 'pm_card_visa' }),
    })
    const given = await eventually(grants, (seen) => seen.grants.length > 0)
    expect(given.body.grants).toMatchObject([{ amount: 100, remaining: 100, reason: 'Pack minutes_100' }])
  })
})
