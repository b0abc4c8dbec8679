import { expect, test } from 'bun:test'
import { monthlyPrice, readyToSubscribe, refusalOf, started } from './support.ts'

const subscribed = async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 19, inclusive: false })
  const included = await stripe.taxRates.create({ display_name: 'GST', percentage: 10, inclusive: true })
  return { stripe, customer, price, vat, included }
}

test('the tax rates of a subscription are added to its invoices, and to its renewals', async () => {
  const { stripe, customer, price, vat } = await subscribed()
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    default_tax_rates: [vat.id],
    expand: ['latest_invoice'],
  })
  expect(made.default_tax_rates?.map(({ id }) => id)).toEqual([vat.id])
  expect(made.latest_invoice).toMatchObject({
    subtotal: 3900,
    total_excluding_tax: 3900,
    total: 4641,
    amount_paid: 4641,
    default_tax_rates: [{ id: vat.id }],
    total_taxes: [
      {
        amount: 741,
        tax_behavior: 'exclusive',
        tax_rate_details: { tax_rate: vat.id },
        taxability_reason: 'not_available',
        taxable_amount: 3900,
      },
    ],
  })
  const preview = await stripe.invoices.createPreview({ subscription: made.id })
  expect(preview.total).toBe(4641)
  const without = await stripe.subscriptions.update(made.id, { default_tax_rates: '' })
  expect(without.default_tax_rates).toEqual([])
  expect((await stripe.invoices.createPreview({ subscription: made.id })).total).toBe(3900)
})

test('the rates of an item stand in for those of its subscription, and go with its prorations', async () => {
  const { stripe, customer, price, vat, included } = await subscribed()
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, tax_rates: [included.id] }],
    default_tax_rates: [vat.id],
    expand: ['latest_invoice'],
  })
  expect(made.items.data[0]?.tax_rates?.map(({ id }) => id)).toEqual([included.id])
  expect(made.latest_invoice).toMatchObject({
    subtotal: 3900,
    subtotal_excluding_tax: 3545,
    total: 3900,
    total_excluding_tax: 3545,
    total_taxes: [{ amount: 355, tax_behavior: 'inclusive', taxable_amount: 3545 }],
  })
  const dearer = await monthlyPrice(stripe, 7800)
  const changed = await stripe.subscriptions.update(made.id, {
    items: [{ id: made.items.data[0]?.id ?? '', price: dearer.id }],
    proration_behavior: 'always_invoice',
    expand: ['latest_invoice'],
  })
  expect(changed.latest_invoice).toMatchObject({ total: 3900, total_taxes: [{ amount: 354 }] })
})

test('tax is on what discounts leave, and a business elsewhere owes it itself', async () => {
  const { stripe, customer, price, vat } = await subscribed()
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'forever' })
  const terms = { customer: customer.id, items: [{ price: price.id }], default_tax_rates: [vat.id] }
  const half = await stripe.subscriptions.create({
    ...terms,
    discounts: [{ coupon: coupon.id }],
    expand: ['latest_invoice'],
  })
  expect(half.latest_invoice).toMatchObject({ subtotal: 3900, total_excluding_tax: 1950, total: 2321 })
  await stripe.customers.update(customer.id, { tax_exempt: 'reverse' })
  const abroad = await stripe.subscriptions.create({ ...terms, expand: ['latest_invoice'] })
  expect(abroad.latest_invoice).toMatchObject({
    total: 3900,
    total_taxes: [{ amount: 0, taxability_reason: 'reverse_charge' }],
  })
})

test('an invoice made by hand takes rates for all of it, or for one item', async () => {
  const { stripe, customer, vat, included } = await subscribed()
  const draft = await stripe.invoices.create({ customer: customer.id, default_tax_rates: [vat.id] })
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 1000, currency: 'usd' })
  const item = await stripe.invoiceItems.create({
    customer: customer.id,
    invoice: draft.id,
    amount: 1100,
    currency: 'usd',
    tax_rates: [included.id],
  })
  expect(item.tax_rates?.map(({ id }) => id)).toEqual([included.id])
  expect(await stripe.invoices.retrieve(draft.id)).toMatchObject({ total: 2290, total_excluding_tax: 2000 })
  await stripe.invoiceItems.update(item.id, { tax_rates: '' })
  expect(await stripe.invoices.retrieve(draft.id)).toMatchObject({ total: 2499, total_excluding_tax: 2100 })
  expect(await stripe.invoices.update(draft.id, { default_tax_rates: '' })).toMatchObject({ total: 2100 })
  const [line] = (await stripe.invoices.retrieve(draft.id)).lines.data
  await stripe.invoices.updateLineItem(draft.id, line?.id ?? '', { tax_rates: [vat.id] })
  const taxed = await stripe.invoices.retrieve(draft.id)
  expect(taxed.total - 2100).toBe(Math.round((line?.amount ?? 0) * 0.19))
  await stripe.invoices.pay(draft.id)
})

test('a checkout adds the rates of its lines and says so before and after', async () => {
  const { stripe, customer, vat } = await subscribed()
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer: customer.id,
    success_url: 'https://example.com/done',
    line_items: [
      {
        price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'Minutes' } },
        quantity: 2,
        tax_rates: [vat.id],
      },
    ],
  })
  expect(session).toMatchObject({ amount_subtotal: 2000, amount_total: 2380, total_details: { amount_tax: 380 } })
  const items = await stripe.checkout.sessions.listLineItems(session.id)
  expect(items.data[0]).toMatchObject({ amount_subtotal: 2000, amount_tax: 380, amount_total: 2380 })
})

test('a rate that is not there, or is archived, is refused', async () => {
  const { stripe, customer, price, vat } = await subscribed()
  const subscribe = (rate: string) =>
    stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id, tax_rates: [rate] }] })
  expect(await refusalOf(subscribe('txr_X'))).toMatchObject({
    code: 'resource_missing',
    param: 'items[0][tax_rates][0]',
    message: "No such tax rate: 'txr_X'",
  })
  await stripe.taxRates.update(vat.id, { active: false })
  expect((await refusalOf(subscribe(vat.id))).message).toContain('archived')
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toEqual([])
})
