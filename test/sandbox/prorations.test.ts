import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { refusalOf, started } from './support.ts'
import { advance, customerAt, eventsBetween, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

const start = 1775589264

test('ten recorded prorations are reproduced to the cent and the word, and the renewal is paid by its own credit', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, start)
  const plus = await planOf(stripe, 'Identity Plus', 3500)
  const pro = await planOf(stripe, 'Identity Pro', 8500)
  const yearly = await planOf(stripe, 'Identity Year', 85_000, 'year')
  const made = await stripe.subscriptions.create({ customer, items: [{ price: pro }] })
  const { id } = itemOf(made)
  for (const [moment, price] of [
    [1775590677, plus],
    [1775590756, yearly],
    [1775602671, plus],
    [1775602690, pro],
    [1775796934, plus],
  ] as const) {
    await advance(stripe, clock, moment)
    await stripe.subscriptions.update(made.id, { items: [{ id, price }] })
  }
  await advance(stripe, clock, 1778181264 + 3600)
  const [, renewal] = await invoicesOf(stripe, made.id)
  if (!renewal) throw new Error('it was not renewed')
  expect(linesOf(renewal)).toEqual([
    ['Unused time on Identity Pro after 10 Apr 2026', -7819],
    ['Remaining time on Identity Plus after 10 Apr 2026', 3220],
    ['Unused time on Identity Plus after 7 Apr 2026', -3482],
    ['Remaining time on Identity Pro after 7 Apr 2026', 8456],
    ['Unused time on Identity Year after 7 Apr 2026', -84_964],
    ['Remaining time on Identity Plus after 7 Apr 2026', 3482],
    ['Unused time on Identity Plus after 7 Apr 2026', -3498],
    ['Remaining time on Identity Year after 7 Apr 2026', 84_996],
    ['Unused time on Identity Pro after 7 Apr 2026', -8495],
    ['Remaining time on Identity Plus after 7 Apr 2026', 3498],
    ['1 × Identity Plus (at $35.00 / month)', 3500],
  ])
  expect(renewal).toMatchObject({
    total: -1106,
    status: 'paid',
    amount_due: 0,
    attempt_count: 0,
    ending_balance: -1106,
    billing_reason: 'subscription_cycle',
  })
  expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -1106 })
  const details = renewal.lines.data.map((line) => line.parent?.subscription_item_details)
  expect(details.map((detail) => detail?.proration)).toEqual([...Array(10).fill(true), false])
  const first = (await invoicesOf(stripe, made.id))[0]
  expect(details[8]?.proration_details?.credited_items).toEqual({
    invoice: first?.id ?? '',
    invoice_line_items: [first?.lines.data[0]?.id ?? ''],
  })
  expect(details[9]?.proration_details?.credited_items).toBeNull()
  expect(renewal.lines.data[0]).toMatchObject({ quantity: 1, discountable: false })
})

test('a month exchanged for a year in the same second is invoiced at once', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, start)
  const monthly = await planOf(stripe, 'Test Subscription', 2500, 'month', 'user')
  const product = (await stripe.prices.retrieve(monthly)).product as string
  const yearly = await stripe.prices.create({
    product,
    currency: 'usd',
    unit_amount: 25_000,
    recurring: { interval: 'year' },
  })
  const swap = async (extra: Stripe.SubscriptionUpdateParams) => {
    const made = await stripe.subscriptions.create({ customer, items: [{ price: monthly, quantity: 1 }] })
    const items = [{ id: itemOf(made).id, price: yearly.id }]
    const after = await stripe.subscriptions.update(made.id, { items, proration_behavior: 'always_invoice', ...extra })
    const [, invoice] = await invoicesOf(stripe, made.id)
    if (!invoice) throw new Error('nothing was invoiced')
    return { after, invoice }
  }
  const kept = await swap({})
  expect(kept.invoice).toMatchObject({ total: 22_500, status: 'paid', billing_reason: 'subscription_update' })
  expect(kept.invoice.lines.data.map(({ amount }) => amount)).toEqual([-2500, 25_000])
  expect(kept.after.billing_cycle_anchor).toBe(start)
  expect(itemOf(kept.after).current_period_end).toBe(Date.parse('2027-04-07T19:14:24Z') / 1000)
  const anew = await swap({ billing_cycle_anchor: { type: 'now' } })
  expect(linesOf(anew.invoice)).toEqual([
    ['Unused time on Test Subscription after 7 Apr 2026', -2500],
    ['1 user × Test Subscription (at $250.00 / year)', 25_000],
  ])
  const full = anew.invoice.lines.data[1]
  expect(full?.parent?.subscription_item_details?.proration).toBe(false)
  expect(full?.period.start).toBe(start)
})

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
