import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { minutesMeter, monthlyPrice, readyToSubscribe, refusalOf, started } from './support.ts'

async function subscribed(stripe: Stripe) {
  const { customer, price } = await readyToSubscribe(stripe)
  const other = await monthlyPrice(stripe, 9900)
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const configuration = await stripe.billingPortal.configurations.create({
    business_profile: { headline: 'Speech app' },
    features: {
      customer_update: { enabled: true, allowed_updates: ['email', 'name'] },
      invoice_history: { enabled: true },
      payment_method_update: { enabled: true },
      subscription_cancel: {
        enabled: true,
        cancellation_reason: { enabled: true, options: ['too_expensive', 'unused'] },
      },
      subscription_update: {
        enabled: true,
        default_allowed_updates: ['price'],
        proration_behavior: 'none',
        products: [{ product: String(other.product), prices: [other.id] }],
      },
    },
  })
  return { customer, price, other, subscription, configuration }
}

async function press(session: Stripe.BillingPortal.Session, fields: Record<string, string>) {
  const response = await fetch(session.url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  return { status: response.status, to: response.headers.get('location'), text: await response.text() }
}
const look = async (session: Stripe.BillingPortal.Session, query = '') => (await fetch(`${session.url}${query}`)).text()

test('the portal shows plan, card and invoices', async () => {
  const { stripe } = await started()
  const { customer, configuration } = await subscribed(stripe)
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
    return_url: 'http://127.0.0.1:9/back',
  })
  expect(session).toMatchObject({ object: 'billing_portal.session', customer: customer.id, flow: null })
  const page = await look(session)
  for (const text of [
    'Speech app',
    '$39.00',
    'Visa ending in 4242',
    'paid',
    'http://127.0.0.1:9/back',
    'Change plan',
  ]) {
    expect(page).toContain(text)
  }
})

test('a year whose use is billed by the month is renewed when the year is over', async () => {
  const { stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  const meter = await minutesMeter(stripe)
  const product_data = { name: 'Pro' }
  const [year, use] = await Promise.all([
    stripe.prices.create({ currency: 'usd', unit_amount: 39_000, product_data, recurring: { interval: 'year' } }),
    stripe.prices.create({
      currency: 'usd',
      unit_amount: 5,
      product_data,
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    }),
  ])
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: year.id, quantity: 1 }, { price: use.id }],
  })
  const end = subscription.items.data.find(({ price }) => price.id === year.id)?.current_period_end ?? 0
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id })
  expect(await look(session)).toContain(`renews on ${new Date(end * 1000).toISOString().slice(0, 10)}`)
})

test('a subscription is cancelled at the end of its period and taken up again', async () => {
  const { stripe } = await started()
  const { customer, subscription, configuration } = await subscribed(stripe)
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
  })
  expect(await look(session, '?view=subscription_cancel')).toContain('too expensive')
  const gone = await press(session, { do: 'cancel', subscription: subscription.id, feedback: 'too_expensive' })
  expect(gone.text).toContain('will end')
  const ending = await stripe.subscriptions.retrieve(subscription.id)
  expect(ending.cancel_at).toBe(ending.items.data[0]?.current_period_end ?? 0)
  expect(ending).toMatchObject({ cancel_at_period_end: false, cancellation_details: { feedback: 'too_expensive' } })
  await press(session, { do: 'resume', subscription: subscription.id })
  expect((await stripe.subscriptions.retrieve(subscription.id)).cancel_at).toBeNull()
})

test('the plan is changed to one that is offered, and to no other', async () => {
  const { stripe } = await started()
  const { customer, other, subscription, configuration } = await subscribed(stripe)
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
  })
  expect(await look(session, '?view=subscription_update')).toContain('$99.00')
  const wild = await monthlyPrice(stripe, 1)
  expect((await press(session, { do: 'change', subscription: subscription.id, price: wild.id })).status).toBe(402)
  await press(session, { do: 'change', subscription: subscription.id, price: other.id })
  expect((await stripe.subscriptions.retrieve(subscription.id)).items.data[0]?.price.id).toBe(other.id)
})

test('card and details are changed', async () => {
  const { stripe } = await started()
  const { customer, configuration } = await subscribed(stripe)
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: configuration.id })
  const declined = await press(session, { view: 'payment_method_update', test_card: '4000000000000002' })
  expect(declined.status).toBe(402)
  expect(declined.text).toContain('declined')
  expect((await press(session, { number: '5555555555554444', expiry: '12/34' })).text).toContain('ending in 4444')
  const bank = await press(session, { test_card: '4000002500003155' })
  const method = /name="method" value="(pm_\w+)"/.exec(bank.text)?.[1] ?? ''
  expect((await press(session, { do: 'authenticate', method, outcome: 'succeed' })).text).toContain('ending in 3155')
  await press(session, { do: 'details', email: 'new@example.com', phone: '1' })
  const after = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer
  expect(after.email).toBe('new@example.com')
  expect(after.phone).toBeNull()
})

