import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { eventTypes, monthlyPrice, raw, refusalOf, started } from './support.ts'

const back = {
  success_url: 'http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'http://127.0.0.1:9/no',
}

async function oncePrice(stripe: Stripe, unit_amount = 1500): Promise<Stripe.Price> {
  const product = await stripe.products.create({ name: 'Minutes' })
  return stripe.prices.create({ product: product.id, currency: 'usd', unit_amount })
}

/** A session for one of a price. */
function sessionFor(
  stripe: Stripe,
  mode: 'payment' | 'subscription',
  price: Stripe.Price,
  extra: Stripe.Checkout.SessionCreateParams = {},
): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({ ...back, mode, line_items: [{ price: price.id, quantity: 1 }], ...extra })
}

async function open(session: Stripe.Checkout.Session): Promise<string> {
  const response = await fetch(session.url ?? '')
  expect(response.headers.get('content-type')).toStartWith('text/html')
  return response.text()
}

/** What a browser does when a button of the page is pressed. */
async function press(session: Stripe.Checkout.Session, fields: Record<string, string>) {
  const body = new URLSearchParams(fields)
  const response = await fetch(session.url ?? '', { method: 'POST', body, redirect: 'manual' })
  return { status: response.status, to: response.headers.get('location'), text: await response.text() }
}

test('a session for a payment is paid on its page', async () => {
  const { stripe } = await started()
  const price = await oncePrice(stripe)
  const session = await stripe.checkout.sessions.create({
    ...back,
    mode: 'payment',
    line_items: [{ price: price.id, quantity: 2 }],
    payment_intent_data: { metadata: { order: '1' } },
    client_reference_id: 'user-1',
  })
  expect(session).toMatchObject({
    object: 'checkout.session',
    amount_total: 3000,
    status: 'open',
    payment_status: 'unpaid',
    payment_intent: null,
    ui_mode: 'hosted_page',
  })
  expect(session.id).toStartWith('cs_test_a1')
  expect(session.expires_at - session.created).toBe(86_400)
  expect(await open(session)).toContain('$30.00')
  const paid = await press(session, { test_card: '4242424242424242', email: 'ann@example.com' })
  expect(paid).toMatchObject({ status: 303, to: `http://127.0.0.1:9/done?session=${session.id}` })
  const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent', 'line_items'] })
  expect(after.customer_details?.email).toBe('ann@example.com')
  expect(after.line_items?.data[0]?.amount_total).toBe(3000)
  expect(after).toMatchObject({
    status: 'complete',
    payment_status: 'paid',
    url: null,
    payment_intent: { status: 'succeeded', amount: 3000, metadata: { order: '1' } },
  })
  expect(await eventTypes(stripe)).toContain('checkout.session.completed')
  expect((await press(session, { test_card: '4242424242424242' })).status).not.toBe(303)
})

test('a declined card leaves the session open, and another one pays it', async () => {
  const { stripe } = await started()
  const price = await oncePrice(stripe)
  const session = await sessionFor(stripe, 'payment', price)
  const declined = await press(session, { test_card: '4000000000009995', email: 'ann@example.com' })
  expect(declined.status).toBe(402)
  expect(declined.text).toContain('insufficient funds')
  expect(declined.text).toContain('value="ann@example.com"')
  expect((await stripe.charges.list()).data[0]?.status).toBe('failed')
  const wrong = await press(session, { number: '4242 4242 4242 4241', expiry: '12/34', cvc: '123' })
  expect(wrong.text).toContain('card number is incorrect')
  expect((await press(session, { number: '4242 4242 4242 4242', expiry: '12 / 34', cvc: '123' })).status).toBe(303)
})

test('a card that asks for its owner is authenticated on the way', async () => {
  const { stripe } = await started()
  const price = await oncePrice(stripe)
  const session = await sessionFor(stripe, 'payment', price)
  const bank = await press(session, { test_card: '4000002760003184' })
  expect(bank.status).toBe(200)
  const method = /name="method" value="(pm_\w+)"/.exec(bank.text)?.[1] ?? ''
  const refused = await press(session, { do: 'authenticate', method, outcome: 'fail' })
  expect(refused.status).toBe(402)
  const paid = await press(session, { do: 'authenticate', method, outcome: 'succeed' })
  expect(paid.status).toBe(303)
  expect((await stripe.checkout.sessions.retrieve(session.id)).payment_status).toBe('paid')
})

