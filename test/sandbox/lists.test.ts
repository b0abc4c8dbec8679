import { expect, test } from 'bun:test'
import Stripe from 'stripe'
import { clientOf, minutesMeter, raw, readyToSubscribe, refusalOf, started } from './support.ts'

test('a list of an unknown customer is refused, whatever is listed', async () => {
  const { sandbox } = await started()
  const lists = [
    'subscriptions',
    'invoices',
    'payment_intents',
    'charges',
    'invoiceitems',
    'setup_intents',
    'checkout/sessions',
    'credit_notes',
    'subscription_schedules',
    'promotion_codes',
    'billing/credit_grants',
    'payment_methods',
  ]
  for (const list of lists) {
    const { status, error } = await raw(sandbox, 'GET', `/v1/${list}?customer=cus_X`)
    expect([list, status, error.code, error.param, error.message]).toEqual([
      list,
      400,
      'resource_missing',
      'customer',
      "No such customer: 'cus_X'",
    ])
  }
})

test('what belongs to a deleted customer can still be listed', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await stripe.customers.del(customer.id)
  expect((await stripe.invoices.list({ customer: customer.id })).data).toHaveLength(1)
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toHaveLength(1)
})

test('products and prices are searched by their fields and metadata', async () => {
  const { stripe } = await started()
  const pro = await stripe.products.create({ name: 'Pro plan', metadata: { tier: 'high' } })
  const free = await stripe.products.create({ name: 'Free plan', active: false })
  const idsOf = async (query: string) => (await stripe.products.search({ query })).data.map(({ id }) => id)
  expect(await idsOf("active:'true'")).toEqual([pro.id])
  expect(await idsOf("name~'plan' -metadata['tier']:'high'")).toEqual([free.id])
  const price = await stripe.prices.create({ product: pro.id, currency: 'eur', unit_amount: 500, lookup_key: 'pro' })
  await stripe.prices.create({ product: free.id, currency: 'usd', unit_amount: 0 })
  const found = await stripe.prices.search({ query: `lookup_key:'pro' AND currency:'eur' AND product:'${pro.id}'` })
  expect(found).toMatchObject({ object: 'search_result', has_more: false, data: [{ id: price.id }] })
  const unknown = await refusalOf(stripe.prices.search({ query: "color:'red'" }))
  expect(unknown).toMatchObject({ statusCode: 400, param: 'query' })
})

test('invoices, charges and payment intents are searched by customer, status and amount', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const { id: subscription } = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
  })
  const own = `customer:'${customer.id}'`
  const counts = async (clause: string) => [
    (await stripe.charges.search({ query: `${own} AND ${clause}` })).data.length,
    (await stripe.paymentIntents.search({ query: `${own} AND ${clause}` })).data.length,
  ]
  expect(await counts("status:'succeeded'")).toEqual([1, 1])
  expect(await counts('amount>=3900')).toEqual([1, 1])
  expect(await counts('amount>3900')).toEqual([0, 0])
  const byCard = await stripe.charges.search({ query: 'payment_method_details.card.last4:4242' })
  expect(byCard.data).toHaveLength(1)
  const query = `subscription:'${subscription}' AND total>1000 AND status:'paid' AND created>0`
  expect((await stripe.invoices.search({ query })).data).toHaveLength(1)
})

async function streaming() {
  const { sandbox, stripe } = await started()
  const meter = await minutesMeter(stripe)
  const customer = await stripe.customers.create({})
  const session = await stripe.v2.billing.meterEventSession.create()
  const eventsOf = (count: number) =>
    Array.from({ length: count }, () => ({
      event_name: 'minutes',
      payload: { stripe_customer_id: customer.id, value: '2' },
    }))
  const send = (count: number, token = session.authentication_token) =>
    clientOf(sandbox, token).v2.billing.meterEventStream.create({ events: eventsOf(count) })
  return { sandbox, stripe, meter, customer, session, send }
}

test('usage is streamed with the token of a session, up to 100 events a call', async () => {
  const { stripe, meter, customer, session, send } = await streaming()
  expect(session).toMatchObject({ object: 'v2.billing.meter_event_session', livemode: false })
  expect(Date.parse(session.expires_at) - Date.parse(session.created)).toBe(15 * 60_000)
  await send(100)
  expect((await refusalOf(send(101))).statusCode).toBe(400)
  const minute = Math.floor(Date.now() / 60_000) * 60
  const window = { customer: customer.id, start_time: minute - 600, end_time: minute + 120 }
  expect((await stripe.billing.meters.listEventSummaries(meter.id, window)).data[0]?.aggregated_value).toBe(200)
})

test('a stream with an API key, or with a token that has expired, is refused', async () => {
  const { sandbox, send } = await streaming()
  const expired = Stripe.errors.TemporarySessionExpiredError
  const foreign = await refusalOf(send(1, 'sk_test_x'))
  expect(foreign).toBeInstanceOf(expired)
  expect(foreign.statusCode).toBe(401)
  await send(1)
  await raw(sandbox, 'POST', '/_sim/clock', 'advance=960')
  expect(await refusalOf(send(1))).toBeInstanceOf(expired)
})

test('the token of a session opens nothing but the stream', async () => {
  const { sandbox, session } = await streaming()
  const refused = await refusalOf(clientOf(sandbox, session.authentication_token).customers.list())
  expect(refused.statusCode).toBe(401)
})
