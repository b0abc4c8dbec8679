import { expect, test } from 'bun:test'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { eventually, raw, receiver, refusalOf, started } from './support.ts'

type Answer = Readonly<Record<string, unknown>>

async function post(sandbox: Sandbox, path: string, body: object = {}): Promise<Answer> {
  const response = await fetch(`${sandbox.url}/_sim/${path}`, { method: 'POST', body: JSON.stringify(body) })
  return (await response.json()) as Answer
}
const get = async (sandbox: Sandbox, path: string) =>
  (await (await fetch(`${sandbox.url}/_sim/${path}`)).json()) as Answer

test('a test waits for an event instead of sleeping', async () => {
  const { sandbox, stripe } = await started()
  const waiting = get(sandbox, 'expect?type=customer.updated')
  const customer = await stripe.customers.create({})
  await stripe.customers.update(customer.id, { name: 'Ann' })
  const first = await waiting
  expect(first).toMatchObject({ type: 'customer.updated', data: { object: { id: customer.id, name: 'Ann' } } })
  await stripe.customers.update(customer.id, { name: 'Bea' })
  const second = await get(sandbox, `expect?type=customer.updated&after=${String(first.id)}&object=${customer.id}`)
  expect(second).toMatchObject({ data: { object: { name: 'Bea' } } })
  const never = await get(sandbox, 'expect?type=invoice.paid&timeout_ms=30')
  expect(never).toMatchObject({ error: { type: 'api_error' } })
})

test('an event is sent again, to one endpoint or to all', async () => {
  const { sandbox, stripe } = await started()
  const [one, other] = [receiver(), receiver()]
  const endpoint = await stripe.webhookEndpoints.create({ url: one.url, enabled_events: ['*'] })
  await stripe.webhookEndpoints.create({ url: other.url, enabled_events: ['customer.created', 'customer.updated'] })
  await stripe.customers.create({})
  await eventually(() => one.received.length === 1)
  const [event] = (await stripe.events.list()).data
  await post(sandbox, `events/${event?.id}/resend`)
  await eventually(() => one.received.length === 2)
  const retried = await raw(sandbox, 'POST', `/v1/events/${event?.id}/retry`, `webhook_endpoint=${endpoint.id}`)
  expect(retried.body.id).toBe(event?.id)
  await eventually(() => one.received.length === 3)
  expect(one.received[2]?.body).toBe(one.received[0]?.body ?? '')
})

test('an endpoint receives what it asked for and nothing else', async () => {
  const { stripe } = await started()
  const hook = receiver()
  await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['customer.updated'] })
  const customer = await stripe.customers.create({})
  await stripe.customers.update(customer.id, { name: 'Ann' })
  await eventually(() => hook.received.length === 1)
  const unknown = stripe.webhookEndpoints.create({ url: hook.url, enabled_events: [] })
  expect((await refusalOf(unknown)).param).toBe('enabled_events')
})

test('events are listed by the success of their deliveries', async () => {
  const { stripe } = await started()
  const hook = receiver((attempt) => (attempt === 1 ? 500 : 200))
  await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['*'] })
  const types = async (delivery_success: boolean) =>
    (await stripe.events.list({ delivery_success })).data.map(({ type }) => type)
  await stripe.customers.create({})
  await eventually(() => hook.received.length === 1)
  expect(await types(false)).toEqual(['customer.created'])
  await eventually(() => hook.received.length === 2)
  await eventually(async () => (await types(false)).length === 0)
  expect(await types(true)).toEqual(['customer.created'])
})

