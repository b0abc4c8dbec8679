import { expect, test } from 'bun:test'
import { clientOf, eventually, receiver, refusalOf, started, startedSandbox, temporaryFile } from './support.ts'

test('an event is delivered with a signature the official client accepts', async () => {
  const { sandbox, stripe } = await started()
  const hook = receiver()
  const secret = sandbox.connectWebhook(hook.url)
  expect(secret).toStartWith('whsec_')
  const customer = await stripe.customers.create({ name: 'Ann' }, { idempotencyKey: 'k1' })
  await eventually(() => hook.received.length === 1)
  const [delivery] = hook.received
  const event = await stripe.webhooks.constructEventAsync(delivery?.body ?? '', delivery?.signature ?? '', secret)
  expect(event).toMatchObject({
    object: 'event',
    type: 'customer.created',
    api_version: '2026-10-28.endive',
    livemode: false,
    pending_webhooks: 1,
    request: { idempotency_key: 'k1' },
    data: { object: { id: customer.id } },
  })
  const wrong = stripe.webhooks.constructEventAsync(delivery?.body ?? '', delivery?.signature ?? '', 'whsec_other')
  expect(await wrong.catch((reason: Error) => reason.constructor.name)).toBe('StripeSignatureVerificationError')
  await eventually(async () => (await stripe.events.retrieve(event.id)).pending_webhooks === 0)
})

test('a refused delivery is made again, signed anew', async () => {
  const { sandbox, stripe } = await started()
  const hook = receiver((attempt) => (attempt === 1 ? 500 : 200))
  const secret = sandbox.connectWebhook(hook.url, 'whsec_chosen')
  expect(secret).toBe('whsec_chosen')
  await stripe.customers.create({})
  await eventually(() => hook.received.length === 2)
  const [first, second] = hook.received
  expect(second?.body).toBe(first?.body ?? '')
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(900)
  expect(second?.signature).not.toBe(first?.signature ?? '')
  await stripe.webhooks.constructEventAsync(second?.body ?? '', second?.signature ?? '', secret)
})

test('an endpoint receives the types it asked for', async () => {
  const { stripe } = await started()
  const hook = receiver()
  const endpoint = await stripe.webhookEndpoints.create({
    url: hook.url,
    enabled_events: ['product.created', 'customer.deleted'],
    description: 'mine',
  })
  expect(endpoint.secret).toStartWith('whsec_')
  const customer = await stripe.customers.create({})
  await stripe.products.create({ name: 'Pro' })
  await stripe.customers.del(customer.id)
  await eventually(() => hook.received.length === 2)
  await Bun.sleep(50)
  const types = hook.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)
  expect(types.sort()).toEqual(['customer.deleted', 'product.created'])
})

test('an endpoint shows its secret once, can be changed, switched off and deleted', async () => {
  const { stripe } = await started()
  const hook = receiver()
  const { id } = await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['*'] })
  const shown = await stripe.webhookEndpoints.retrieve(id)
  expect(shown.secret).toBeUndefined()
  expect((await stripe.webhookEndpoints.list()).data[0]?.secret).toBeUndefined()
  const off = await stripe.webhookEndpoints.update(id, { disabled: true, metadata: { a: '1' } })
  expect(off).toMatchObject({ status: 'disabled', metadata: { a: '1' } })
  await stripe.customers.create({})
  await Bun.sleep(50)
  expect(hook.received).toHaveLength(0)
  expect(await stripe.webhookEndpoints.del(id)).toMatchObject({ deleted: true })
  expect((await refusalOf(stripe.webhookEndpoints.retrieve(id))).statusCode).toBe(404)
  const malformed = stripe.webhookEndpoints.create({ url: 'nowhere', enabled_events: ['*'] })
  expect((await refusalOf(malformed)).param).toBe('url')
})

test('what was not delivered before a restart is delivered to the new address afterwards', async () => {
  const file = temporaryFile()
  const before = await startedSandbox(file)
  const secret = before.connectWebhook('http://127.0.0.1:1/nobody-listens')
  const customer = await clientOf(before).customers.create({ name: 'Ann' })
  await before.stop()

  const hook = receiver()
  const after = await startedSandbox(file)
  expect(after.connectWebhook(hook.url)).toBe(secret)
  await eventually(() => hook.received.length === 1)
  expect(JSON.parse(hook.received[0]?.body ?? '')).toMatchObject({
    type: 'customer.created',
    data: { object: { id: customer.id } },
  })
  expect((await clientOf(after).webhookEndpoints.list()).data).toHaveLength(1)
})

test('events are listed by type and time', async () => {
  const { stripe } = await started()
  await stripe.customers.create({})
  await stripe.products.create({ name: 'Pro' })
  const types = async (params: Parameters<typeof stripe.events.list>[0]) =>
    (await stripe.events.list(params)).data.map(({ type }) => type)
  expect(await types({})).toEqual(['product.created', 'customer.created'])
  expect(await types({ type: 'customer.created' })).toEqual(['customer.created'])
  expect(await types({ type: 'customer.*' })).toEqual(['customer.created'])
  expect(await types({ types: ['product.created', 'invoice.paid'] })).toEqual(['product.created'])
  expect(await types({ created: { gt: Math.floor(Date.now() / 1000) + 5 } })).toEqual([])
})

test('no endpoint, no deliveries', async () => {
  const { stripe } = await started()
  await stripe.customers.create({})
  expect((await stripe.events.list()).data[0]?.pending_webhooks).toBe(0)
})
