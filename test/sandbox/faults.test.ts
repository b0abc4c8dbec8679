import { expect, test } from 'bun:test'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { clientOf, eventually, raw, readyToSubscribe, receiver, refusalOf, started } from './support.ts'

async function cause(sandbox: Sandbox, fault: Record<string, unknown>): Promise<Record<string, unknown>> {
  const response = await fetch(`${sandbox.url}/_sim/faults`, { method: 'POST', body: JSON.stringify(fault) })
  return (await response.json()) as Record<string, unknown>
}
const standing = async (sandbox: Sandbox) =>
  ((await (await fetch(`${sandbox.url}/_sim/faults`)).json()) as { data: unknown[] }).data

test('a rate limit is said at the door, once, and nothing is stored under the key', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { method: 'POST', path: '/v1/customers', status: 429, retry_after: 2 })
  const keyed = { 'idempotency-key': 'k' }
  const limited = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', keyed)
  expect(limited.status).toBe(429)
  expect(limited.headers.get('retry-after')).toBe('2')
  expect(limited.error.code).toBe('rate_limit')
  const again = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', keyed)
  expect(again.status).toBe(200)
  expect(again.headers.get('idempotent-replayed')).toBeNull()
  expect((await stripe.customers.list()).data).toHaveLength(1)
  expect(await standing(sandbox)).toEqual([])
})

test('a 500 after the effect is stored and replayed, and the effect stays', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { method: 'POST', path: '/v1/customers', moment: 'after' })
  const keyed = { 'idempotency-key': 'k' }
  expect((await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', keyed)).status).toBe(500)
  const replayed = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', keyed)
  expect(replayed.status).toBe(500)
  expect(replayed.headers.get('idempotent-replayed')).toBe('true')
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('a 500 during execution is stored and replayed, and nothing was done', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { path: '/v1/customers', moment: 'during' })
  const create = () => stripe.customers.create({}, { idempotencyKey: 'k' })
  expect((await refusalOf(create())).statusCode).toBe(500)
  expect((await refusalOf(create())).statusCode).toBe(500)
  expect((await stripe.customers.list()).data).toHaveLength(0)
})

test('a call that would have been refused is refused and not stored, fault or no fault', async () => {
  const { sandbox } = await started()
  await cause(sandbox, { path: '/v1/products', moment: 'after' })
  expect((await raw(sandbox, 'POST', '/v1/products', '', { 'idempotency-key': 'k' })).status).toBe(400)
})

test('a connection dropped after the effect answers the next try with what was done', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { method: 'POST', path: '/v1/customers', effect: 'drop', moment: 'after' })
  const create = () => raw(sandbox, 'POST', '/v1/customers', 'name=Ann', { 'idempotency-key': 'k' })
  expect(await create().catch((reason: { code: string }) => reason.code)).toBe('ECONNRESET')
  expect((await create()).headers.get('idempotent-replayed')).toBe('true')
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('a connection dropped before the effect does nothing', async () => {
  const { sandbox, stripe } = await started()
  // The official client tries once more on its own when a connection closes.
  await cause(sandbox, { method: 'POST', path: '/v1/customers', effect: 'drop', times: 2 })
  expect((await refusalOf(stripe.customers.create({}))).type).toBe('StripeConnectionError')
  expect((await stripe.customers.list()).data).toHaveLength(0)
})

test('an answer can be an html page or come late', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { path: '/v1/account', effect: 'html' })
  expect((await refusalOf(stripe.accounts.retrieveCurrent())).message).toStartWith('Invalid JSON')
  await cause(sandbox, { method: 'POST', path: '/v1/customers', effect: 'delay', moment: 'after', delay_ms: 60_000 })
  const hasty = stripe.customers.create({}, { timeout: 500, idempotencyKey: 'k' })
  expect((await refusalOf(hasty)).type).toBe('StripeConnectionError')
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('an outage takes everything below a path until it is cleared', async () => {
  const { sandbox, stripe } = await started()
  const { id } = await cause(sandbox, { effect: 'outage', path: '/v1/billing' })
  for (let attempt = 0; attempt < 3; attempt += 1) {
    expect((await refusalOf(stripe.billing.meters.list())).statusCode).toBe(503)
  }
  expect((await stripe.customers.list()).data).toEqual([])
  await fetch(`${sandbox.url}/_sim/faults/${id}`, { method: 'DELETE' })
  expect((await stripe.billing.meters.list()).data).toEqual([])
  await cause(sandbox, { effect: 'outage' })
  expect((await refusalOf(stripe.customers.list())).statusCode).toBe(503)
  await fetch(`${sandbox.url}/_sim/faults`, { method: 'DELETE' })
  expect((await stripe.customers.list()).data).toEqual([])
})

