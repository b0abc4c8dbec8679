import { expect, test } from 'bun:test'
import { moneyText } from '../../src/sandbox/engine/currency.ts'
import { refusalOf, started } from './support.ts'

test.each([
  [3900, 'usd', '$39.00'],
  [5, 'eur', '€0.05'],
  [-5, 'usd', '-$0.05'],
  [-3900, 'gbp', '-£39.00'],
  ['0.0125', 'usd', '$0.000125'],
  ['-0.5', 'usd', '-$0.005'],
  [0, 'usd', '$0.00'],
  [500, 'jpy', '¥500'],
  [-5, 'jpy', '-¥5'],
  ['0.5', 'jpy', '¥0.5'],
  [1000, 'krw', 'KRW 1,000'],
  [123_456_789, 'usd', '$1,234,567.89'],
  [1250, 'kwd', 'KWD 1.250'],
  [-10, 'bhd', '-BHD 0.010'],
  [100, 'isk', 'ISK 1.00'],
] as const)('%p minor units of %s are written %s', (amount, currency, text) => {
  expect(moneyText(amount, currency)).toBe(text)
})

test.each([
  [49, 'usd', 'amount_too_small', 'Amount must be at least $0.50 usd'],
  [49, 'jpy', 'amount_too_small', 'Amount must be at least ¥50 jpy'],
  [17_499, 'huf', 'amount_too_small', 'Amount must be at least HUF 175.00 huf'],
  [100_000_000, 'usd', 'amount_too_large', 'Amount must be no more than $999,999.99'],
  [5124, 'kwd', undefined, 'rounded to the nearest ten minor units, not 5124'],
  [1050, 'isk', 'invalid_charge_amount_no_decimal_compatible', 'the last two digits must be 00'],
  [0, 'usd', 'parameter_invalid_integer', 'This value must be greater than or equal to 1.'],
] as const)('%p %s cannot be charged: %s', async (amount, currency, code, words) => {
  const { stripe } = await started()
  const refusal = await refusalOf(stripe.paymentIntents.create({ amount, currency }))
  expect([refusal.statusCode, refusal.code, refusal.param]).toEqual([400, code, 'amount'])
  expect(refusal.message).toContain(words)
})

test.each([
  [50, 'jpy'],
  [5120, 'kwd'],
  [1000, 'isk'],
  [99_999_999, 'usd'],
  [100_000_000, 'idr'],
] as const)('%p %s can be charged', async (amount, currency) => {
  const { stripe } = await started()
  expect((await stripe.paymentIntents.create({ amount, currency })).amount).toBe(amount)
})

test('a checkout session below the minimum of its currency is refused', async () => {
  const { stripe } = await started()
  const price_data = { currency: 'gbp', unit_amount: 29, product_data: { name: 'Sticker' } }
  const success_url = 'https://example.com'
  const asked = stripe.checkout.sessions.create({
    mode: 'payment',
    success_url,
    line_items: [{ price_data, quantity: 1 }],
  })
  expect((await refusalOf(asked)).code).toBe('amount_too_small')
})

async function twoCurrencies() {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro' })
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 3900,
    recurring: { interval: 'month' },
    currency_options: { eur: { unit_amount: 3500 }, jpy: { unit_amount: 5000 } },
  })
  const buyer = async () =>
    stripe.customers.create({
      payment_method: 'pm_card_visa',
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    })
  return { stripe, price, buyer }
}

test('a price is sold in each of its currencies, and its renewals and upgrades stay in it', async () => {
  const { stripe, price, buyer } = await twoCurrencies()
  const { id: customer } = await buyer()
  const items = [{ price: price.id }]
  const made = await stripe.subscriptions.create({ customer, items, currency: 'jpy', expand: ['latest_invoice'] })
  expect(made.currency).toBe('jpy')
  expect(made.latest_invoice).toMatchObject({ currency: 'jpy', total: 5000 })
  const [line] = (made.latest_invoice as { lines: { data: { description: string }[] } }).lines.data
  expect(line?.description).toBe('1 × Pro (at ¥5,000 / month)')
  const [item] = made.items.data
  expect(item?.price).toMatchObject({ id: price.id, currency: 'usd', unit_amount: 3900 })
  const preview = await stripe.invoices.createPreview({
    subscription: made.id,
    subscription_details: { items: [{ id: item?.id ?? '', quantity: 2 }] },
  })
  expect(preview.currency).toBe('jpy')
  expect(preview.lines.data.at(-1)?.amount).toBe(10_000)
})

