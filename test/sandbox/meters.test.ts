import { expect, test } from 'bun:test'
import Stripe from 'stripe'
import { readyToSubscribe, refusalOf, started } from './support.ts'

async function metered(stripe: Stripe) {
  const meter = await stripe.billing.meters.create({
    display_name: 'Minutes',
    event_name: 'minutes',
    default_aggregation: { formula: 'sum' },
  })
  const { customer, price: licensed } = await readyToSubscribe(stripe)
  const price = await stripe.prices.create({
    product: String(licensed.product),
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.0125'),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  const send = (value: string, extra: { identifier?: string; timestamp?: number } = {}) =>
    stripe.billing.meterEvents.create({
      event_name: 'minutes',
      payload: { stripe_customer_id: customer.id, value },
      ...extra,
    })
  return { meter, customer, licensed, price, send }
}

test('a meter is made, listed and found; its event name is taken', async () => {
  const { stripe } = await started()
  const { meter } = await metered(stripe)
  expect(meter).toMatchObject({
    object: 'billing.meter',
    status: 'active',
    customer_mapping: { type: 'by_id', event_payload_key: 'stripe_customer_id' },
    value_settings: { event_payload_key: 'value' },
  })
  expect(meter.id).toStartWith('mtr_test_')
  expect((await stripe.billing.meters.list({ status: 'active' })).data).toHaveLength(1)
  expect((await stripe.billing.meters.retrieve(meter.id)).event_name).toBe('minutes')
  const twin = stripe.billing.meters.create({
    display_name: 'Again',
    event_name: 'minutes',
    default_aggregation: { formula: 'sum' },
  })
  expect((await refusalOf(twin)).param).toBe('event_name')
})

test('events are summed; decimals exactly', async () => {
  const { stripe } = await started()
  const { meter, customer, send } = await metered(stripe)
  const sent = await send('0.1', { identifier: 'a' })
  expect(sent).toMatchObject({ object: 'billing.meter_event', identifier: 'a', event_name: 'minutes' })
  await send('0.2')
  await send('41')
  const minute = Math.floor(Date.now() / 60_000) * 60
  const window = { customer: customer.id, start_time: minute - 3600, end_time: minute + 120 }
  const { data } = await stripe.billing.meters.listEventSummaries(meter.id, window)
  expect(data).toHaveLength(1)
  expect(data[0]).toMatchObject({ aggregated_value: 41.3, meter: meter.id })
  const unaligned = stripe.billing.meters.listEventSummaries(meter.id, { ...window, start_time: minute - 1 })
  expect((await refusalOf(unaligned)).param).toBe('start_time')
})

test('an identifier is taken in once in 24 hours', async () => {
  const { stripe } = await started()
  const { send } = await metered(stripe)
  await send('1', { identifier: 'same' })
  const again = await refusalOf(send('1', { identifier: 'same' }))
  expect(again.statusCode).toBe(400)
  expect(again.message).toStartWith('An event already exists with identifier same')
})

test('events for no meter, without a value, too old or from the future are refused', async () => {
  const { stripe } = await started()
  const { customer, send } = await metered(stripe)
  const now = Math.floor(Date.now() / 1000)
  expect((await refusalOf(send('many'))).code).toBe('meter_event_invalid_value')
  expect((await refusalOf(send('1234567890123456'))).code).toBe('meter_event_value_too_many_digits')
  expect((await refusalOf(send('1', { timestamp: now - 36 * 86_400 }))).code).toBe('timestamp_too_far_in_past')
  expect((await refusalOf(send('1', { timestamp: now + 600 }))).code).toBe('timestamp_in_future')
  const unknown = stripe.billing.meterEvents.create({
    event_name: 'nothing',
    payload: { stripe_customer_id: customer.id, value: '1' },
  })
  expect((await refusalOf(unknown)).statusCode).toBe(400)
})

test('a subscription with metered items bills the licensed ones first and the usage when it ends', async () => {
  const { stripe } = await started()
  const { customer, licensed, price, send } = await metered(stripe)
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: licensed.id }, { price: price.id }],
    expand: ['latest_invoice'],
  })
  expect(made.latest_invoice).toMatchObject({ total: 3900, lines: { data: [{ amount: 3900 }] } })
  expect(made.items.data[1]).not.toHaveProperty('quantity')
  await send('10000', { timestamp: made.created })
  await Bun.sleep(1_100)
  const ended = await stripe.subscriptions.cancel(made.id, { invoice_now: true, expand: ['latest_invoice'] })
  expect(ended.status).toBe('canceled')
  expect(ended.latest_invoice).toMatchObject({ status: 'paid', total: 125, lines: { data: [{ quantity: 10000 }] } })
})

test('a metered subscription alone needs no invoice to begin with', async () => {
  const { stripe } = await started()
  const { customer, price } = await metered(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(made).toMatchObject({ status: 'active', latest_invoice: null })
})
