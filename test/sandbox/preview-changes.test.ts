import { expect, test } from 'bun:test'
import { started } from './support.ts'
import { advance, at, customerAt, day, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

const begin = at('2027-01-10')
const second = at('2027-02-10')

async function subscribed() {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 3100), await planOf(stripe, 'Pro', 6200)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }] })
  return { stripe, clock, customer, basic, pro, made }
}

test('a preview of a pause shows what pausing credits, and pauses nothing', async () => {
  const { stripe, clock, made } = await subscribed()
  await advance(stripe, clock, begin + 10 * day)
  const pause = { type: 'subscription', bill_for: { unused_time_from: { type: 'now' } } } as const
  const preview = await stripe.invoices.createPreview({ subscription: made.id, subscription_details: { pause } })
  expect(linesOf(preview)).toEqual([['Unused time on Basic after 20 Jan 2027', -2100]])
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
  await stripe.subscriptions.pause(made.id, { ...pause, invoicing_behavior: 'invoice' })
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice?.total).toBe(preview.total)
})

test('a preview of a resumption is the invoice that resuming makes', async () => {
  const { stripe, clock, made } = await subscribed()
  await stripe.subscriptions.pause(made.id, {
    type: 'subscription',
    bill_for: { unused_time_from: { type: 'none' }, outstanding_usage_through: { type: 'none' } },
  })
  await advance(stripe, clock, begin + 10 * day)
  const preview = await stripe.invoices.createPreview({
    subscription: made.id,
    subscription_details: { resume_at: 'now' },
  })
  expect(preview.total).toBe(3100)
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('paused')
  await stripe.subscriptions.resume(made.id, { billing_cycle_anchor: { type: 'now' } })
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice && linesOf(invoice)).toEqual(linesOf(preview))
})

test('a preview of a schedule shows its next phase, and is what it makes', async () => {
  const { stripe, clock, basic, pro, made } = await subscribed()
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  const phases = [
    { items: [{ price: basic }], start_date: begin, end_date: second },
    { items: [{ price: pro }], duration: { interval: 'month', interval_count: 1 } as const },
  ]
  const before = await stripe.invoices.createPreview({ schedule: schedule.id })
  expect(before.total).toBe(3100)
  const wished = await stripe.invoices.createPreview({ schedule: schedule.id, schedule_details: { phases } })
  expect(wished.total).toBe(6200)
  expect((await stripe.invoices.createPreview({ schedule: schedule.id })).total).toBe(3100)
  await stripe.subscriptionSchedules.update(schedule.id, { phases })
  const preview = await stripe.invoices.createPreview({ schedule: schedule.id })
  expect(linesOf(preview)).toEqual([['1 × Pro (at $62.00 / month)', 6200]])
  await advance(stripe, clock, second + 3_601)
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice && linesOf(invoice)).toEqual(linesOf(preview))
})

test('a schedule that is not made yet can be previewed', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Basic', 3100)
  const phases = [{ items: [{ price, quantity: 2 }], duration: { interval: 'month', interval_count: 3 } as const }]
  const preview = await stripe.invoices.createPreview({ customer, schedule_details: { phases } })
  expect(linesOf(preview)).toEqual([['2 × Basic (at $31.00 / month)', 6200]])
  expect((await stripe.subscriptionSchedules.list({ customer })).data).toEqual([])
  expect((await stripe.subscriptions.list({ customer })).data).toEqual([])
})

test('a phase that begins within a period is previewed with its prorations', async () => {
  const { stripe, basic, pro, made } = await subscribed()
  const schedule = await stripe.subscriptionSchedules.create({ from_subscription: made.id })
  const middle = begin + 15.5 * day
  await stripe.subscriptionSchedules.update(schedule.id, {
    phases: [
      { items: [{ price: basic }], start_date: begin, end_date: middle },
      { items: [{ price: pro }], duration: { interval: 'month', interval_count: 1 } },
    ],
  })
  const preview = await stripe.invoices.createPreview({ schedule: schedule.id })
  expect(preview.lines.data.map(({ amount }) => amount)).toEqual([-1550, 3100, 6200])
  expect(itemOf(await stripe.subscriptions.retrieve(made.id)).price.id).toBe(basic)
})
