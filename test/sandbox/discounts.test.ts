import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { refusalOf, started } from './support.ts'
import { advance, at, customerAt, day, invoicesOf, itemOf, planOf } from './timing.ts'

const begin = at('2027-01-10')

test('a coupon comes off every line, once, for some months or for good', async () => {
  const { stripe } = await started()
  const price = await planOf(stripe, 'Pro', 2500)
  const totals = async (coupon: Stripe.CouponCreateParams) => {
    const { id } = await stripe.coupons.create({ percent_off: 10, ...coupon })
    const { clock, customer } = await customerAt(stripe, begin)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }], discounts: [{ coupon: id }] })
    await advance(stripe, clock, at('2027-03-09'))
    await advance(stripe, clock, at('2027-04-11'))
    return { made, clock, invoices: await invoicesOf(stripe, made.id) }
  }
  const once = await totals({ duration: 'once' })
  expect(once.invoices.map(({ total }) => total)).toEqual([2250, 2500, 2500, 2500])
  expect(once.invoices[0]).toMatchObject({ subtotal: 2500, total: 2250, amount_paid: 2250 })
  expect(once.invoices[0]?.lines.data[0]?.discount_amounts).toMatchObject([{ amount: 250 }])
  expect(once.made.discounts).toHaveLength(1)
  expect((await stripe.subscriptions.retrieve(once.made.id)).discounts).toEqual([])
  const some = await totals({ duration: 'repeating', duration_in_months: 2 })
  expect(some.invoices.map(({ total }) => total)).toEqual([2250, 2250, 2500, 2500])
  const always = await totals({ duration: 'forever' })
  expect(always.invoices.map(({ total }) => total)).toEqual([2250, 2250, 2250, 2250])
})

test('discounts stack: an item keeps its own, then percentages and amounts in their order', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const [first, second] = [await planOf(stripe, 'One', 1000), await planOf(stripe, 'Two', 2000)]
  const half = await stripe.coupons.create({ percent_off: 50, duration: 'forever' })
  const tenth = await stripe.coupons.create({ percent_off: 10, duration: 'forever' })
  const dollar = await stripe.coupons.create({ amount_off: 100, currency: 'usd', duration: 'forever' })
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price: first, discounts: [{ coupon: half.id }] }, { price: second }],
    discounts: [{ coupon: tenth.id }, { coupon: dollar.id }],
    expand: ['discounts.source.coupon'],
  })
  const [invoice] = await invoicesOf(stripe, made.id)
  expect(invoice?.lines.data.map((line) => line.discount_amounts?.map(({ amount }) => amount))).toEqual([
    [500, 50, 20],
    [200, 80],
  ])
  expect(invoice).toMatchObject({ subtotal: 3000, total: 2150 })
  expect(made.discounts[0]).toMatchObject({ object: 'discount', source: { coupon: { percent_off: 10 } } })
  const cleared = await stripe.subscriptions.update(made.id, { discounts: '' })
  expect(cleared.discounts).toEqual([])
})

test('a promotion code asks who redeems it, when, how often and for how much', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 2500)
  const { id: coupon } = await stripe.coupons.create({ percent_off: 20, duration: 'forever', max_redemptions: 2 })
  const code = (extra: Partial<Stripe.PromotionCodeCreateParams>) =>
    stripe.promotionCodes.create({ promotion: { type: 'coupon', coupon }, ...extra })
  const redeem = (promotion_code: string) =>
    stripe.subscriptions.create({ customer, items: [{ price }], discounts: [{ promotion_code }] })
  const minimum = await code({ restrictions: { minimum_amount: 5000, minimum_amount_currency: 'usd' } })
  expect((await refusalOf(redeem(minimum.id))).message).toContain('minimum amount')
  const first = await code({ code: 'FIRST', restrictions: { first_time_transaction: true } })
  expect((await redeem(first.id)).discounts).toHaveLength(1)
  expect((await refusalOf(redeem(first.id))).message).toContain('prior transactions')
  const foreign = await code({ customer: (await stripe.customers.create({})).id })
  expect((await refusalOf(redeem(foreign.id))).message).toContain('this customer')
  const soon = await code({ expires_at: begin + day })
  await advance(stripe, clock, begin + 2 * day)
  expect((await refusalOf(redeem(soon.id))).message).toContain('not active')
  expect((await stripe.promotionCodes.list({ code: 'first' })).data[0]?.times_redeemed).toBe(1)
  expect((await redeem((await code({ max_redemptions: 1 })).id)).status).toBe('active')
  expect(await stripe.coupons.retrieve(coupon)).toMatchObject({ times_redeemed: 2, valid: false })
  expect((await refusalOf(redeem((await code({})).id))).code).toBe('coupon_expired')
  expect((await refusalOf(code({ code: 'first' }))).statusCode).toBe(400)
})

test('a credit is for what was paid, not for the list price', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 2000)]
  const { id: coupon } = await stripe.coupons.create({ percent_off: 25, duration: 'forever' })
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }], discounts: [{ coupon }] })
  await stripe.subscriptions.update(made.id, {
    items: [{ id: itemOf(made).id, price: pro }],
    proration_behavior: 'always_invoice',
  })
  const [, invoice] = await invoicesOf(stripe, made.id)
  expect(invoice?.lines.data.map(({ amount }) => amount)).toEqual([-750, 1500])
})

test('tiers and packs are priced as they say', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const product = (await stripe.products.create({ name: 'Seat' })).id
  const base = { product, currency: 'usd', recurring: { interval: 'month' } } as const
  const tiers = [
    { up_to: 5, unit_amount: 700 },
    { up_to: 'inf', unit_amount: 500, flat_amount: 100 },
  ] as Stripe.PriceCreateParams.Tier[]
  const lines = async (price: Stripe.PriceCreateParams, quantity: number) => {
    const { id } = await stripe.prices.create(price)
    const preview = await stripe.invoices.createPreview({
      customer,
      subscription_details: { items: [{ price: id, quantity }] },
    })
    return preview.lines.data.map(({ quantity: count, amount }) => [count, amount])
  }
  const tiered = { ...base, billing_scheme: 'tiered', tiers } as const
  expect(await lines({ ...tiered, tiers_mode: 'graduated' }, 8)).toEqual([
    [5, 3500],
    [3, 1500],
    [1, 100],
  ])
  expect(await lines({ ...tiered, tiers_mode: 'graduated' }, 5)).toEqual([[5, 3500]])
  expect(await lines({ ...tiered, tiers_mode: 'volume' }, 8)).toEqual([
    [8, 4000],
    [1, 100],
  ])
  const packs = { ...base, unit_amount: 900, transform_quantity: { divide_by: 10, round: 'up' } } as const
  expect(await lines(packs, 21)).toEqual([[3, 2700]])
  const made = await stripe.prices.create({ ...tiered, tiers_mode: 'volume' })
  expect(made).not.toHaveProperty('tiers')
  expect((await stripe.prices.retrieve(made.id, { expand: ['tiers'] })).tiers).toHaveLength(2)
})
