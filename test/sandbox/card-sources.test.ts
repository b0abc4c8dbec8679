import { expect, test } from 'bun:test'
import { eventTypes, monthlyPrice, refusalOf, started } from './support.ts'

test('a token of a card becomes a source of a customer, the first one the default, and pays', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create()
  const card = { number: '5555555555554444', exp_month: '12', exp_year: '2031', cvc: '123' }
  const token = await stripe.tokens.create({ card })
  expect(token).toMatchObject({ object: 'token', used: false, card: { brand: 'MasterCard', last4: '4444' } })
  const source = await stripe.customers.createSource(customer.id, { source: token.id })
  expect(source).toMatchObject({ object: 'card', customer: customer.id, last4: '4444' })
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ default_source: source.id })
  expect((await stripe.tokens.retrieve(token.id)).used).toBe(true)
  const again = stripe.customers.createSource((await stripe.customers.create()).id, { source: token.id })
  expect((await refusalOf(again)).code).toBe('token_already_used')
  const price = await monthlyPrice(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(made.status).toBe('active')
})

test('sources are listed, changed and removed', async () => {
  const { stripe } = await started()
  const { id } = await stripe.customers.create()
  const first = await stripe.customers.createSource(id, { source: 'tok_visa' })
  const second = await stripe.customers.createSource(id, { source: 'tok_amex' })
  expect((await stripe.customers.listSources(id)).data.map((each) => each.id)).toEqual([second.id, first.id])
  expect(await stripe.customers.updateSource(id, first.id, { name: 'Ann', exp_year: '2040' })).toMatchObject({
    name: 'Ann',
    exp_year: 2040,
  })
  expect(await stripe.customers.deleteSource(id, first.id)).toMatchObject({ id: first.id, deleted: true })
  expect(await stripe.customers.retrieve(id)).toMatchObject({ default_source: null })
  expect((await refusalOf(stripe.customers.retrieveSource(id, first.id))).statusCode).toBe(404)
  const types = (await eventTypes(stripe)).filter((type) => type.startsWith('customer.source'))
  expect(types).toEqual([
    'customer.source.created',
    'customer.source.created',
    'customer.source.updated',
    'customer.source.deleted',
  ])
})

test('a token that does not exist, and a declined card, are refused', async () => {
  const { stripe } = await started()
  const { id } = await stripe.customers.create()
  const unknown = await refusalOf(stripe.customers.createSource(id, { source: 'tok_none' }))
  expect(unknown).toMatchObject({ statusCode: 400, code: 'resource_missing', message: "No such token: 'tok_none'" })
  const declined = await refusalOf(stripe.customers.createSource(id, { source: 'tok_chargeDeclined' }))
  expect(declined).toMatchObject({ statusCode: 402, code: 'card_declined' })
})
