// What other simulators' suites check, some of them against Stripe itself, as sentences of our own.
import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { monthlyPrice, raw, readyToSubscribe, refusalOf, started } from './support.ts'
import { at, customerAt, day, itemOf, planOf } from './timing.ts'

test('without a card a subscription is refused, unless it is on trial or costs nothing', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create()
  const price = await monthlyPrice(stripe)
  const free = await monthlyPrice(stripe, 0)
  const terms = (id: string) => ({ customer: customer.id, items: [{ price: id }] })
  expect((await refusalOf(stripe.subscriptions.create(terms(price.id)))).code).toBe('resource_missing')
  const trial = await stripe.subscriptions.create({ ...terms(price.id), trial_period_days: 7 })
  expect(trial.status).toBe('trialing')
  expect((await stripe.subscriptions.create(terms(free.id))).status).toBe('active')
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toHaveLength(2)
})

test('a second plan in another currency is refused, until the first is over', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const first = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const euros = await stripe.prices.create({
    product: String(price.product),
    currency: 'eur',
    unit_amount: 900,
    recurring: { interval: 'month' },
  })
  const second = () => stripe.subscriptions.create({ customer: customer.id, items: [{ price: euros.id }] })
  const { message } = await refusalOf(second())
  expect(message).toStartWith('You cannot combine currencies on a single customer.')
  await stripe.subscriptions.cancel(first.id)
  expect(await second()).toMatchObject({ status: 'active', currency: 'eur' })
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ currency: 'eur' })
})

test('a discount is a coupon or a promotion code, not both at once', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'once' })
  const code = await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id } })
  const both = { coupon: coupon.id, promotion_code: code.id }
  const subscribe = (discounts: Stripe.SubscriptionCreateParams.Discount[]) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], discounts })
  expect(await refusalOf(subscribe([both]))).toMatchObject({ statusCode: 400, param: 'discounts[0]' })
  const checkout = stripe.checkout.sessions.create({
    mode: 'subscription',
    success_url: 'https://example.com',
    line_items: [{ price: price.id, quantity: 1 }],
    discounts: [both],
  })
  expect(await refusalOf(checkout)).toMatchObject({ statusCode: 400, param: 'discounts[0]' })
})

test.each([
  ['in the past', String(Math.floor(Date.now() / 1000) - 3600)],
  ['more than five years ahead', String(Math.floor(Date.now() / 1000) + 5 * 366 * day + day)],
  ['not a whole number', '12.5'],
  ['a word', 'tomorrow'],
])('a trial end that is %s is refused', async (_what, end) => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const body = `customer=${customer.id}&items[0][price]=${price.id}&trial_end=${end}`
  const { status, error } = await raw(sandbox, 'POST', '/v1/subscriptions', body)
  expect(status).toBe(400)
  expect(error.param).toBe('trial_end')
})

test('an anchor of the billing cycle decides when the first period ends', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, at('2026-01-10'))
  const price = await planOf(stripe, 'Pro', 3100)
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    billing_cycle_anchor: at('2026-01-25'),
  })
  expect(itemOf(made).current_period_end).toBe(at('2026-01-25'))
  expect(made.billing_cycle_anchor).toBe(at('2026-01-25'))
})

test('an ended subscription takes no update', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await stripe.subscriptions.cancel(made.id)
  const late = stripe.subscriptions.update(made.id, { items: [{ id: itemOf(made).id, quantity: 2 }] })
  expect((await refusalOf(late)).message).toBe(
    'A canceled subscription can only update its cancellation_details and metadata.',
  )
  expect((await refusalOf(stripe.subscriptions.cancel(made.id))).statusCode).toBe(404)
})

test('why somebody leaves is told only while leaving', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const details = { cancellation_details: { comment: 'too dear', feedback: 'too_expensive' as const } }
  const staying = await refusalOf(stripe.subscriptions.update(made.id, details))
  expect(staying).toMatchObject({ statusCode: 400, param: 'cancellation_details' })
  const leaving = await stripe.subscriptions.update(made.id, { ...details, cancel_at_period_end: true })
  expect(leaving.cancellation_details).toMatchObject({ comment: 'too dear', feedback: 'too_expensive' })
  const more = await stripe.subscriptions.update(made.id, { cancellation_details: { comment: 'far too dear' } })
  expect(more.cancellation_details?.comment).toBe('far too dear')
})

test('a list leaves out what was canceled until it is asked for', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await stripe.subscriptions.cancel(made.id)
  const count = async (status?: Stripe.SubscriptionListParams.Status) =>
    (await stripe.subscriptions.list({ customer: customer.id, ...(status ? { status } : {}) })).data.length
  expect([await count(), await count('canceled'), await count('all')]).toEqual([0, 1, 1])
})

