import { expect, test } from 'bun:test'
import Stripe from 'stripe'
import { minutesMeter, refusalOf, started } from './support.ts'

test('a product is made, changed, listed and, without prices, deleted', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro', metadata: { plan: 'pro' } })
  expect(product).toMatchObject({ active: true, name: 'Pro', type: 'service', default_price: null })
  expect((await stripe.products.update(product.id, { active: false })).active).toBe(false)
  expect((await stripe.products.list({ active: true })).data).toHaveLength(0)
  expect((await stripe.products.list({ ids: [product.id] })).data).toHaveLength(1)
  expect(await stripe.products.del(product.id)).toMatchObject({ deleted: true })
  expect((await refusalOf(stripe.products.retrieve(product.id))).statusCode).toBe(404)
})

test('a product with a price cannot be deleted', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({
    name: 'Pro',
    default_price_data: { currency: 'usd', unit_amount: 900, recurring: { interval: 'month' } },
  })
  expect(String(product.default_price)).toStartWith('price_')
  const refused = await refusalOf(stripe.products.del(product.id))
  expect(refused.message).toBe('This product cannot be deleted because it has one or more user-created prices.')
})

test('a product may have an id of our choosing, once', async () => {
  const { stripe } = await started()
  await stripe.products.create({ id: 'pro', name: 'Pro' })
  expect((await stripe.products.retrieve('pro')).name).toBe('Pro')
  expect((await refusalOf(stripe.products.create({ id: 'pro', name: 'Pro' }))).code).toBe('resource_already_exists')
})

test('a price below a cent has a decimal amount only', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Minutes' })
  const meter = await minutesMeter(stripe)
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount_decimal: Stripe.Decimal.from('0.0125'),
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  expect(price.unit_amount).toBeNull()
  expect(price.unit_amount_decimal?.toString()).toBe('0.0125')
  expect(price.recurring).toMatchObject({ usage_type: 'metered', meter: meter.id })
  const whole = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 900 })
  expect(whole.unit_amount_decimal?.toString()).toBe('900')
  expect(whole).toMatchObject({ type: 'one_time', recurring: null })
})

test('a metered price needs a meter', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Minutes' })
  const refused = await refusalOf(
    stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 1,
      recurring: { interval: 'month', usage_type: 'metered' },
    }),
  )
  expect(refused.param).toBe('recurring[meter]')
})

test('a lookup key names one price and can be handed over in one step', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro' })
  const wish = { product: product.id, currency: 'usd', recurring: { interval: 'month' }, lookup_key: 'pro' } as const
  const first = await stripe.prices.create({ ...wish, unit_amount: 3900 })
  const refused = await refusalOf(stripe.prices.create({ ...wish, unit_amount: 4900 }))
  expect(refused.param).toBe('lookup_key')
  const second = await stripe.prices.create({ ...wish, unit_amount: 4900, transfer_lookup_key: true })
  expect((await stripe.prices.retrieve(first.id)).lookup_key).toBeNull()
  const found = await stripe.prices.list({ lookup_keys: ['pro', 'other'], active: true, expand: ['data.product'] })
  expect(found.data.map(({ id }) => id)).toEqual([second.id])
  expect(found.data[0]?.product).toMatchObject({ name: 'Pro' })
})

test('a price can be retired and found by its product', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro' })
  const price = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 3900 })
  await stripe.prices.update(price.id, { active: false, nickname: 'old', metadata: { a: '1' } })
  expect((await stripe.prices.list({ product: product.id, active: true })).data).toHaveLength(0)
  expect((await stripe.prices.list({ product: product.id })).data[0]).toMatchObject({ nickname: 'old' })
})