test('everything can be put back as it was', async () => {
  const { sandbox, stripe } = await started()
  const kept = await stripe.customers.create({ name: 'Ann' })
  expect(await post(sandbox, 'snapshot', { name: 'one' })).toMatchObject({ name: 'one' })
  const lost = await stripe.customers.create({ name: 'Bea' })
  await stripe.customers.update(kept.id, { name: 'Cleo' })
  await fetch(`${sandbox.url}/_sim/reset`, { method: 'POST' })
  expect((await stripe.customers.list()).data).toEqual([])
  expect(await post(sandbox, 'restore', { name: 'one' })).toEqual({ name: 'one' })
  expect((await stripe.customers.retrieve(kept.id)) as { name?: string }).toMatchObject({ name: 'Ann' })
  expect((await refusalOf(stripe.customers.retrieve(lost.id))).statusCode).toBe(404)
  expect((await stripe.events.list()).data).toHaveLength(1)
  expect(await get(sandbox, 'snapshots')).toMatchObject({ data: [{ name: 'one' }] })
  expect(await post(sandbox, 'restore', { name: 'two' })).toMatchObject({ error: { type: 'invalid_request_error' } })
})

/** A reference as the format writes it. */
const from = (path: string) => ['$', '{', path, '}'].join('')

const fixtures = {
  _meta: { template_version: 0 },
  fixtures: [
    { name: 'ann', path: '/v1/customers', method: 'post', params: { name: 'Ann', metadata: { plan: 'pro' } } },
    { name: 'product', path: '/v1/products', method: 'post', params: { name: from('ann:metadata.plan') } },
    {
      name: 'price',
      path: '/v1/prices',
      method: 'post',
      params: {
        product: from('product:id'),
        currency: 'usd',
        unit_amount: 3900,
        nickname: from('product:nothing|Monthly'),
        recurring: { interval: 'month' },
      },
    },
    { name: 'again', path: `/v1/products/${from('product:id')}`, method: 'get' },
    { name: 'nobody', path: '/v1/customers/cus_x', method: 'get', expected_error_type: 'invalid_request_error' },
  ],
}

test('a file in the format of the fixtures of the CLI makes objects', async () => {
  const { sandbox, stripe } = await started()
  const made = await post(sandbox, 'seed', fixtures)
  expect(made).toMatchObject({
    data: { price: { nickname: 'Monthly', unit_amount: 3900 }, again: { name: 'pro' }, nobody: { error: {} } },
  })
  expect((await stripe.prices.list()).data).toHaveLength(1)
  const wrong = { fixtures: [...fixtures.fixtures, { name: 'bad', path: '/v1/products', method: 'post', params: {} }] }
  expect(await post(sandbox, 'seed', wrong)).toMatchObject({ error: { param: 'name' } })
  expect((await stripe.prices.list()).data).toHaveLength(1)
})

test('a steering call that is misspelt or unreadable says so, and asks for no key', async () => {
  const { sandbox } = await started()
  const send = async (method: string, path: string, body?: string) => {
    const answer = await fetch(`${sandbox.url}${path}`, { method, ...(body === undefined ? {} : { body }) })
    const { error } = (await answer.json()) as { error: { message: string } }
    return `${answer.status} ${error.message}`
  }
  for (const path of ['/_sim/clock', '/_sim/settings', '/_sim/faults', '/_sim/seed']) {
    expect(await send('POST', path, '{bad')).toBe('400 Invalid request body: it is not valid JSON.')
  }
  expect(await send('GET', '/_sim/clokc')).toStartWith('404 There is no GET /_sim/clokc here.')
  expect(await send('POST', '/_sim/nothing/at/all', 'a=b')).toStartWith('404 There is no POST /_sim/nothing/at/all')
})

test('the log of requests is filtered', async () => {
  const { sandbox, stripe } = await started()
  await stripe.customers.create({}, { idempotencyKey: 'k' })
  await stripe.products.list()
  await refusalOf(stripe.customers.retrieve('cus_x'))
  const paths = async (query: string) =>
    ((await get(sandbox, `requests?${query}`)).data as { path: string }[]).map(({ path }) => path)
  expect(await paths('method=POST')).toEqual(['/v1/customers'])
  expect(await paths('status=404')).toEqual(['/v1/customers/cus_x'])
  expect(await paths('path=/v1/customers')).toEqual(['/v1/customers/cus_x', '/v1/customers'])
  expect(await paths('idempotency_key=k')).toEqual(['/v1/customers'])
})
