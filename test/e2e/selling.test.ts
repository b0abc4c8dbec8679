import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Stripe } from 'stripe'
import { sellingPlans } from '../support/selling-plans.ts'
import { eventually, startTestServer, type TestServer, tokenOf, untilQuiet } from '../support/server.ts'

let server: TestServer
const folder = mkdtempSync(join(tmpdir(), 'speech-billing-selling-'))

beforeAll(async () => {
  server = await startTestServer({ PLANS_FILE: sellingPlans(folder) })
})
afterAll(async () => {
  await server.stop()
  rmSync(folder, { recursive: true })
})

/** Stripe's SDK at the simulator. */
function atStripe(): Stripe {
  const { hostname, port } = new URL(server.simulator)
  return new Stripe('sk_test_e2e', { host: hostname, port, protocol: 'http', telemetry: false })
}

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

  test('that has its card by now waits for none', async () => {
    const tess = await tokenOf('tess')
    await subscribe(tess, { plan_name: 'patient', trial: true })
    await server.call('POST', '/payments/payment-method', tess, { payment_method_id: 'pm_card_visa' })
    const changed = await server.call('POST', '/payments/change-plan', tess, { plan_name: 'plain' })
    expect(changed).toMatchObject({ status: 200, body: { status: 'trialing', client_secret: null } })
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

/** What a browser does when a button of a hosted page is pressed. */
async function press(url: string, fields: Record<string, string>) {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  return { status: response.status, to: response.headers.get('location'), text: await response.text() }
}
const CARD = { test_card: '4242424242424242' }

describe('a hosted page', () => {
  const page = (token: string, body: object = {}) =>
    server.call('POST', '/payments/checkout-session', token, {
      plan_name: 'plain',
      success_url: `${server.url}/welcome?session={CHECKOUT_SESSION_ID}`,
      cancel_url: `${server.url}/plans`,
      ...body,
    })

  test('takes a card and sends back to the app; the subscription comes by webhook', async () => {
    const cher = await tokenOf('cher')
    const opened = await page(cher)
    expect(opened.status).toBe(201)
    const paid = await press(opened.body.url, CARD)
    expect(paid).toMatchObject({
      status: 303,
      to: `${server.url}/welcome?session=${opened.body.checkout_session_id}`,
    })
    const seen = await eventually(status(cher), (body) => body.status === 'active')
    expect(seen.body).toMatchObject({ status: 'active', plan_name: 'plain' })
    expect(await page(cher)).toMatchObject({ status: 409, body: { code: 'subscription_exists' } })
  })

  test('leads back to the app alone', async () => {
    const refused = await page(await tokenOf('eve'), { success_url: 'https://evil.test/' })
    expect(refused).toMatchObject({ status: 422, body: { errors: [{ path: '/success_url' }] } })
  })

  test('that a later one replaced can no longer be paid', async () => {
    const ivy = await tokenOf('ivy')
    const first = await page(ivy)
    const second = await page(ivy)
    expect((await press(first.body.url, CARD)).status).not.toBe(303)
    expect((await press(second.body.url, CARD)).status).toBe(303)
    expect((await eventually(status(ivy), (body) => body.status === 'active')).body.status).toBe('active')
  })

  test('paid in two tabs ends in one subscription and one refund', async () => {
    const [tom, operator] = [await tokenOf('tom'), await tokenOf('olga', 'operator')]
    const opened = await page(tom)
    // The other tab's subscription is made at Stripe behind our back, as a race would have it.
    const { customer } = await atStripe().checkout.sessions.retrieve(opened.body.checkout_session_id)
    const plans = await server.call('GET', '/payments/subscription-plans', tom)
    const price = plans.body.plans.find((plan: { plan_name: string }) => plan.plan_name === 'starter').price_id
    expect((await press(opened.body.url, CARD)).status).toBe(303)
    await advance('2s')
    const card = await atStripe().paymentMethods.attach('pm_card_visa', { customer: String(customer) })
    const late = await atStripe().subscriptions.create({
      customer: String(customer),
      items: [{ price }],
      default_payment_method: card.id,
      metadata: { user_id: 'tom', intent_id: 'intent_of_another_tab' },
    })
    expect(late.status).toBe('active')
    const history = () => server.call('GET', '/payments/billing-history', tom)
    const kinds = await eventually(history, ({ payments }) =>
      payments.some((payment: { kind: string; status: string }) => payment.kind === 'refund'),
    )
    expect(kinds.body.payments).toContainEqual(expect.objectContaining({ kind: 'refund', amount: 900 }))
    expect((await status(tom)()).body).toMatchObject({ status: 'active', plan_name: 'plain' })
    const log = await server.call('GET', '/admin/audit-log', operator)
    expect(log.body.entries[0]).toMatchObject({ action: 'subscription-undone', user_id: 'tom' })
  })

  test('begins a trial, once for each card', async () => {
    const trial = { plan_name: 'careful', trial: true }
    const [una, vic] = [await tokenOf('una'), await tokenOf('vic')]
    const card = { test_card: '378282246310005' }
    expect((await press((await page(una, trial)).body.url, card)).status).toBe(303)
    expect((await eventually(status(una), (body) => body.status === 'trialing')).body.status).toBe('trialing')
    await untilQuiet(server, atStripe())
    expect((await press((await page(vic, trial)).body.url, card)).status).toBe(303)
    expect((await eventually(status(vic), (body) => body.status === 'canceled')).body.status).toBe('canceled')
    const again = await subscribe(una, { ...trial, payment_method_id: 'pm_card_visa' })
    expect(again.status).toBe(409)
  })

  test('the portal cancels, and that comes by webhook', async () => {
    const ned = await tokenOf('ned')
    await subscribe(ned, { plan_name: 'plain', payment_method_id: 'pm_card_visa' })
    const portal = await server.call('POST', '/payments/portal-session', ned, { return_url: `${server.url}/billing` })
    expect(portal.status).toBe(200)
    const shown = await fetch(portal.body.url).then((response) => response.text())
    const subscriptionId = /sub_\w+/.exec(shown)?.[0] ?? ''
    // What the portal offers is what was set up from the catalogue, and not the account's default.
    const { data } = await atStripe().billingPortal.configurations.list({ active: true })
    expect(data.some(({ metadata }) => metadata?.managed_by === 'speech-billing')).toBe(true)
    await press(portal.body.url, { do: 'cancel', subscription: subscriptionId })
    expect((await eventually(status(ned), (body) => body.cancel_at !== null)).body.cancel_at).not.toBeNull()
  })
})

describe('a promotion code at Stripe', () => {
  const sell = async (
    code: string,
    coupon: Stripe.CouponCreateParams,
    more: Partial<Stripe.PromotionCodeCreateParams> = {},
  ) => {
    const made = await atStripe().coupons.create({ duration: 'forever', ...coupon })
    await atStripe().promotionCodes.create({ promotion: { type: 'coupon', coupon: made.id }, code, ...more })
  }
  const validate = (token: string, code: string, plan_name = 'plain') =>
    server.call('POST', '/payments/promotion-codes/validate', token, { code, plan_name })

  test('that takes everything off makes a subscription active without a payment', async () => {
    const pia = await tokenOf('pia')
    await sell('FREE', { percent_off: 100 })
    const made = await subscribe(pia, { plan_name: 'plain', promotion_code: 'free' })
    expect(made).toMatchObject({ status: 201, body: { status: 'active' } })
    const seen = await status(pia)()
    expect(seen.body).toMatchObject({
      access: { allowed: true },
      discount: { code: 'FREE', saves: 1900, ends_at: null },
    })
  })

  test('is refused for each of its restrictions, in a word and a sentence', async () => {
    const rex = await tokenOf('rex')
    const products = await atStripe().products.list({ limit: 100 })
    const starter = products.data.find(({ name }) => name === 'starter')?.id ?? ''
    await sell('STARTERS', { percent_off: 10, applies_to: { products: [starter] } })
    await sell('EUROS', { amount_off: 100, currency: 'eur' })
    await sell('BIG', { percent_off: 10 }, { restrictions: { minimum_amount: 5_000, minimum_amount_currency: 'usd' } })
    await sell('ONCE', { percent_off: 10 }, { max_redemptions: 1 })
    await sell('NEW', { percent_off: 10 }, { restrictions: { first_time_transaction: true } })
    const reasonFor = async (code: string, plan?: string) => (await validate(rex, code, plan)).body.reason
    expect(await reasonFor('STARTERS')).toBe('other_plan')
    expect(await reasonFor('STARTERS', 'starter')).toBeNull()
    expect(await reasonFor('EUROS')).toBe('wrong_currency')
    expect(await reasonFor('BIG')).toBe('minimum_amount')
    expect(await reasonFor('NEW')).toBeNull()
    const card = { plan_name: 'plain', payment_method_id: 'pm_card_visa' }
    expect((await subscribe(rex, { ...card, promotion_code: 'ONCE' })).status).toBe(201)
    expect(await reasonFor('ONCE')).toBe('used_up')
    expect(await reasonFor('NEW')).toBe('first_time_only')
    const late = await subscribe(await tokenOf('ray'), { ...card, promotion_code: 'ONCE' })
    expect(late).toMatchObject({
      status: 422,
      body: { code: 'promotion_code_invalid', errors: [{ path: '/promotion_code' }] },
    })
  })
})

test('a card of somebody else is answered as one that does not exist', async () => {
  const [rita, sid] = [await tokenOf('rita'), await tokenOf('sid')]
  await subscribe(rita, { plan_name: 'plain', payment_method_id: 'pm_card_visa' })
  const kept = await server.call('POST', '/payments/payment-method', rita, { payment_method_id: 'pm_card_visa' })
  const problem = async (payment_method_id: string) => {
    const answer = await subscribe(sid, { plan_name: 'plain', payment_method_id })
    const { request_id, ...body } = answer.body
    return { ...body, request_id: typeof request_id }
  }
  expect(await problem(kept.body.payment_method_id)).toEqual(await problem('pm_none'))
})
