import { expect, test } from 'bun:test'
import Stripe from 'stripe'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { eventually, minutesMeter, readyToSubscribe, receiver, refusalOf, started } from './support.ts'

async function metered(stripe: Stripe) {
  const meter = await minutesMeter(stripe)
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

test('times are checked at once', async () => {
  const { stripe } = await started()
  const { send } = await metered(stripe)
  const now = Math.floor(Date.now() / 1000)
  expect((await refusalOf(send('1', { timestamp: now - 36 * 86_400 }))).code).toBe('timestamp_too_far_in_past')
  expect((await refusalOf(send('1', { timestamp: now + 600 }))).code).toBe('timestamp_in_future')
  await send('1', { timestamp: now - 34 * 86_400 })
  await send('1', { timestamp: now + 240 })
})

async function setting(sandbox: Sandbox, values: Record<string, string>): Promise<void> {
  await fetch(`${sandbox.url}/_sim/settings`, { method: 'POST', body: JSON.stringify(values) })
}

test('with a setting, faulty events are refused at once', async () => {
  const { sandbox, stripe } = await started()
  await setting(sandbox, { meter_errors: 'at_once' })
  const { customer, send } = await metered(stripe)
  expect((await refusalOf(send('many'))).code).toBe('meter_event_invalid_value')
  expect((await refusalOf(send('1234567890123456'))).code).toBe('meter_event_value_too_many_digits')
  const unknown = stripe.billing.meterEvents.create({
    event_name: 'nothing',
    payload: { stripe_customer_id: customer.id, value: '1' },
  })
  expect((await refusalOf(unknown)).statusCode).toBe(400)
})

test('what is wrong with an event is told later, by a thin event', async () => {
  const { stripe } = await started()
  const { meter, customer, send } = await metered(stripe)
  const hook = receiver()
  const destination = await stripe.v2.core.eventDestinations.create({
    name: 'errors',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.billing.meter.error_report_triggered', 'v1.billing.meter.no_meter_found'],
    webhook_endpoint: { url: hook.url },
    include: ['webhook_endpoint.signing_secret', 'webhook_endpoint.url'],
  })
  const secret = destination.webhook_endpoint?.signing_secret ?? ''
  expect(secret).toStartWith('whsec_')
  expect(destination.webhook_endpoint?.url).toBe(hook.url)
  await send('many', { identifier: 'bad' })
  await eventually(() => hook.received.length === 1)
  const [delivery] = hook.received
  const notification = await stripe.parseEventNotificationAsync(delivery?.body ?? '', delivery?.signature ?? '', secret)
  expect(notification.type).toBe('v1.billing.meter.error_report_triggered')
  const event = await stripe.v2.core.events.retrieve(notification.id)
  if (event.type !== 'v1.billing.meter.error_report_triggered') throw new Error(event.type)
  expect(event.related_object.id).toBe(meter.id)
  expect(event.data.reason.error_types[0]).toMatchObject({ code: 'meter_event_invalid_value', error_count: 1 })
  expect((await event.fetchRelatedObject()).id).toBe(meter.id)

  await stripe.billing.meterEvents.create({
    event_name: 'nothing',
    payload: { stripe_customer_id: customer.id, value: '1' },
  })
  await stripe.billing.meterEvents.create({
    event_name: 'minutes',
    payload: { stripe_customer_id: 'cus_x', value: '1' },
  })
  await stripe.billing.meterEvents.create({ event_name: 'minutes', payload: { value: '1' } })
  await send('1234567890123456')
  const told = await stripe.v2.core.events.list({})
  const codes = told.data.map((found) =>
    found.type === 'v1.billing.meter.error_report_triggered' || found.type === 'v1.billing.meter.no_meter_found'
      ? found.data.reason.error_types[0]?.code
      : found.type,
  )
  expect(codes).toEqual([
    'meter_event_value_too_many_digits',
    'meter_event_no_customer_defined',
    'meter_event_customer_not_found',
    'no_meter',
    'meter_event_invalid_value',
  ])
  expect((await refusalOf(send('1', { identifier: 'bad' }))).message).toContain('already exists')
})

test('a destination is pinged, switched off and on, changed and deleted', async () => {
  const { stripe } = await started()
  const hook = receiver()
  const { id } = await stripe.v2.core.eventDestinations.create({
    name: 'mine',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['v1.customer.created'],
    webhook_endpoint: { url: hook.url },
  })
  await stripe.v2.core.eventDestinations.ping(id)
  await eventually(() => hook.received.length === 1)
  expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({ type: 'v2.core.event_destination.ping' })
  await stripe.customers.create({})
  await eventually(() => hook.received.length === 2)
  expect((await stripe.v2.core.eventDestinations.disable(id)).status).toBe('disabled')
  await stripe.customers.create({})
  expect((await stripe.v2.core.eventDestinations.enable(id)).status).toBe('enabled')
  expect((await stripe.v2.core.eventDestinations.update(id, { name: 'yours' })).name).toBe('yours')
  expect((await stripe.v2.core.eventDestinations.list()).data.map(({ name }) => name)).toEqual(['yours'])
  await stripe.v2.core.eventDestinations.del(id)
  expect((await stripe.v2.core.eventDestinations.list()).data).toEqual([])
  expect(hook.received).toHaveLength(2)
})

test('an event is taken back within a day, and its identifier stays taken', async () => {
  const { stripe } = await started()
  const { meter, customer, send } = await metered(stripe)
  await send('5', { identifier: 'wrong' })
  await send('2')
  const adjusted = await stripe.billing.meterEventAdjustments.create({
    event_name: 'minutes',
    type: 'cancel',
    cancel: { identifier: 'wrong' },
  })
  expect(adjusted).toMatchObject({ object: 'billing.meter_event_adjustment', status: 'complete' })
  const minute = Math.floor(Date.now() / 60_000) * 60
  const window = { customer: customer.id, start_time: minute - 600, end_time: minute + 120 }
  expect((await stripe.billing.meters.listEventSummaries(meter.id, window)).data[0]?.aggregated_value).toBe(2)
  expect((await refusalOf(send('5', { identifier: 'wrong' }))).statusCode).toBe(400)
  const twice = stripe.billing.meterEventAdjustments.create({
    event_name: 'minutes',
    type: 'cancel',
    cancel: { identifier: 'wrong' },
  })
  expect((await refusalOf(twice)).code).toBe('resource_missing')
})

test('a meter is switched off, which frees its name, and on again', async () => {
  const { stripe } = await started()
  const { meter } = await metered(stripe)
  expect((await stripe.billing.meters.deactivate(meter.id)).status).toBe('inactive')
  const twin = await stripe.billing.meters.create({
    display_name: 'Again',
    event_name: 'minutes',
    default_aggregation: { formula: 'sum' },
  })
  expect((await refusalOf(stripe.billing.meters.reactivate(meter.id))).param).toBe('event_name')
  await stripe.billing.meters.deactivate(twin.id)
  expect((await stripe.billing.meters.reactivate(meter.id)).status).toBe('active')
  const types = (await stripe.events.list({ type: 'billing.meter.*' })).data.map(({ type }) => type)
  expect(types.slice(0, 2)).toEqual(['billing.meter.reactivated', 'billing.meter.deactivated'])
})

test('summaries are grouped by hour and day, and may lag', async () => {
  const { sandbox, stripe } = await started()
  const { meter, customer, send } = await metered(stripe)
  const day = Math.floor(Date.now() / 86_400_000) * 86_400
  await send('1', { timestamp: day - 86_400 })
  await send('2', { timestamp: day - 86_400 + 3600 })
  await send('4', { timestamp: day - 1 })
  const window = { customer: customer.id, start_time: day - 2 * 86_400, end_time: day }
  const sums = async (value_grouping_window: 'day' | 'hour') =>
    (await stripe.billing.meters.listEventSummaries(meter.id, { ...window, value_grouping_window })).data.map(
      ({ aggregated_value }) => aggregated_value,
    )
  expect(await sums('day')).toEqual([7])
  expect(await sums('hour')).toEqual([4, 2, 1])
  await setting(sandbox, { meter_summary_lag_seconds: '60' })
  expect(await sums('day')).toEqual([])
})

test('with a setting, calls at the same time for one customer and meter are refused but one', async () => {
  const { sandbox, stripe } = await started()
  const { send } = await metered(stripe)
  const together = async () => Promise.allSettled(Array.from({ length: 30 }, () => send('1')))
  expect((await together()).filter(({ status }) => status === 'rejected')).toHaveLength(0)
  await setting(sandbox, { meter_calls: 'one_at_a_time' })
  const outcomes = await together()
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(refused[0]?.reason).toMatchObject({ statusCode: 429, code: 'lock_timeout' })
  await send('1')
})

test('the second API checks everything before it answers', async () => {
  const { stripe } = await started()
  const { customer } = await metered(stripe)
  const payload = { stripe_customer_id: customer.id, value: '3' }
  const sent = await stripe.v2.billing.meterEvents.create({ event_name: 'minutes', payload })
  expect(sent).toMatchObject({ object: 'v2.billing.meter_event', event_name: 'minutes' })
  expect(Date.parse(sent.timestamp)).not.toBeNaN()
  const unknown = stripe.v2.billing.meterEvents.create({ event_name: 'nothing', payload })
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
