import { expect, test } from 'bun:test'
import { refusalOf, started } from './support.ts'
import { advance, at, customerAt, day, eventsBetween, invoicesOf, itemOf, planOf } from './timing.ts'

const begin = at('2027-01-10')
const [second, third] = [at('2027-02-10'), at('2027-03-10')]

test('a schedule begins a subscription, changes it phase by phase, and ends it if it should', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const month = { interval: 'month', interval_count: 1 } as const
  const schedule = await stripe.subscriptionSchedules.create({
    customer,
    start_date: begin + day,
    end_behavior: 'cancel',
    phases: [
      { items: [{ price: basic, quantity: 2 }], duration: month },
      { items: [{ price: pro }], duration: month },
    ],
  })
  expect(schedule).toMatchObject({ status: 'not_started', subscription: null, current_phase: null })
  await advance(stripe, clock, begin + 2 * day)
  const running = await stripe.subscriptionSchedules.retrieve(schedule.id, { expand: ['subscription'] })
  const subscription = running.subscription
  if (subscription === null || typeof subscription === 'string') throw new Error('no subscription was made')
  expect(subscription).toMatchObject({ status: 'active', schedule: schedule.id })
  expect(running).toMatchObject({
    status: 'active',
    current_phase: { start_date: begin + day, end_date: second + day },
  })
  await advance(stripe, clock, second + 2 * day)
  expect(itemOf(await stripe.subscriptions.retrieve(subscription.id)).price.id).toBe(pro)
  await advance(stripe, clock, third + 2 * day)
  expect(await eventsBetween(stripe, third + day - 9 * day)).toEqual(['subscription_schedule.expiring'])
  expect(await eventsBetween(stripe, third + day - 7 * day)).toEqual(['invoice.upcoming'])
  expect((await invoicesOf(stripe, subscription.id)).map(({ total }) => total)).toEqual([2000, 3000])
  expect((await stripe.subscriptionSchedules.retrieve(schedule.id)).status).toBe('completed')
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled')
})

test('a running subscription is put on a schedule and let go again', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: pro }] })
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  const [phase] = schedule.phases
  expect(phase).toMatchObject({ start_date: begin, end_date: second, items: [{ price: pro, quantity: 1 }] })
  expect((await stripe.subscriptions.retrieve(made.id)).schedule).toBe(schedule.id)
  const again = stripe.subscriptionSchedules.create({ from_subscription: made.id })
  expect((await refusalOf(again)).statusCode).toBe(400)
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: pro }], start_date: begin, end_date: second },
      { items: [{ price: basic }], duration: { interval: 'month', interval_count: 1 } },
    ],
  })
  await advance(stripe, clock, second + 3_600)
  const down = await stripe.subscriptions.retrieve(made.id)
  expect(itemOf(down)).toMatchObject({ id: itemOf(made).id, price: { id: basic }, current_period_start: second })
  expect((await invoicesOf(stripe, made.id)).at(-1)).toMatchObject({ status: 'paid', total: 1000 })
  const released = await stripe.subscriptionSchedules.release(schedule.id)
  expect(released).toMatchObject({ status: 'released', subscription: null, released_subscription: made.id })
  expect((await stripe.subscriptions.retrieve(made.id)).schedule).toBeNull()
  expect((await refusalOf(stripe.subscriptionSchedules.cancel(schedule.id))).statusCode).toBe(400)
})

test('cancelling a schedule ends its subscription, and an ended subscription its schedule', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3000)
  const scheduled = async () => {
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    return { made, schedule: await stripe.subscriptionSchedules.create({ from_subscription: made.id }) }
  }
  const first = await scheduled()
  expect((await stripe.subscriptionSchedules.cancel(first.schedule.id)).status).toBe('canceled')
  expect((await stripe.subscriptions.retrieve(first.made.id)).status).toBe('canceled')
  const other = await scheduled()
  await stripe.subscriptions.cancel(other.made.id)
  expect((await stripe.subscriptionSchedules.retrieve(other.schedule.id)).status).toBe('canceled')
})

test('a phase has its own taxes, discounts, extras and terms, and defaults stand in for what it leaves out', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false })
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' })
  const { product } = await stripe.prices.retrieve(basic)
  const setUp = await stripe.prices.create({ product: String(product), currency: 'usd', unit_amount: 700 })
  const month = { interval: 'month', interval_count: 1 } as const
  const schedule = await stripe.subscriptionSchedules.create({
    customer,
    start_date: 'now',
    default_settings: { description: 'By plan', collection_method: 'charge_automatically' },
    phases: [
      { items: [{ price: basic, metadata: { step: 'one' } }], default_tax_rates: [vat.id], duration: month },
      {
        items: [{ price: pro, metadata: { step: 'two' }, discounts: [{ coupon: coupon.id }], tax_rates: [vat.id] }],
        add_invoice_items: [{ price: setUp.id }],
        collection_method: 'send_invoice',
        invoice_settings: { days_until_due: 9 },
        duration: month,
      },
    ],
  })
  expect(schedule.phases[1]).toMatchObject({
    add_invoice_items: [{ price: setUp.id }],
    items: [{ tax_rates: [{ id: vat.id }] }],
    invoice_settings: { days_until_due: 9 },
  })
  await advance(stripe, clock, begin + day)
  const id = String(schedule.subscription)
  const one = await stripe.subscriptions.retrieve(id)
  expect(one).toMatchObject({ description: 'By plan', default_tax_rates: [{ id: vat.id }], days_until_due: null })
  expect(itemOf(one).metadata).toEqual({ step: 'one' })
  await advance(stripe, clock, second + day)
  const two = await stripe.subscriptions.retrieve(id)
  expect(two).toMatchObject({ collection_method: 'send_invoice', days_until_due: 9, default_tax_rates: [] })
  expect(itemOf(two).metadata).toEqual({ step: 'two' })
  expect((await invoicesOf(stripe, id)).map(({ total }) => total)).toEqual([1100, 700 + 1650])
})

test('schedules are listed by when they ended', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Basic', 1000)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  await advance(stripe, clock, begin + day)
  await stripe.subscriptionSchedules.release(schedule.id)
  const released = async (released_at: { gte?: number; lt?: number }) =>
    (await stripe.subscriptionSchedules.list({ customer, released_at })).data.length
  expect([await released({ gte: begin + day }), await released({ lt: begin + day })]).toEqual([1, 0])
  expect((await stripe.subscriptionSchedules.list({ customer, canceled_at: { gte: begin } })).data).toEqual([])
})
