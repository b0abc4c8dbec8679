import { expect, test } from 'bun:test'
import { startSandbox } from '../../src/sandbox/sandbox.ts'
import { clientOf, raw, readyToSubscribe, receiver, startedSandbox, temporaryFile } from './support.ts'

test('everything is there after a restart', async () => {
  const file = temporaryFile()
  const before = await startedSandbox(file)
  const { customer, price } = await readyToSubscribe(clientOf(before))
  const made = await clientOf(before).subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await raw(before, 'POST', '/_sim/clock', 'advance=3600')
  await before.stop()

  const after = await startedSandbox(file)
  const stripe = clientOf(after)
  expect(await stripe.subscriptions.retrieve(made.id)).toMatchObject({ status: 'active', items: made.items })
  const invoice = await stripe.invoices.retrieve(String(made.latest_invoice))
  expect(invoice.hosted_invoice_url).toStartWith(after.url)
  const later = await stripe.customers.create({})
  expect(later.created).toBeGreaterThanOrEqual(customer.created + 3600)
  const second = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(second.status).toBe('active')
})

test('a port in use is named, with the cure', async () => {
  const sandbox = await startedSandbox()
  const port = Number(new URL(sandbox.url).port)
  const second = startSandbox({ port, databaseFile: ':memory:' })
  expect(await second.catch((reason: Error) => reason.message)).toBe(
    `port ${port} is taken; set SANDBOX_PORT to another, or 0 for any`,
  )
})

test('a reset empties everything and keeps the connected endpoint', async () => {
  const sandbox = await startedSandbox()
  const stripe = clientOf(sandbox)
  const hook = receiver()
  const secret = sandbox.connectWebhook(hook.url)
  await stripe.customers.create({})
  expect((await raw(sandbox, 'POST', '/_sim/reset')).status).toBe(200)
  expect((await stripe.customers.list()).data).toHaveLength(0)
  expect((await stripe.events.list()).data).toHaveLength(0)
  expect((await stripe.webhookEndpoints.list()).data).toHaveLength(1)
  expect(sandbox.connectWebhook(hook.url)).toBe(secret)
})

test('a page on another site cannot press the switches', async () => {
  const sandbox = await startedSandbox()
  const response = await fetch(`${sandbox.url}/_sim/reset`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'cross-site' },
  })
  expect(response.status).toBe(403)
})

test('one failing request among many in the same commit takes none of them with it', async () => {
  const sandbox = await startedSandbox(temporaryFile())
  const stripe = clientOf(sandbox)
  const calls = Array.from({ length: 40 }, (_, index) =>
    index % 4 === 0
      ? stripe.paymentIntents.create({ amount: 1, currency: 'usd' }).catch(() => null)
      : stripe.customers.create({ name: `n${index}` }),
  )
  const made = (await Promise.all(calls)).filter((result) => result !== null)
  expect(made).toHaveLength(30)
  expect((await stripe.customers.list({ limit: 100 })).data).toHaveLength(30)
})
