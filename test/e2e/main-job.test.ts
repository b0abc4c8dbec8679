import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { acquireLock } from '../../src/adapters/process/lock.ts'
import { eventually, startTestServer, TEST_WEBHOOK_SECRET, type TestServer, tokenOf } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer

/** Stripe's SDK at the simulator, wherever that listens after a restart. */
function atStripe(): Stripe {
  const { hostname, port } = new URL(server.simulator)
  return new Stripe('sk_test_e2e', { host: hostname, port, protocol: 'http', telemetry: false })
}

beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server.stop())

const status = (token: string) => () => server.call('GET', '/payments/subscription-status', token)
const history = (token: string) => () => server.call('GET', '/payments/billing-history', token)

describe('the main job', () => {
  test('from the plans to the cancellation, with the webhooks that Stripe sends', async () => {
    const ann = await tokenOf('ann', 'usage:write')
    const plans = await server.call('GET', '/payments/subscription-plans', ann)
    expect(plans.body.plans.map((plan: { plan_name: string }) => plan.plan_name)).toEqual([
      'basic_monthly',
      'pro_monthly',
      'enterprise_monthly',
      'usage_based',
    ])
    const subscribed = await server.call('POST', '/payments/create-subscription', ann, {
      plan_name: 'pro_monthly',
      payment_method_id: 'pm_card_visa',
    })
    expect(subscribed).toMatchObject({ status: 201, body: { plan_name: 'pro_monthly', status: 'active' } })
    const record = (body: object) => server.call('POST', '/payments/record-usage', ann, body)
    const transcription = { service_type: 'transcription', usage_amount: 45, usage_unit: 'minutes', resource_id: 123 }
    expect((await record(transcription)).body.cost).toBe(90)
    expect((await record({ ...transcription, service_type: 'voice_call', usage_amount: 23 })).body.cost).toBe(115)
    const { body } = await status(ann)()
    expect(body.current_usage.transcription).toMatchObject({ amount: 45, cost: 90, unit: 'minutes' })
    expect(body.current_usage.voice_call).toMatchObject({ amount: 23, cost: 115, remaining: 477 })
    const paid = await server.call('POST', '/payments/create-payment-intent', ann, {
      amount: 500,
      description: 'custom scenario',
      payment_method_id: 'pm_card_visa',
    })
    expect(paid).toMatchObject({ status: 201, body: { status: 'succeeded' } })
    const both = await eventually(history(ann), ({ payments }) => payments.length === 2)
    expect(
      both.body.payments.map(({ kind, amount, status }: Record<string, unknown>) => [kind, amount, status]).sort(),
    ).toEqual([
      ['invoice', 3900, 'paid'],
      ['payment', 500, 'paid'],
    ])
    const cancelled = await server.call('POST', '/payments/cancel-subscription', ann, { reason: 'too_expensive' })
    expect(cancelled).toMatchObject({
      status: 200,
      body: { status: 'active', cancel_at: subscribed.body.current_period_end },
    })
  })

  test('a 3-D Secure card waits, and the webhook after its confirmation makes the subscription active', async () => {
    const eve = await tokenOf('eve')
    const waiting = await server.call('POST', '/payments/create-subscription', eve, {
      plan_name: 'basic_monthly',
      payment_method_id: 'pm_card_authenticationRequired',
    })
    expect(waiting).toMatchObject({ status: 201, body: { status: 'incomplete' } })
    const [paymentIntent] = waiting.body.client_secret.split('_secret')
    await fetch(`${server.simulator}/_sim/payment_intents/${paymentIntent}/authenticate`, {
      method: 'POST',
      body: new URLSearchParams({ outcome: 'succeed' }),
    })
    expect((await eventually(status(eve), (body) => body.status === 'active')).body.has_subscription).toBe(true)
  })

  test('what is changed at Stripe arrives by webhook: a cancellation, a refund', async () => {
    const dan = await tokenOf('dan')
    const wanted = { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }
    const { body } = await server.call('POST', '/payments/create-subscription', dan, wanted)
    await atStripe().subscriptions.update(body.subscription_id, { cancel_at_period_end: true })
    expect((await eventually(status(dan), (seen) => seen.cancel_at !== null)).body.cancel_at).toBe(
      body.current_period_end,
    )
    const { latest_invoice: invoice } = await atStripe().subscriptions.retrieve(body.subscription_id, {
      expand: ['latest_invoice.payments'],
    })
    const payments = typeof invoice === 'object' && invoice !== null ? invoice.payments?.data : []
    const payment = payments?.[0]?.payment.payment_intent
    await atStripe().refunds.create({ payment_intent: String(payment), amount: 1_000 })
    const refunded = await eventually(history(dan), (seen) => seen.payments.length === 2)
    expect(refunded.body.payments).toContainEqual(expect.objectContaining({ kind: 'refund', amount: 1_000 }))
    expect(refunded.body.payments).toContainEqual(expect.objectContaining({ kind: 'invoice', refunded_amount: 1_000 }))
  })

  test('everything is still there after a restart, and events that came meanwhile are caught by delivery', async () => {
    const bob = await tokenOf('bob', 'usage:write')
    await server.call('POST', '/payments/create-subscription', bob, {
      plan_name: 'basic_monthly',
      payment_method_id: 'pm_card_visa',
    })
    const usage = { service_type: 'voice_call', usage_amount: 7, usage_unit: 'minutes', resource_id: 'CA7' }
    const first = await server.call('POST', '/payments/record-usage', bob, usage)
    await server.restart()
    const again = await server.call('POST', '/payments/record-usage', bob, usage)
    expect(again).toMatchObject({ status: 200, body: { usage_record_id: first.body.usage_record_id } })
    expect((await status(bob)()).body).toMatchObject({ has_subscription: true, plan_name: 'basic_monthly' })
    expect((await eventually(history(bob), ({ payments }) => payments.length === 1)).body.payments).toHaveLength(1)
  })

  test('a month that passes at the simulator renews the subscription, bills it, and begins a new allowance', async () => {
    const kim = await tokenOf('kim', 'usage:write')
    const wanted = { plan_name: 'basic_monthly', payment_method_id: 'pm_card_visa' }
    const { body } = await server.call('POST', '/payments/create-subscription', kim, wanted)
    const usage = { service_type: 'voice_call', usage_amount: 60, usage_unit: 'minutes', resource_id: 'CA1' }
    expect((await server.call('POST', '/payments/record-usage', kim, usage)).body.remaining).toBe(40)
    await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: '32d' }) })
    const renewed = await eventually(status(kim), (seen) => seen.current_period_start === body.current_period_end)
    expect(renewed.body).toMatchObject({ status: 'active', current_period_start: body.current_period_end })
    expect(renewed.body.current_usage.voice_call).toMatchObject({ amount: 0, remaining: 100 })
    const billed = await eventually(
      history(kim),
      ({ payments }) => payments.length === 2 && payments[0]?.status === 'paid',
    )
    expect(billed.body.payments.map(({ amount, status }: Record<string, unknown>) => [amount, status])).toEqual([
      [900, 'paid'],
      [900, 'paid'],
    ])
  })

  test('billed usage reaches the meter of the simulator, once, and its invoice', async () => {
    const max = await tokenOf('max', 'usage:write')
    const wanted = { plan_name: 'usage_based', payment_method_id: 'pm_card_visa' }
    await server.call('POST', '/payments/create-subscription', max, wanted)
    const usage = { service_type: 'voice_call', usage_amount: 23, usage_unit: 'minutes', resource_id: 'CA1' }
    await server.call('POST', '/payments/record-usage', max, usage)
    const advance = (by: string) =>
      fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body: new URLSearchParams({ advance: by }) })
    await advance('2h')
    const { data: meters } = await atStripe().billing.meters.list()
    const meter = meters.find(({ event_name }) => event_name === 'voice_call')
    const customers = await atStripe().customers.list({ limit: 100 })
    const customer = customers.data.find(({ metadata }) => metadata.user_id === 'max')
    const total = async () => {
      const now = Math.floor(Date.now() / 60_000) * 60 + 40 * 86_400
      const range = { customer: customer?.id ?? '', start_time: now - 80 * 86_400, end_time: now }
      const summaries = await atStripe().billing.meters.listEventSummaries(meter?.id ?? '', range)
      return summaries.data.reduce((sum, { aggregated_value }) => sum + aggregated_value, 0)
    }
    expect(await until(total, (sum) => sum > 0)).toBe(23)
    await advance('32d')
    const billed = await eventually(history(max), ({ payments }) =>
      payments.some(({ amount, status }: Record<string, unknown>) => amount === 115 && status === 'paid'),
    )
    expect(billed.body.payments).toContainEqual(
      expect.objectContaining({ kind: 'invoice', amount: 115, status: 'paid' }),
    )
  })

  test('a second server on the same data is refused in words', () => {
    const second = () => acquireLock(`${server.folder}/billing.db`)
    expect(second).toThrow(/in use by another speech-billing/)
  })

  test('a forged event is refused, and a signed one is taken once', async () => {
    const body = JSON.stringify({
      id: 'evt_e2e',
      object: 'event',
      type: 'something.new',
      livemode: false,
      created: 1,
      data: { object: { id: 'x', object: 'thing' } },
    })
    const send = (signature: string) =>
      server.call('POST', '/payments/stripe-webhook', undefined, body, { 'stripe-signature': signature })
    expect((await send('t=1,v1=00')).status).toBe(400)
    const at = Math.floor(Date.now() / 1_000)
    const genuine = `t=${at},v1=${new Bun.CryptoHasher('sha256', TEST_WEBHOOK_SECRET).update(`${at}.${body}`).digest('hex')}`
    expect((await send(genuine)).status).toBe(200)
    expect((await send(genuine)).status).toBe(200)
  })
})
