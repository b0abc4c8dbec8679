import { expect, test } from 'bun:test'
import { refusalOf, started } from './support.ts'
import { advance, at, customerAt, day, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

const begin = at('2027-04-15')

test('a backdated subscription bills on its first invoice what has passed', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Basic', 3100)
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    backdate_start_date: at('2027-02-28') + 15 * day + 43_200,
  })
  expect(made).toMatchObject({ status: 'active', start_date: at('2027-02-28') + 15 * day + 43_200 })
  expect(itemOf(made).current_period_start).toBe(begin)
  const [invoice] = await invoicesOf(stripe, made.id)
  expect(invoice && linesOf(invoice)).toEqual([
    ['Remaining time on Basic after 15 Mar 2027', 3050],
    ['1 × Basic (at $31.00 / month)', 3100],
  ])
})

test('several months back are billed month by month, and nothing without proration', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Basic', 1000)
  const wish = { customer, items: [{ price }], backdate_start_date: at('2027-01-15') }
  const made = await stripe.subscriptions.create(wish)
  const [invoice] = await invoicesOf(stripe, made.id)
  expect(invoice?.total).toBe(4000)
  const free = await stripe.subscriptions.create({ ...wish, proration_behavior: 'none' })
  expect((await invoicesOf(stripe, free.id))[0]?.total).toBe(1000)
  const ahead = stripe.subscriptions.create({ ...wish, backdate_start_date: begin + day })
  expect((await refusalOf(ahead)).param).toBe('backdate_start_date')
})

test('what is pending is invoiced between renewals as often as the subscription says', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Basic', 1000)
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    pending_invoice_item_interval: { interval: 'week' },
  })
  expect(made).toMatchObject({
    pending_invoice_item_interval: { interval: 'week', interval_count: 1 },
    next_pending_invoice_item_invoice: begin + 7 * day,
  })
  await advance(stripe, clock, begin + 8 * day)
  await stripe.invoiceItems.create({ customer, subscription: made.id, amount: 250, currency: 'usd' })
  await advance(stripe, clock, begin + 14 * day + 3_601)
  const [, weekly, ...more] = await invoicesOf(stripe, made.id)
  expect(weekly).toMatchObject({
    total: 250,
    status: 'paid',
    billing_reason: 'automatic_pending_invoice_item_invoice',
  })
  expect(more).toEqual([])
  const cleared = await stripe.subscriptions.update(made.id, { pending_invoice_item_interval: '' })
  expect(cleared).toMatchObject({ pending_invoice_item_interval: null, next_pending_invoice_item_invoice: null })
})
