import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { eventTypes, refusalOf, started } from './support.ts'

async function drafted() {
  const { stripe } = await started()
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  })
  const invoice = await stripe.invoices.create({ customer: customer.id, currency: 'usd' })
  return { stripe, customer: customer.id, invoice: invoice.id }
}

const linesOf = (invoice: Stripe.Invoice) => invoice.lines.data.map(({ amount, description }) => [description, amount])

test('lines are added to a draft, with an amount or with a price of their own', async () => {
  const { stripe, invoice } = await drafted()
  const product_data = { name: 'Setup' }
  const made = await stripe.invoices.addLines(invoice, {
    lines: [
      { amount: 500, description: 'Fee' },
      { price_data: { currency: 'usd', unit_amount: 1200, product_data }, quantity: 2 },
    ],
  })
  expect(linesOf(made)).toEqual([
    ['Fee', 500],
    ['Setup', 2400],
  ])
  expect(made.total).toBe(2900)
})

test('lines of a draft are changed, and the item that one came from with it', async () => {
  const { stripe, customer, invoice } = await drafted()
  const item = await stripe.invoiceItems.create({ customer, invoice, amount: 900, currency: 'usd', description: 'Old' })
  const [line] = (await stripe.invoices.retrieve(invoice)).lines.data
  const changed = await stripe.invoices.updateLines(invoice, {
    invoice_metadata: { seen: 'yes' },
    lines: [{ id: line?.id ?? '', amount: 1000, description: 'New', metadata: { kind: 'fee' } }],
  })
  expect(linesOf(changed)).toEqual([['New', 1000]])
  expect(changed).toMatchObject({ total: 1000, metadata: { seen: 'yes' } })
  expect(await stripe.invoiceItems.retrieve(item.id)).toMatchObject({ amount: 1000, description: 'New' })
  const single = await stripe.invoices.updateLineItem(invoice, line?.id ?? '', {
    price_data: { currency: 'usd', unit_amount: 700, product_data: { name: 'Visit' } },
    quantity: 3,
  })
  expect(single).toMatchObject({ object: 'line_item', amount: 2100, quantity: 3, description: 'Visit' })
  expect((await stripe.invoices.retrieve(invoice)).total).toBe(2100)
})

test('a discount on one line takes off that line alone', async () => {
  const { stripe, invoice } = await drafted()
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
  const added = await stripe.invoices.addLines(invoice, { lines: [{ amount: 1000 }, { amount: 300 }] })
  const id = added.lines.data[0]?.id ?? ''
  const changed = await stripe.invoices.updateLines(invoice, { lines: [{ id, discounts: [{ coupon: coupon.id }] }] })
  expect(changed.total).toBe(800)
})

test('lines of a finalized invoice, and lines that are not there, are refused', async () => {
  const { stripe, invoice } = await drafted()
  const added = await stripe.invoices.addLines(invoice, { lines: [{ amount: 1000 }] })
  const unknown = stripe.invoices.updateLines(invoice, { lines: [{ id: 'il_none', amount: 1 }] })
  expect(await refusalOf(unknown)).toMatchObject({ statusCode: 400, code: 'resource_missing', param: 'lines[0][id]' })
  await stripe.invoices.finalizeInvoice(invoice)
  const late = stripe.invoices.updateLineItem(invoice, added.lines.data[0]?.id ?? '', { amount: 5 })
  expect((await refusalOf(late)).code).toBe('invoice_not_editable')
})

async function opened() {
  const { stripe, customer, invoice } = await drafted()
  await stripe.invoices.addLines(invoice, { lines: [{ amount: 3000 }] })
  await stripe.invoices.finalizeInvoice(invoice)
  const pay = (amount: number, confirm = true) =>
    stripe.paymentIntents.create({
      amount,
      currency: 'usd',
      customer,
      payment_method: 'pm_card_visa',
      confirm,
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    })
  return { stripe, invoice, pay }
}

test('a payment made elsewhere is attached to an invoice and pays it', async () => {
  const { stripe, invoice, pay } = await opened()
  const paid = await stripe.invoices.attachPayment(invoice, { payment_intent: (await pay(3000)).id })
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 3000, amount_remaining: 0 })
  expect(await eventTypes(stripe)).toContain('invoice_payment.paid')
})

test('a part pays a part, and the rest is paid by the invoice itself', async () => {
  const { stripe, invoice, pay } = await opened()
  const part = await stripe.invoices.attachPayment(invoice, { payment_intent: (await pay(1000)).id })
  expect(part).toMatchObject({ status: 'open', amount_paid: 1000, amount_remaining: 2000 })
  const paid = await stripe.invoices.pay(invoice)
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 3000, amount_remaining: 0 })
  const payments = await stripe.invoicePayments.list({ invoice })
  expect(payments.data.map(({ amount_paid, status }) => [amount_paid, status])).toEqual([
    [2000, 'paid'],
    [1000, 'paid'],
  ])
})

test('a payment that is still to be made pays the invoice when it is', async () => {
  const { stripe, invoice, pay } = await opened()
  const intent = await pay(3000, false)
  expect((await stripe.invoices.attachPayment(invoice, { payment_intent: intent.id })).status).toBe('open')
  await stripe.paymentIntents.confirm(intent.id)
  expect((await stripe.invoices.retrieve(invoice)).status).toBe('paid')
  const again = stripe.invoices.attachPayment(invoice, { payment_intent: (await pay(3000)).id })
  expect((await refusalOf(again)).message).toContain('only attach payments to open invoices')
})