test('a session for a subscription makes the customer, the subscription and its first invoice', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const session = await sessionFor(stripe, 'subscription', price, {
    subscription_data: { metadata: { user: 'u1' } },
    metadata: { session: 's1' },
  })
  expect((await press(session, { test_card: '4242424242424242', email: 'ann@example.com' })).status).toBe(303)
  const types = await eventTypes(stripe)
  expect(types.indexOf('checkout.session.completed')).toBeLessThan(types.indexOf('customer.subscription.created'))
  const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription', 'customer', 'invoice'] })
  expect(after).toMatchObject({
    payment_status: 'paid',
    metadata: { session: 's1' },
    customer: { email: 'ann@example.com' },
    subscription: { status: 'active', metadata: { user: 'u1' } },
    invoice: { status: 'paid', total: 3900 },
  })
})

test('a subscription by a card that asks for its owner is active after the bank has said yes', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const session = await sessionFor(stripe, 'subscription', price)
  const bank = await press(session, { test_card: '4000002760003184', email: 'ann@example.com' })
  const method = /name="method" value="(pm_\w+)"/.exec(bank.text)?.[1] ?? ''
  expect((await press(session, { do: 'authenticate', method, outcome: 'succeed' })).status).toBe(303)
  const [subscription] = (await stripe.subscriptions.list()).data
  expect(subscription?.status).toBe('active')
})

test('a declined card leaves no subscription behind', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const session = await sessionFor(stripe, 'subscription', price)
  expect((await press(session, { test_card: '4000000000000341' })).status).toBe(402)
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open')
})

test('a session that saves a card', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({ email: 'ann@example.com' })
  const session = await stripe.checkout.sessions.create({
    ...back,
    mode: 'setup',
    currency: 'usd',
    customer: customer.id,
  })
  expect(session).toMatchObject({ payment_status: 'no_payment_required', amount_total: null })
  expect(session.id).toStartWith('cs_test_c1')
  expect(await open(session)).toContain('ann@example.com')
  expect((await press(session, { test_card: '4242424242424242' })).status).toBe(303)
  expect((await stripe.setupIntents.retrieve(String(session.setup_intent))).status).toBe('succeeded')
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(1)
})

test('sessions are listed, changed, expired, and refused in words', async () => {
  const { stripe } = await started()
  const price = await oncePrice(stripe)
  const recurring = await monthlyPrice(stripe)
  const create = (extra: Partial<Stripe.Checkout.SessionCreateParams>) => sessionFor(stripe, 'payment', price, extra)
  const session = await create({})
  expect((await stripe.checkout.sessions.update(session.id, { metadata: { a: '1' } })).metadata).toEqual({ a: '1' })
  expect((await stripe.checkout.sessions.listLineItems(session.id)).data[0]?.description).toBe('Minutes')
  expect((await stripe.checkout.sessions.expire(session.id)).status).toBe('expired')
  expect((await refusalOf(stripe.checkout.sessions.expire(session.id))).statusCode).toBe(400)
  expect((await stripe.checkout.sessions.list({ status: 'expired' })).data).toHaveLength(1)
  const wrong = await refusalOf(create({ line_items: [{ price: recurring.id, quantity: 1 }] }))
  expect(wrong.param).toBe('line_items[0][price]')
  expect((await refusalOf(create({ mode: 'subscription' }))).param).toBe('line_items')
  expect((await refusalOf(create({ expires_at: 1 }))).param).toBe('expires_at')
  expect((await refusalOf(create({ customer: 'cus_x' }))).param).toBe('customer')
})

test('a price may be made on the spot', async () => {
  const { stripe } = await started()
  const session = await stripe.checkout.sessions.create({
    ...back,
    mode: 'subscription',
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: 'usd',
          unit_amount: 900,
          recurring: { interval: 'month' },
          product_data: { name: 'Go' },
        },
      },
    ],
  })
  expect(session.amount_total).toBe(900)
  expect(await open(session)).toContain('Go')
})

