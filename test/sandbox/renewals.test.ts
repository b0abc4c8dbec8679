import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { raw, started } from './support.ts'
import { advance, at, customerAt, day, eventsBetween, invoicesOf, itemOf, linesOf, pass, planOf } from './timing.ts'

const hour = 3_600

test('a renewal is announced a week before, drafted at the boundary, and paid an hour later', async () => {
  const { stripe } = await started()
  const begin = at('2027-01-31')
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3900)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  const end = at('2027-02-28')
  await advance(stripe, clock, end + 60)
  expect(await eventsBetween(stripe, begin + 1, end)).toEqual([
    'invoice.upcoming',
    'customer.subscription.updated',
    'invoice.created',
  ])
  const [, draft] = await invoicesOf(stripe, made.id)
  expect(draft).toMatchObject({
    status: 'draft',
    billing_reason: 'subscription_cycle',
    created: end,
    period_start: begin,
    period_end: end,
    automatically_finalizes_at: end + hour,
    auto_advance: true,
    attempted: false,
  })
  expect(draft?.lines.data[0]?.period).toEqual({ start: end, end: at('2027-03-31') })
  const { data: upcoming } = await stripe.events.list({ type: 'invoice.upcoming' })
  expect(upcoming[0]?.data.object).not.toHaveProperty('id')
  expect(upcoming[0]).toMatchObject({ created: end - 7 * day, request: { id: null } })
  await advance(stripe, clock, end + 2 * hour)
  expect(await eventsBetween(stripe, end + hour)).toEqual([
    'invoice.updated',
    'invoice.finalized',
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const [, paid] = await invoicesOf(stripe, made.id)
  expect(paid).toMatchObject({ status: 'paid', attempt_count: 1, amount_paid: 3900 })
  expect(paid?.status_transitions.paid_at).toBe(end + hour)
})

test.each([28, 29, 30, 31])(
  '48 months from 31 January less %p agree with an independent calendar',
  async (dayOfMonth) => {
    const { stripe, sandbox } = await started()
    await raw(sandbox, 'POST', '/_sim/settings', 'test_clock_limits=off')
    const from = Temporal.ZonedDateTime.from(`2027-01-${dayOfMonth}T23:59:58+00:00[UTC]`)
    const { clock, customer } = await customerAt(stripe, from.epochMilliseconds / 1000)
    const price = await planOf(stripe, 'Pro', 1000)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    const seconds = (months: number) => from.add({ months }).epochMilliseconds / 1000
    await advance(stripe, clock, seconds(48))
    const invoices = await invoicesOf(stripe, made.id)
    const periods = invoices.map((invoice) => invoice.lines.data[0]?.period)
    const expected = Array.from({ length: 49 }, (_, month) => ({ start: seconds(month), end: seconds(month + 1) }))
    expect(periods).toEqual(expected)
  },
)

test('what a metered item used is billed afterwards, with what still comes in while the invoice is a draft', async () => {
  const { stripe } = await started()
  const begin = at('2027-03-10')
  const { clock, customer } = await customerAt(stripe, begin)
  const meter = await stripe.billing.meters.create({
    display_name: 'Seconds',
    event_name: 'seconds',
    default_aggregation: { formula: 'sum' },
  })
  const product = await stripe.products.create({ name: 'Speech' })
  const metered = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 2,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  const base = await planOf(stripe, 'Base', 900)
  const made = await stripe.subscriptions.create({ customer, items: [{ price: base }, { price: metered.id }] })
  const use = (value: string, timestamp: number) =>
    stripe.billing.meterEvents.create({
      event_name: 'seconds',
      payload: { stripe_customer_id: customer, value },
      timestamp,
    })
  const end = at('2027-04-10')
  await advance(stripe, clock, end - hour)
  await use('300', end - 2 * hour)
  await advance(stripe, clock, end + 60)
  await use('40', end - 30)
  await use('7', end + 30)
  await advance(stripe, clock, end + 2 * hour)
  const [, renewal] = await invoicesOf(stripe, made.id)
  expect(renewal && linesOf(renewal)).toEqual([
    ['340 × Speech (at $0.02 / month)', 680],
    ['1 × Base (at $9.00 / month)', 900],
  ])
  expect(renewal?.lines.data[0]?.period).toEqual({ start: begin, end })
  expect(renewal).toMatchObject({ status: 'paid', total: 1580 })
})

test('items of different intervals renew each in its own time', async () => {
  const { stripe, sandbox } = await started()
  await raw(sandbox, 'POST', '/_sim/settings', 'test_clock_limits=off')
  const begin = at('2027-01-15')
  const { clock, customer } = await customerAt(stripe, begin)
  const [monthly, yearly] = [await planOf(stripe, 'Month', 1000), await planOf(stripe, 'Year', 9000, 'year')]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: monthly }, { price: yearly }] })
  await advance(stripe, clock, at('2028-01-16'))
  const totals = (await invoicesOf(stripe, made.id)).map(({ total }) => total)
  expect(totals).toEqual([10_000, ...Array(11).fill(1000), 10_000])
})

