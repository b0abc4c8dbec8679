import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { monthlyPrice, refusalOf, started } from './support.ts'

const taxedIn = async (country: string | null, more: object = {}) => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const address = country === null ? {} : { address: { country } }
  const customer = await stripe.customers.create({
    ...address,
    ...more,
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  })
  const create = () =>
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      automatic_tax: { enabled: true },
      expand: ['latest_invoice'],
    })
  return { stripe, customer, price, create }
}

test('tax is added by the country of the customer, on what discounts leave', async () => {
  const { stripe, customer, price, create } = await taxedIn('DE')
  const { latest_invoice: invoice, automatic_tax } = await create()
  expect(automatic_tax.enabled).toBe(true)
  expect(invoice).toMatchObject({
    subtotal: 3900,
    total_excluding_tax: 3900,
    total: 4641,
    amount_paid: 4641,
    total_taxes: [{ amount: 741, taxable_amount: 3900, taxability_reason: 'standard_rated' }],
    automatic_tax: { enabled: true, status: 'complete' },
  })
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' })
  const half = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    discounts: [{ coupon: coupon.id }],
    automatic_tax: { enabled: true },
    expand: ['latest_invoice'],
  })
  expect(half.latest_invoice).toMatchObject({ subtotal: 3900, total_excluding_tax: 1950, total: 2321 })
})

test.each([
  ['US', {}, 'not_collecting'],
  ['DE', { tax_exempt: 'reverse' }, 'reverse_charge'],
  ['DE', { tax_exempt: 'exempt' }, 'customer_exempt'],
] as const)('in %p with %p nothing is owed: %p', async (country, more, reason) => {
  const { create } = await taxedIn(country, more)
  const { latest_invoice: invoice } = await create()
  expect(invoice).toMatchObject({ total: 3900, total_taxes: [{ amount: 0, taxability_reason: reason }] })
})

test('without an address nothing can be taxed, and nothing is made', async () => {
  const { stripe, create } = await taxedIn(null)
  const refused = await refusalOf(create())
  expect(refused).toMatchObject({ code: 'customer_tax_location_invalid', statusCode: 400 })
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
})

test('a preview shows the tax that will be added', async () => {
  const { stripe, customer, price } = await taxedIn('GB')
  const preview = await stripe.invoices.createPreview({
    customer: customer.id,
    subscription_details: { items: [{ price: price.id }] },
    automatic_tax: { enabled: true },
  })
  expect(preview).toMatchObject({ subtotal: 3900, total: 4680, total_taxes: [{ amount: 780 }] })
})

test('a business that buys from abroad owes the tax itself, by its tax id of the country where it is', async () => {
  const taxIn = async (country: string, type: 'eu_vat' | 'gb_vat', value: string) => {
    const { create } = await taxedIn(country, { tax_id_data: [{ type, value }] })
    const { latest_invoice: invoice } = await create()
    return invoice
  }
  const none = { total: 3900, total_taxes: [{ amount: 0, taxability_reason: 'reverse_charge' }] }
  expect(await taxIn('DE', 'eu_vat', 'DE123456789')).toMatchObject(none)
  expect(await taxIn('GB', 'gb_vat', 'GB123456789')).toMatchObject(none)
  expect(await taxIn('DE', 'eu_vat', 'FR12345678901')).toMatchObject({ total: 4641 })
})

test('what is added to a preview is taxed with it, also where no subscription is invoiced', async () => {
  const { stripe, customer, create } = await taxedIn('GB')
  const { id, items } = await create()
  const product = String(items.data[0]?.price.product)
  const invoice_items = [{ price_data: { currency: 'usd', product, unit_amount: 105 }, description: 'Minutes' }]
  expect(await stripe.invoices.createPreview({ subscription: id, invoice_items })).toMatchObject({
    subtotal: 4005,
    total: 4806,
  })
  const alone = { customer: customer.id, currency: 'usd', automatic_tax: { enabled: true }, invoice_items }
  expect(await stripe.invoices.createPreview(alone)).toMatchObject({ subtotal: 105, total: 126 })
  await stripe.subscriptions.update(id, { cancel_at_period_end: true })
  expect(await refusalOf(stripe.invoices.createPreview({ subscription: id }))).toMatchObject({
    code: 'invoice_upcoming_none',
  })
  expect(await stripe.invoices.createPreview({ subscription: id, invoice_items })).toMatchObject({ total: 126 })
})

test('an invoice and a preview show ten lines, and list all of them', async () => {
  const { stripe, customer, create } = await taxedIn('GB')
  const { id: subscription } = await create()
  for (let at = 1; at <= 11; at++)
    await stripe.invoiceItems.create({ customer: customer.id, subscription, amount: at, currency: 'usd' })
  const { id, lines } = await stripe.invoices.createPreview({ subscription })
  expect(lines).toMatchObject({ has_more: true, data: { length: 10 }, url: `/v1/invoices/${id}/lines` })
  const all = await Array.fromAsync(stripe.invoices.listLineItems(id, { limit: 5 }))
  expect(all.map(({ amount }) => amount).sort((one, other) => one - other)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 3900,
  ])
})

test('automatic tax is switched on for a running subscription and for an invoice made by hand', async () => {
  const { stripe, customer, price } = await taxedIn('DE')
  const plain = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const taxed = await stripe.subscriptions.update(plain.id, { automatic_tax: { enabled: true } })
  expect(taxed.automatic_tax).toMatchObject({ enabled: true, liability: { type: 'self' } })
  expect((await stripe.invoices.createPreview({ subscription: plain.id })).total).toBe(4641)
  const listed = await stripe.subscriptions.list({ automatic_tax: { enabled: false } })
  expect(listed.data).toEqual([])
  const draft = await stripe.invoices.create({ customer: customer.id, automatic_tax: { enabled: true } })
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1000, currency: 'usd' })
  expect(await stripe.invoices.retrieve(draft.id)).toMatchObject({ total: 1190, automatic_tax: { enabled: true } })
  expect(await stripe.invoices.update(draft.id, { automatic_tax: { enabled: false } })).toMatchObject({ total: 1000 })
})

test('a preview can be asked for somebody who lives elsewhere', async () => {
  const { stripe, customer, price } = await taxedIn(null)
  const preview = (country: string) =>
    stripe.invoices.createPreview({
      customer: customer.id,
      customer_details: { address: { country } },
      subscription_details: { items: [{ price: price.id }] },
      automatic_tax: { enabled: true },
    })
  expect([(await preview('DE')).total, (await preview('FR')).total]).toEqual([4641, 4680])
  expect(((await stripe.customers.retrieve(customer.id)) as Stripe.Customer).address).toBeNull()
})

test('what a subscription says on its invoices stands in for what its customer says', async () => {
  const { stripe, customer, price } = await taxedIn(null)
  await stripe.customers.update(customer.id, { invoice_settings: { footer: 'Of the customer' } })
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    invoice_settings: { custom_fields: [{ name: 'Order', value: '12' }], footer: 'Of the subscription' },
    expand: ['latest_invoice'],
  })
  expect(made.latest_invoice).toMatchObject({
    custom_fields: [{ name: 'Order', value: '12' }],
    footer: 'Of the subscription',
  })
  await stripe.subscriptions.update(made.id, { invoice_settings: { footer: '' } })
  expect((await stripe.invoices.createPreview({ subscription: made.id })).footer).toBe('Of the customer')
})