test('a rate strikes a share of the calls', async () => {
  const { sandbox } = await started()
  await cause(sandbox, { path: '/v1/*', rate: 0.5 })
  const answers = await Promise.all(Array.from({ length: 200 }, () => raw(sandbox, 'GET', '/v1/account')))
  const failed = answers.filter(({ status }) => status === 500).length
  expect(failed).toBeGreaterThan(50)
  expect(failed).toBeLessThan(150)
})

test('the next payment of a customer fails with the code asked for', async () => {
  const { sandbox, stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  await cause(sandbox, { target: 'payments', customer: customer.id, code: 'insufficient_funds' })
  const pay = () =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer: customer.id,
      payment_method: String(customer.invoice_settings.default_payment_method),
      confirm: true,
      off_session: true,
    })
  const declined = await refusalOf(pay())
  expect(declined).toMatchObject({ code: 'card_declined', decline_code: 'insufficient_funds' })
  expect((await pay()).status).toBe('succeeded')
})

test('a fault that makes no sense is refused in words', async () => {
  const { sandbox } = await started()
  expect(await cause(sandbox, { effect: 'double' })).toMatchObject({ error: { param: 'effect' } })
  expect(await cause(sandbox, { moment: 'after', status: 429 })).toMatchObject({ error: { param: 'moment' } })
  expect(await cause(sandbox, { rate: 2 })).toMatchObject({ error: { param: 'rate' } })
  expect(await cause(sandbox, { target: 'payments' })).toMatchObject({ error: { param: 'code' } })
  expect(await cause(sandbox, { nonsense: 1 })).toMatchObject({ error: { code: 'parameter_unknown' } })
})

const typesOf = (hook: ReturnType<typeof receiver>) =>
  hook.received.map(({ body }) => (JSON.parse(body) as { type: string }).type)

test('a delivery can be lost, doubled and delayed', async () => {
  const { sandbox, stripe } = await started()
  const hook = receiver()
  sandbox.connectWebhook(hook.url)
  await cause(sandbox, { target: 'deliveries', effect: 'drop', type: 'customer.created' })
  await cause(sandbox, { target: 'deliveries', effect: 'double', type: 'product.*' })
  await cause(sandbox, { target: 'deliveries', effect: 'delay', delay_ms: 1_500, type: 'customer.updated' })
  const customer = await stripe.customers.create({})
  await stripe.customers.update(customer.id, { name: 'Ann' })
  await stripe.products.create({ name: 'Pro' })
  await stripe.customers.del(customer.id)
  await eventually(() => hook.received.length === 4)
  expect(typesOf(hook).filter((type) => type === 'product.created')).toHaveLength(2)
  expect(typesOf(hook)).not.toContain('customer.created')
  expect(typesOf(hook).at(-1)).toBe('customer.updated')
  const undelivered = async () => (await stripe.events.list({ delivery_success: false })).data.map(({ type }) => type)
  await eventually(async () => (await undelivered()).length === 1)
  expect(await undelivered()).toEqual(['customer.created'])
})

test('deliveries can be made to arrive in the opposite order', async () => {
  const { sandbox, stripe } = await started()
  const hook = receiver()
  sandbox.connectWebhook(hook.url)
  await cause(sandbox, { target: 'deliveries', effect: 'reorder', times: 3, delay_ms: 1_000 })
  const customer = await stripe.customers.create({})
  await stripe.customers.update(customer.id, { name: 'Ann' })
  await stripe.customers.del(customer.id)
  await eventually(() => hook.received.length === 3)
  expect(typesOf(hook)).toEqual(['customer.deleted', 'customer.updated', 'customer.created'])
})

test('the retries of the official client go through a fault', async () => {
  const { sandbox } = await started()
  const patient = clientOf(sandbox, 'sk_test_x', 2)
  await cause(sandbox, { path: '/v1/customers', effect: 'drop', moment: 'after' })
  const made = await patient.customers.create({})
  expect((await patient.customers.list()).data.map(({ id }) => id)).toEqual([made.id])
})

test('a key whose call is still under way is refused', async () => {
  const { sandbox, stripe } = await started()
  await cause(sandbox, { method: 'POST', path: '/v1/customers', effect: 'delay', moment: 'after', delay_ms: 1_500 })
  const create = () => raw(sandbox, 'POST', '/v1/customers', 'name=Ann', { 'idempotency-key': 'k' })
  const first = create()
  await eventually(async () => (await stripe.customers.list()).data.length === 1)
  const second = await create()
  expect(second.status).toBe(409)
  expect(second.error.code).toBe('idempotency_key_in_use')
  expect(second.headers.get('stripe-should-retry')).toBe('true')
  expect((await first).status).toBe(200)
  expect((await create()).headers.get('idempotent-replayed')).toBe('true')
  expect((await stripe.customers.list()).data).toHaveLength(1)
})