test('the default clock takes durations and moments, tells its offset, and never goes back', async () => {
  const { sandbox, stripe } = await started()
  const read = async () => (await (await fetch(`${sandbox.url}/_sim/clock`)).json()) as Record<string, number>
  expect(await read()).toMatchObject({ offset: 0, advancing: null })
  await pass(sandbox, '2h')
  await pass(sandbox, '30d')
  await pass(sandbox, 60)
  expect((await read()).offset).toBe(2 * hour + 30 * day + 60)
  expect(sandbox.clock()).toEqual({ offsetSeconds: 2 * hour + 30 * day + 60 })
  const { now = 0 } = await read()
  await raw(sandbox, 'POST', '/_sim/clock', `to=${now + day}`)
  expect((await read()).now).toBeGreaterThanOrEqual(now + day)
  expect((await raw(sandbox, 'POST', '/_sim/clock', `to=${now}`)).status).toBe(400)
  expect((await raw(sandbox, 'POST', '/_sim/clock', 'advance=1fortnight')).error.param).toBe('advance')
  const customer = await stripe.customers.create({})
  expect(customer.created).toBeGreaterThanOrEqual(now + day)
})

test('a test clock gives its customers a time of their own, moves forward within reach only, and takes them along', async () => {
  const { stripe } = await started()
  const begin = at('2027-01-01')
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3900)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  expect(made).toMatchObject({ created: begin, test_clock: clock })
  const refuse = async (frozen_time: number) => {
    try {
      await stripe.testHelpers.testClocks.advance(clock, { frozen_time })
      return 200
    } catch (reason) {
      return (reason as Stripe.errors.StripeError).statusCode
    }
  }
  expect(await refuse(begin)).toBe(400)
  expect(await refuse(at('2027-03-02'))).toBe(400)
  await advance(stripe, clock, at('2027-03-01'))
  expect(itemOf(await stripe.subscriptions.retrieve(made.id)).current_period_start).toBe(at('2027-03-01'))
  expect((await stripe.customers.list({ test_clock: clock })).data).toHaveLength(1)
  const intent = (await stripe.paymentIntents.list({ customer })).data[0]
  expect(Math.abs((intent?.created ?? 0) - Date.now() / 1000)).toBeLessThan(60)
  await stripe.testHelpers.testClocks.del(clock)
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ deleted: true })
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('canceled')
})

test('a webhook is signed by the wall whatever the clock says', async () => {
  const { sandbox, stripe } = await started()
  await pass(sandbox, '1y')
  const { receiver, eventually } = await import('./support.ts')
  const hook = receiver()
  const secret = sandbox.connectWebhook(hook.url)
  await stripe.customers.create({})
  await eventually(() => hook.received.length > 0)
  const [first] = hook.received
  const event = await stripe.webhooks.constructEventAsync(first?.body ?? '', first?.signature ?? '', secret)
  expect(event.created).toBeGreaterThan(Date.now() / 1000 + 364 * day)
})
