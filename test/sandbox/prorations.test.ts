import { expect, test } from 'bun:test'
import { refusalOf, started } from './support.ts'
import { advance, customerAt, eventsBetween, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

const start = 1775589264

test('the events of an upgrade invoiced at once come in the order of Stripe', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 2000)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }] })
  await advance(stripe, clock, start + 15 * 86_400)
  await stripe.subscriptions.update(made.id, {
    items: [{ id: itemOf(made).id, price: pro }],
    proration_behavior: 'always_invoice',
  })
  expect(await eventsBetween(stripe, start + 15 * 86_400)).toEqual([
    'invoiceitem.created',
    'invoiceitem.created',
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'customer.subscription.updated',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([-500, 1000])
})

test('a change without proration costs nothing until the next period', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 2000)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic, quantity: 3 }] })
  const { id } = itemOf(made)
  const changed = await stripe.subscriptions.update(made.id, {
    items: [{ id, price: pro }],
    proration_behavior: 'none',
  })
  expect(itemOf(changed)).toMatchObject({ id, quantity: 1, price: { id: pro } })
  await advance(stripe, clock, start + 31 * 86_400)
  const [, renewal] = await invoicesOf(stripe, made.id)
  expect(renewal && linesOf(renewal)).toEqual([['1 × Pro (at $20.00 / month)', 2000]])
})

test('items are added and removed for the rest of the period, quantities too', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const [seats, addOn] = [await planOf(stripe, 'Seat', 1000), await planOf(stripe, 'Add-on', 500)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: seats, quantity: 2 }] })
  await advance(stripe, clock, start + 15 * 86_400)
  const grown = await stripe.subscriptions.update(made.id, {
    items: [{ id: itemOf(made).id, quantity: 5 }, { price: addOn }],
  })
  expect(grown.items.data.map(({ quantity }) => quantity)).toEqual([5, 1])
  const second = grown.items.data[1]?.id ?? ''
  const preview = await stripe.invoices.createPreview({ subscription: made.id })
  expect(linesOf(preview)).toEqual([
    ['Unused time on 2 × Seat after 22 Apr 2026', -1000],
    ['Remaining time on 5 × Seat after 22 Apr 2026', 2500],
    ['Remaining time on Add-on after 22 Apr 2026', 250],
    ['5 × Seat (at $10.00 / month)', 5000],
    ['1 × Add-on (at $5.00 / month)', 500],
  ])
  await stripe.subscriptionItems.del(second)
  const items = await stripe.invoiceItems.list({ customer, pending: true })
  expect(items.data.map(({ amount }) => amount)).toEqual([-250, -1000, 2500, 250])
  const duplicate = await refusalOf(stripe.subscriptionItems.create({ subscription: made.id, price: seats }))
  expect(duplicate.message).toContain('is already using that Price')
  const last = stripe.subscriptions.update(made.id, { items: [{ id: itemOf(made).id, deleted: true }] })
  expect((await refusalOf(last)).statusCode).toBe(400)
})

test('a preview is the invoice that the change then makes, and leaves nothing behind', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const [basic, pro] = [await planOf(stripe, 'Basic', 999), await planOf(stripe, 'Pro', 2999)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic, quantity: 3 }] })
  const moment = start + 7 * 86_400 + 1234
  await advance(stripe, clock, moment)
  const { data: before } = await stripe.events.list({ limit: 100 })
  const items = [{ id: itemOf(made).id, price: pro, quantity: 2 }]
  const wish = { items, proration_behavior: 'always_invoice', proration_date: moment - 500 } as const
  const preview = await stripe.invoices.createPreview({ subscription: made.id, subscription_details: wish })
  expect((await stripe.events.list({ limit: 100 })).data).toHaveLength(before.length)
  expect(preview.id).toStartWith('upcoming_in_')
  await stripe.subscriptions.update(made.id, wish)
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice && linesOf(invoice)).toEqual(linesOf(preview))
  expect(invoice?.total).toBe(preview.total)
  const outside = stripe.subscriptions.update(made.id, { items, proration_date: start - 1 })
  expect((await refusalOf(outside)).param).toBe('proration_date')
})

test('classic billing restarts its cycle when the interval changes, and shows a metered item that used nothing', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const [monthly, yearly] = [await planOf(stripe, 'Month', 3000), await planOf(stripe, 'Year', 30_000, 'year')]
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price: monthly }],
    billing_mode: { type: 'classic' },
  })
  expect(made.billing_mode).toEqual({ type: 'classic', flexible: null })
  const moment = start + 15 * 86_400
  await advance(stripe, clock, moment)
  const after = await stripe.subscriptions.update(made.id, { items: [{ id: itemOf(made).id, price: yearly }] })
  expect([after.billing_cycle_anchor, itemOf(after).current_period_start]).toEqual([moment, moment])
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice && linesOf(invoice)).toEqual([
    ['Unused time on Month after 22 Apr 2026', -1500],
    ['1 × Year (at $300.00 / year)', 30_000],
  ])
  const mixed = stripe.subscriptions.update(made.id, { items: [{ price: monthly }] })
  expect((await refusalOf(mixed)).statusCode).toBe(400)
  const flexible = await stripe.subscriptions.migrate(made.id, { billing_mode: { type: 'flexible' } })
  expect(flexible.billing_mode.type).toBe('flexible')
  expect((await stripe.subscriptions.update(made.id, { items: [{ price: monthly }] })).items.data).toHaveLength(2)
})

test('cancelling at once credits the unused time if asked, and refunds it into the balance by a last invoice', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const price = await planOf(stripe, 'Pro', 3000)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  await advance(stripe, clock, start + 10 * 86_400)
  const preview = await stripe.invoices.createPreview({
    subscription: made.id,
    subscription_details: { cancel_now: true },
  })
  expect(preview.total).toBe(-2000)
  await stripe.subscriptions.cancel(made.id, { invoice_now: true, prorate: true })
  const [, last] = await invoicesOf(stripe, made.id)
  expect(last).toMatchObject({ total: -2000, status: 'paid' })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -2000 })
})