test('payment pages answer as the command line expects, also for a bank account that pays later', async () => {
  const { sandbox, stripe } = await started()
  const product = await stripe.products.create({ name: 'Minutes' })
  const price = await stripe.prices.create({ product: product.id, currency: 'eur', unit_amount: 1500 })
  const pay = async (iban: string) => {
    const session = await stripe.checkout.sessions.create({
      ...back,
      mode: 'payment',
      line_items: [{ price: price.id, quantity: 2 }],
    })
    const debit = `type=sepa_debit&sepa_debit[iban]=${iban}&billing_details[email]=a@b.c&billing_details[name]=Ann`
    const method = await raw(sandbox, 'POST', '/v1/payment_methods', debit)
    const path = `/v1/payment_pages/${session.id}`
    expect((await raw(sandbox, 'GET', path)).body).toMatchObject({ object: 'payment_page', total: 3000 })
    const wrong = await raw(sandbox, 'POST', `${path}/confirm`, `payment_method=${method.body.id}&expected_amount=1`)
    expect(wrong.error.param).toBe('expected_amount')
    await raw(sandbox, 'POST', `${path}/confirm`, `payment_method=${method.body.id}&expected_amount=3000`)
    return session.id
  }
  const good = await pay('AT611904300234573201')
  await raw(sandbox, 'POST', '/v1/customers', '')
  expect((await stripe.checkout.sessions.retrieve(good)).payment_status).toBe('paid')
  const bad = await pay('AT861904300235473202')
  await raw(sandbox, 'POST', '/v1/customers', '')
  expect((await stripe.checkout.sessions.retrieve(bad)).payment_status).toBe('unpaid')
  const types = await eventTypes(stripe)
  expect(types).toContain('checkout.session.async_payment_succeeded')
  expect(types).toContain('checkout.session.async_payment_failed')
  expect(types).toContain('payment_intent.processing')
})

test('a payment link opens a session for whoever comes by', async () => {
  const { stripe } = await started()
  const price = await oncePrice(stripe)
  const link = await stripe.paymentLinks.create({
    line_items: [{ price: price.id, quantity: 1 }],
    after_completion: { type: 'redirect', redirect: { url: 'http://127.0.0.1:9/thanks' } },
  })
  expect(link).toMatchObject({ object: 'payment_link', active: true })
  const opened = await fetch(link.url, { redirect: 'manual' })
  expect(opened.headers.get('location')).toContain('/c/pay/cs_test_a1')
  const [session] = (await stripe.checkout.sessions.list({ payment_link: link.id })).data
  expect(session).toMatchObject({ amount_total: 1500, payment_link: link.id })
  if (!session) throw new Error('no session')
  expect((await press(session, { test_card: '4242424242424242' })).to).toBe('http://127.0.0.1:9/thanks')
  await stripe.paymentLinks.update(link.id, { active: false })
  expect((await fetch(link.url, { redirect: 'manual' })).status).toBe(410)
  expect((await stripe.paymentLinks.listLineItems(link.id)).data).toHaveLength(1)
})

test('a buyer may type a promotion code and choose a quantity', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
  await stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon: coupon.id }, code: 'HALF' })
  const session = await stripe.checkout.sessions.create({
    ...back,
    mode: 'subscription',
    allow_promotion_codes: true,
    line_items: [{ price: price.id, quantity: 1, adjustable_quantity: { enabled: true, minimum: 1, maximum: 5 } }],
  })
  const line = (await stripe.checkout.sessions.listLineItems(session.id)).data[0]?.id ?? ''
  expect((await press(session, { do: 'code', code: 'WRONG' })).text).toContain('This code is invalid')
  expect((await press(session, { do: 'code', code: 'HALF' })).text).toContain('$19.50')
  expect((await press(session, { do: 'quantity', [line]: '9' })).status).toBe(402)
  expect((await press(session, { do: 'quantity', [line]: '2' })).text).toContain('$39.00')
  expect((await press(session, { test_card: '4242424242424242', email: 'ann@example.com' })).status).toBe(303)
  const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['invoice'] })
  expect(after).toMatchObject({ amount_subtotal: 7800, amount_total: 3900, invoice: { total: 3900, subtotal: 7800 } })
})

test('a trial costs nothing today', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const create = (extra: Partial<Stripe.Checkout.SessionCreateParams>) =>
    sessionFor(stripe, 'subscription', price, { subscription_data: { trial_period_days: 14 }, ...extra })
  const session = await create({})
  expect(session).toMatchObject({ amount_total: 0, payment_status: 'no_payment_required' })
  expect(await open(session)).toContain('14 days free')
  expect((await press(session, { test_card: '4242424242424242', email: 'ann@example.com' })).status).toBe(303)
  const after = await stripe.checkout.sessions.retrieve(session.id, { expand: ['subscription'] })
  expect(after).toMatchObject({ payment_status: 'no_payment_required', subscription: { status: 'trialing' } })
  const without = await create({ payment_method_collection: 'if_required' })
  expect(await open(without)).toContain('Confirm')
  expect((await press(without, { do: 'free', email: 'bea@example.com' })).status).toBe(303)
})