test('who has paid in a currency goes on in it, and others get the price as it is', async () => {
  const { stripe, price, buyer } = await twoCurrencies()
  const { id: customer } = await buyer()
  await stripe.invoiceItems.create({ customer, amount: 100, currency: 'eur' })
  const items = [{ price: price.id }]
  expect((await stripe.subscriptions.create({ customer, items })).currency).toBe('eur')
  expect((await stripe.subscriptions.create({ customer: (await buyer()).id, items })).currency).toBe('usd')
  const asked = stripe.subscriptions.create({ customer: (await buyer()).id, items, currency: 'gbp' })
  expect((await refusalOf(asked)).message).toBe(
    "The price specified only supports `usd`. This doesn't match the expected currency: `gbp`.",
  )
})

test('the currencies of a price are shown to whoever expands them, its own among them', async () => {
  const { stripe, price } = await twoCurrencies()
  expect(price.currency_options).toBeUndefined()
  await stripe.prices.update(price.id, { currency_options: { gbp: { unit_amount: 3000 } } })
  const shown = await stripe.prices.retrieve(price.id, { expand: ['currency_options'] })
  const amounts = Object.entries(shown.currency_options ?? {}).map(([currency, option]) => [
    currency,
    option.unit_amount,
  ])
  expect(Object.fromEntries(amounts)).toEqual({ usd: 3900, eur: 3500, jpy: 5000, gbp: 3000 })
})

test('tiers cost in each currency what was set for it', async () => {
  const { stripe, buyer } = await twoCurrencies()
  const product = await stripe.products.create({ name: 'Seats' })
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'volume',
    recurring: { interval: 'month' },
    tiers: [{ up_to: 'inf', unit_amount: 1000 }],
    currency_options: { kwd: { tiers: [{ up_to: 'inf', unit_amount: 300 }] } },
  })
  const { id: customer } = await buyer()
  const items = [{ price: price.id, quantity: 3 }]
  const made = await stripe.subscriptions.create({ customer, items, currency: 'kwd', expand: ['latest_invoice'] })
  expect(made.latest_invoice).toMatchObject({ currency: 'kwd', total: 900 })
})

test('a coupon takes off what was set for the currency of the invoice', async () => {
  const { stripe, price, buyer } = await twoCurrencies()
  const coupon = await stripe.coupons.create({
    amount_off: 1000,
    currency: 'usd',
    duration: 'forever',
    currency_options: { jpy: { amount_off: 700 } },
  })
  const { id: customer } = await buyer()
  const wish = { customer, items: [{ price: price.id }], discounts: [{ coupon: coupon.id }], currency: 'jpy' }
  const made = await stripe.subscriptions.create({ ...wish, expand: ['latest_invoice'] })
  expect(made.latest_invoice).toMatchObject({ total: 4300 })
  const refused = stripe.subscriptions.create({ ...wish, currency: 'eur' })
  expect((await refusalOf(refused)).statusCode).toBe(400)
})

test('a checkout session is paid in the currency asked for', async () => {
  const { stripe, price } = await twoCurrencies()
  const session = await stripe.checkout.sessions.create({
    mode: 'subscription',
    currency: 'eur',
    success_url: 'https://example.com',
    line_items: [{ price: price.id, quantity: 1 }],
  })
  expect(session).toMatchObject({ currency: 'eur', amount_total: 3500 })
})

test('a currency that Stripe has not is refused, with those it has', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro' })
  const wrong = [
    stripe.prices.create({ product: product.id, currency: 'xxx', unit_amount: 100 }),
    stripe.paymentIntents.create({ amount: 500, currency: 'xxx' }),
  ]
  for (const call of wrong) {
    const refused = await refusalOf(call)
    expect(refused.param).toBe('currency')
    expect(refused.message).toStartWith('Invalid currency: xxx. Stripe currently supports these currencies: usd, aed, ')
  }
})

test('tiers end one above the other', async () => {
  const { stripe } = await started()
  const product = await stripe.products.create({ name: 'Pro' })
  const tiered = (ends: readonly (number | 'inf')[]) =>
    stripe.prices.create({
      product: product.id,
      currency: 'usd',
      recurring: { interval: 'month' },
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: ends.map((up_to) => ({ up_to, unit_amount: 5 })),
    })
  expect((await tiered([10, 20, 'inf'])).billing_scheme).toBe('tiered')
  for (const ends of [[10], [20, 10, 'inf'], [10, 10, 'inf'], ['inf', 'inf']] as const) {
    expect((await refusalOf(tiered(ends))).param).toBe('tiers')
  }
})