test.each([
  ['a month from the 31st', '2026-01-31', 'month', 1, '2026-02-28'],
  ['a year from 29 February', '2028-02-29', 'year', 1, '2029-02-28'],
  ['two months from 31 December', '2026-12-31', 'month', 2, '2027-02-28'],
  ['three months from 30 November', '2026-11-30', 'month', 3, '2027-02-28'],
] as const)('%s ends on the last day there is', async (_what, start, interval, interval_count, end) => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, at(start))
  const product = await stripe.products.create({ name: 'Pro' })
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 900,
    recurring: { interval, interval_count },
  })
  const made = await stripe.subscriptions.create({ customer, items: [{ price: price.id }] })
  expect(itemOf(made).current_period_end).toBe(at(end))
})

test('a preview is not kept', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const preview = await stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items: [{ price: price.id }] },
  })
  expect(preview.id).toStartWith('upcoming_in_')
  expect((await refusalOf(stripe.invoices.retrieve(preview.id))).statusCode).toBe(404)
  expect((await stripe.invoices.list({ customer: customer.id })).data).toEqual([])
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([])
})

test('a proration date lies in the current period', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const item = itemOf(made)
  for (const proration_date of [item.current_period_start - 60, item.current_period_end + 60]) {
    const change = { items: [{ id: item.id, quantity: 2 }], proration_date }
    expect((await refusalOf(stripe.subscriptions.update(made.id, change))).param).toBe('proration_date')
    const preview = stripe.invoices.createPreview({ subscription: made.id, subscription_details: change })
    expect((await refusalOf(preview)).statusCode).toBe(400)
  }
})

test('a search respects its limit and tells of a query it cannot read', async () => {
  const { stripe } = await started()
  for (const name of ['Ann', 'Ann', 'Ann', 'Ben']) await stripe.customers.create({ name })
  const two = await stripe.customers.search({ query: "name:'Ann'", limit: 2 })
  expect([two.data.length, two.has_more]).toEqual([2, true])
  const rest = await stripe.customers.search({ query: "name:'Ann'", limit: 2, page: two.next_page ?? '' })
  expect([rest.data.length, rest.has_more]).toEqual([1, false])
  for (const query of ['name', "name:'Ann' AND", "colour:'red'", "name:'Ann' AND email:'x' OR phone:'1'"]) {
    expect((await refusalOf(stripe.customers.search({ query }))).statusCode).toBe(400)
  }
  expect((await refusalOf(stripe.customers.search({ query: "name:'Ann'", limit: 101 }))).statusCode).toBe(400)
})

test('booleans may be written as Python writes them', async () => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const body = `customer=${customer.id}&items[0][price]=${price.id}&cancel_at_period_end=True&off_session=False`
  const { status, body: made } = await raw(sandbox, 'POST', '/v1/subscriptions', body)
  expect([status, made.cancel_at_period_end]).toEqual([200, true])
})

test('an intent that is given a method and not confirmed waits for its confirmation', async () => {
  const { stripe } = await started()
  const intent = { amount: 500, currency: 'usd' }
  const given = await stripe.paymentIntents.create({ ...intent, payment_method: 'pm_card_visa' })
  expect(given.status).toBe('requires_confirmation')
  expect((await stripe.paymentIntents.create(intent)).status).toBe('requires_payment_method')
})

test('payment methods are listed for a customer, who must be named', async () => {
  const { stripe } = await started()
  expect(await refusalOf(stripe.paymentMethods.list({ type: 'card' }))).toMatchObject({
    statusCode: 400,
    param: 'customer',
  })
})

test('a failure once execution has begun is replayed; a 401 and a 429 are not', async () => {
  const { sandbox } = await started()
  const send = (headers: Record<string, string> = {}) =>
    raw(sandbox, 'POST', '/v1/customers', 'name=Ann', { 'idempotency-key': 'one', ...headers })
  expect((await send({ authorization: 'Bearer nonsense' })).status).toBe(401)
  await raw(sandbox, 'POST', '/_sim/faults', 'path=/v1/customers&status=429')
  expect((await send()).status).toBe(429)
  await raw(sandbox, 'POST', '/_sim/faults', 'path=/v1/customers&status=500&moment=during')
  expect((await send()).status).toBe(500)
  const replayed = await send()
  expect([replayed.status, replayed.headers.get('idempotent-replayed')]).toEqual([500, 'true'])
  const other = await raw(sandbox, 'POST', '/v1/customers', 'name=Ben', { 'idempotency-key': 'one' })
  expect(other.error).toMatchObject({
    type: 'idempotency_error',
    message:
      "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'one' if you meant to execute a different request.",
  })
})