test('an address is changed where the configuration lets it, and every task leads back to the first page', async () => {
  const { stripe } = await started()
  const { customer } = await subscribed(stripe)
  const allowing = await stripe.billingPortal.configurations.create({
    features: { customer_update: { enabled: true, allowed_updates: ['address'] } },
  })
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: allowing.id })
  const form = await look(session, '?view=customer_update')
  expect(form).toContain('name="address[line1]"')
  expect(form).toContain('href="?"')
  await press(session, { do: 'details', 'address[line1]': 'Main Street 1', 'address[country]': 'DE', email: 'x@y.z' })
  const after = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer
  expect(after.address).toMatchObject({ line1: 'Main Street 1', city: null, country: 'DE' })
  expect(after.email).toBe(customer.email)
  expect(await look(session, '')).not.toContain('href="?"')
})

test('what a configuration does not allow is neither shown nor done', async () => {
  const { stripe } = await started()
  const { customer, subscription } = await subscribed(stripe)
  const bare = await stripe.billingPortal.configurations.create({ features: { invoice_history: { enabled: true } } })
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: bare.id })
  const page = await look(session, '?view=subscription_cancel')
  expect(page).not.toContain('Cancel')
  expect(page).not.toContain('Change')
  expect((await press(session, { do: 'cancel', subscription: subscription.id })).status).toBe(402)
  expect((await press(session, { test_card: '4242424242424242' })).status).toBe(402)
  const flow = stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: bare.id,
    flow_data: { type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id } },
  })
  expect((await refusalOf(flow)).param).toBe('flow_data[type]')
})

test('a deep link leads to one task and back', async () => {
  const { stripe } = await started()
  const { customer, subscription, configuration } = await subscribed(stripe)
  const session = await stripe.billingPortal.sessions.create({
    customer: customer.id,
    configuration: configuration.id,
    flow_data: {
      type: 'subscription_cancel',
      subscription_cancel: { subscription: subscription.id },
      after_completion: { type: 'redirect', redirect: { return_url: 'http://127.0.0.1:9/after' } },
    },
  })
  expect(session.flow?.type).toBe('subscription_cancel')
  expect(await look(session)).toContain('Cancel subscription')
  const done = await press(session, { do: 'cancel', subscription: subscription.id })
  expect(done).toMatchObject({ status: 303, to: 'http://127.0.0.1:9/after' })
})

test('configurations are listed and changed; the default one is there when needed', async () => {
  const { stripe } = await started()
  const { customer, configuration } = await subscribed(stripe)
  await stripe.billingPortal.sessions.create({ customer: customer.id })
  expect((await stripe.billingPortal.configurations.list({ is_default: true })).data).toHaveLength(1)
  const changed = await stripe.billingPortal.configurations.update(configuration.id, {
    features: { subscription_cancel: { enabled: false } },
    metadata: { a: '1' },
  })
  expect(changed.features.subscription_cancel.enabled).toBe(false)
  expect(changed.features.subscription_update.enabled).toBe(true)
  const types = (await stripe.events.list({ type: 'billing_portal.*' })).data.map(({ type }) => type)
  expect(types).toContain('billing_portal.configuration.updated')
})

test('a step down waits for the end of the period where the configuration says so', async () => {
  const { stripe } = await started()
  const { customer, subscription } = await subscribed(stripe)
  const cheap = await monthlyPrice(stripe, 900)
  const configuration = await stripe.billingPortal.configurations.create({
    features: {
      subscription_update: {
        enabled: true,
        default_allowed_updates: ['price'],
        products: [{ product: String(cheap.product), prices: [cheap.id] }],
        schedule_at_period_end: { conditions: [{ type: 'decreasing_item_amount' }] },
      },
    },
  })
  const session = await stripe.billingPortal.sessions.create({ customer: customer.id, configuration: configuration.id })
  const chosen = await press(session, { do: 'change', subscription: subscription.id, price: cheap.id })
  expect(chosen.text).toContain('at the end of this period')
  const after = await stripe.subscriptions.retrieve(subscription.id, { expand: ['schedule'] })
  expect(after.items.data[0]?.price.unit_amount).toBe(3900)
  expect(after.schedule).toMatchObject({ status: 'active', end_behavior: 'release' })
  expect((after.schedule as Stripe.SubscriptionSchedule).phases).toHaveLength(2)
})

test('what has several items, or is billed by use, can be cancelled there and not changed', async () => {
  const { stripe } = await started()
  const { customer, price, other, subscription, configuration } = await subscribed(stripe)
  const meter = await stripe.billing.meters.create({
    display_name: 'Minutes',
    event_name: 'minutes',
    default_aggregation: { formula: 'sum' },
  })
  const metered = await stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 5,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  await stripe.subscriptions.update(subscription.id, { items: [{ price: metered.id }] })
  const named = { customer: customer.id, configuration: configuration.id }
  const session = await stripe.billingPortal.sessions.create(named)
  const page = await look(session)
  expect(page).not.toContain('Change plan')
  expect(page).toContain('Cancel')
  const pressed = await press(session, { do: 'change', subscription: subscription.id, price: other.id })
  expect(pressed.text).toContain('This is not offered here.')
  const flow_data = { type: 'subscription_update', subscription_update: { subscription: subscription.id } } as const
  const refused = await refusalOf(stripe.billingPortal.sessions.create({ ...named, flow_data }))
  expect(refused).toMatchObject({ param: 'flow_data[subscription_update][subscription]', statusCode: 400 })
  expect((await stripe.subscriptions.retrieve(subscription.id)).items.data).toHaveLength(2)
})
