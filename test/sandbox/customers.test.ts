import { expect, test } from 'bun:test'
import { eventTypes, readyToSubscribe, refusalOf, started } from './support.ts'

test('a customer has the shape of the version', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({ email: 'ann@example.com', metadata: { user_id: 'u1' } })
  expect(customer).toMatchObject({
    object: 'customer',
    balance: 0,
    currency: null,
    default_source: null,
    delinquent: false,
    livemode: false,
    metadata: { user_id: 'u1' },
    tax_exempt: 'none',
  })
})

test('metadata is merged, emptied by key and cleared', async () => {
  const { stripe } = await started()
  const { id } = await stripe.customers.create({ metadata: { a: '1', b: '2' } })
  expect((await stripe.customers.update(id, { metadata: { b: '3', c: '4' } })).metadata).toEqual({
    a: '1',
    b: '3',
    c: '4',
  })
  expect((await stripe.customers.update(id, { metadata: { a: '' } })).metadata).toEqual({ b: '3', c: '4' })
  expect((await stripe.customers.update(id, { metadata: '' })).metadata).toEqual({})
  const long = await refusalOf(stripe.customers.update(id, { metadata: { k: 'v'.repeat(501) } }))
  expect(long.statusCode).toBe(400)
})

test('an empty value unsets a field', async () => {
  const { stripe } = await started()
  const { id } = await stripe.customers.create({ name: 'Ann', phone: '1' })
  expect(await stripe.customers.update(id, { name: '' })).toMatchObject({ name: null, phone: '1' })
})

test('a change is announced with the former values only, no change not at all', async () => {
  const { stripe } = await started()
  const { id } = await stripe.customers.create({ name: 'Ann', metadata: { a: '1', b: '2' } })
  await stripe.customers.update(id, { name: 'Ann', metadata: { a: '1' } })
  expect(await eventTypes(stripe)).toEqual(['customer.created'])
  await stripe.customers.update(id, { name: 'Bea', metadata: { a: '3', c: '4' } }, { idempotencyKey: 'k7' })
  const [event] = (await stripe.events.list({ type: 'customer.updated' })).data
  const former: unknown = event?.data.previous_attributes
  expect(former).toEqual({ name: 'Ann', metadata: { a: '1', c: null } })
  expect(event?.request?.idempotency_key).toBe('k7')
  expect(event?.request?.id).toStartWith('req_')
})

test('metadata has up to 50 keys, also when they come bit by bit', async () => {
  const { stripe } = await started()
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`key${index}`, 'x']))
  const customer = await stripe.customers.create({ metadata: many })
  const more = await refusalOf(stripe.customers.update(customer.id, { metadata: { another: 'x' } }))
  expect(more).toMatchObject({ statusCode: 400, param: 'metadata' })
  await stripe.customers.update(customer.id, { metadata: { another: 'x', key0: '' } })
})

test('what an invoice shows of a customer is kept with the customer and copied to each invoice', async () => {
  const { stripe } = await started()
  const shipping = { name: 'Ann', address: { line1: 'Main Street 1', country: 'DE' } }
  const customer = await stripe.customers.create({
    name: 'Ann',
    business_name: 'Ann Ltd',
    shipping,
    invoice_settings: { custom_fields: [{ name: 'Order', value: '4711' }], footer: 'Thank you' },
    tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }],
    tax: { validate_location: 'deferred' },
  })
  expect(customer).toMatchObject({ business_name: 'Ann Ltd', shipping: { ...shipping, phone: null } })
  const invoice = await stripe.invoices.create({ customer: customer.id })
  expect(invoice).toMatchObject({
    custom_fields: [{ name: 'Order', value: '4711' }],
    footer: 'Thank you',
    customer_shipping: { name: 'Ann' },
    customer_tax_ids: [{ type: 'eu_vat', value: 'DE123456789' }],
  })
  const own = await stripe.invoices.update(invoice.id, { custom_fields: [{ name: 'Order', value: '12' }] })
  expect(own.custom_fields).toEqual([{ name: 'Order', value: '12' }])
  const bare = await stripe.customers.update(customer.id, {
    business_name: '',
    shipping: '',
    invoice_settings: { custom_fields: '' },
  })
  expect(bare).not.toHaveProperty('business_name')
  expect(bare).toMatchObject({ shipping: null, invoice_settings: { custom_fields: null, footer: 'Thank you' } })
  const full = await stripe.customers.retrieve(customer.id, { expand: ['tax_ids'] })
  expect(full).toMatchObject({ tax_ids: { data: [{ value: 'DE123456789' }] } })
})

test('customers are found by their email and their metadata', async () => {
  const { stripe } = await started()
  const ann = await stripe.customers.create({ email: 'ann@example.com', metadata: { user_id: 'u 1', plan: 'pro' } })
  await stripe.customers.create({ email: 'bob@example.com', metadata: { user_id: 'u2', plan: 'pro' } })
  const found = async (query: string) => (await stripe.customers.search({ query })).data.map(({ id }) => id)
  expect(await found(`metadata['user_id']:'u 1'`)).toEqual([ann.id])
  expect(await found(`metadata["plan"]:"pro" AND email:'ann@example.com'`)).toEqual([ann.id])
  expect(await found(`email~'example'`)).toHaveLength(2)
  expect(await found(`-email:'bob@example.com' AND metadata['plan']:'pro'`)).toEqual([ann.id])
  expect(await found(`email:'ann@example.com' OR email:'bob@example.com'`)).toHaveLength(2)
  expect((await stripe.customers.list({ email: 'bob@example.com' })).data).toHaveLength(1)
  for (const query of ['email', `email:'a' AND`, `a:'1' AND b:'2' OR c:'3'`, `colour:'red'`]) {
    expect((await refusalOf(stripe.customers.search({ query }))).statusCode).toBe(400)
  }
})

test('search results are paged', async () => {
  const { stripe } = await started()
  for (let count = 0; count < 5; count += 1) await stripe.customers.create({ metadata: { k: 'v' } })
  const first = await stripe.customers.search({ query: `metadata['k']:'v'`, limit: 3 })
  expect(first).toMatchObject({ object: 'search_result', has_more: true })
  const second = await stripe.customers.search({ query: `metadata['k']:'v'`, limit: 3, page: first.next_page ?? '' })
  expect(second.data).toHaveLength(2)
  expect(second).toMatchObject({ has_more: false, next_page: null })
})

test('a deleted customer is a stub, is in no list, and its subscriptions have ended', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(await stripe.customers.del(customer.id)).toEqual(
    expect.objectContaining({ id: customer.id, object: 'customer', deleted: true }),
  )
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ deleted: true })
  expect((await stripe.customers.list()).data).toHaveLength(0)
  expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('canceled')
  expect((await refusalOf(stripe.customers.update(customer.id, { name: 'x' }))).statusCode).toBe(404)
})

test('a new customer may bring its card along as the default', async () => {
  const { stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  const method = customer.invoice_settings.default_payment_method
  expect((await stripe.paymentMethods.retrieve(String(method))).customer).toBe(customer.id)
  const foreign = stripe.customers.create({ invoice_settings: { default_payment_method: String(method) } })
  expect((await refusalOf(foreign)).message).toContain('does not have a payment method with the ID')
})
