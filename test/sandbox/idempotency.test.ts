import { expect, test } from 'bun:test'
import { clientOf, raw, refusalOf, started, startedSandbox, temporaryFile } from './support.ts'

test('the same key with the same parameters answers the same and acts once', async () => {
  const { sandbox, stripe } = await started()
  const first = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann&email=a%40b.c', { 'idempotency-key': 'k' })
  const second = await raw(sandbox, 'POST', '/v1/customers', 'email=a%40b.c&name=Ann', { 'idempotency-key': 'k' })
  expect(second.body).toEqual(first.body)
  expect(second.headers.get('idempotent-replayed')).toBe('true')
  expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'))
  expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'))
  expect((await stripe.customers.list()).data).toHaveLength(1)
})

test('the same key with other parameters is refused', async () => {
  const { stripe } = await started()
  await stripe.customers.create({ name: 'Ann' }, { idempotencyKey: 'k' })
  const refused = await refusalOf(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k' }))
  expect(refused).toMatchObject({ statusCode: 400, rawType: 'idempotency_error' })
  expect(refused.message).toBe(
    "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than 'k' if you meant to execute a different request.",
  )
})

test('a declined card is replayed, and charged once', async () => {
  const { stripe } = await started()
  const wish = { amount: 500, currency: 'usd', payment_method: 'pm_card_chargeDeclined', confirm: true } as const
  const first = await refusalOf(stripe.paymentIntents.create(wish, { idempotencyKey: 'k' }))
  const second = await refusalOf(stripe.paymentIntents.create(wish, { idempotencyKey: 'k' }))
  expect([first.statusCode, second.statusCode]).toEqual([402, 402])
  expect(second.payment_intent?.id).toBe(first.payment_intent?.id ?? '')
  expect((await stripe.charges.list()).data).toHaveLength(1)
})

test('a refused request may be corrected under the same key', async () => {
  const { stripe } = await started()
  const wrong = stripe.paymentIntents.create({ amount: 1, currency: 'usd' }, { idempotencyKey: 'k' })
  expect((await refusalOf(wrong)).code).toBe('amount_too_small')
  const right = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' }, { idempotencyKey: 'k' })
  expect(right.status).toBe('requires_payment_method')
})

test('many calls with one key at the same moment act once', async () => {
  const { stripe } = await started()
  const calls = Array.from({ length: 20 }, () => stripe.customers.create({ name: 'Ann' }, { idempotencyKey: 'k' }))
  const ids = new Set((await Promise.all(calls)).map((customer) => customer.id))
  expect(ids.size).toBe(1)
})

test('a key is remembered across a restart', async () => {
  const file = temporaryFile()
  const before = await startedSandbox(file)
  const first = await clientOf(before).customers.create({ name: 'Ann' }, { idempotencyKey: 'k' })
  await before.stop()
  const after = await startedSandbox(file)
  const second = await clientOf(after).customers.create({ name: 'Ann' }, { idempotencyKey: 'k' })
  expect(second.id).toBe(first.id)
})

test('a key of more than 255 characters is refused', async () => {
  const sandbox = await startedSandbox()
  const answer = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', { 'idempotency-key': 'k'.repeat(256) })
  expect(answer.status).toBe(400)
})
