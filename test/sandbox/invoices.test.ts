import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { readyToSubscribe, refusalOf, started } from './support.ts'
import { advance, at, customerAt, day, eventsBetween, invoicesOf, itemOf, pass, planOf } from './timing.ts'

const begin = at('2027-01-10')

test('an invoice made by hand is a draft until it is finalized, and paying a draft finalizes it', async () => {
  const { stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  await stripe.invoiceItems.create({ customer: customer.id, amount: 1500, currency: 'usd', description: 'Setup' })
  const draft = await stripe.invoices.create({ customer: customer.id, pending_invoice_items_behavior: 'include' })
  expect(draft).toMatchObject({
    status: 'draft',
    auto_advance: false,
    billing_reason: 'manual',
    number: null,
    effective_at: null,
    ending_balance: null,
    total: 1500,
    parent: null,
  })
  await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 500, currency: 'usd' })
  const lines = (await stripe.invoices.retrieve(draft.id)).lines.data
  expect(lines.map(({ amount }) => amount)).toEqual([500, 1500])
  expect(lines[1]?.parent).toMatchObject({ type: 'invoice_item_details', invoice_item_details: { proration: false } })
  const paid = await stripe.invoices.pay(draft.id)
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 2000 })
  expect((await refusalOf(stripe.invoices.finalizeInvoice(draft.id))).code).toBe('invoice_not_editable')
  const empty = await stripe.invoices.create({ customer: customer.id })
  expect(await stripe.invoices.finalizeInvoice(empty.id)).toMatchObject({ status: 'paid', attempt_count: 0 })
})

test('a draft takes lines in and gives them up, and may be deleted', async () => {
  const { stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  const draft = await stripe.invoices.create({ customer: customer.id, description: 'First', metadata: { a: '1' } })
  const grown = await stripe.invoices.addLines(draft.id, {
    lines: [
      { amount: 300, description: 'A' },
      { amount: 400, description: 'B' },
    ],
  })
  expect(grown.total).toBe(700)
  const [line] = grown.lines.data
  const less = await stripe.invoices.removeLines(draft.id, { lines: [{ id: line?.id ?? '', behavior: 'delete' }] })
  expect(less.lines.data.map(({ description }) => description)).toEqual(['B'])
  const { id: coupon } = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
  expect((await stripe.invoices.update(draft.id, { discounts: [{ coupon }] })).total).toBe(200)
  expect(await stripe.invoices.del(draft.id)).toMatchObject({ deleted: true })
  expect((await refusalOf(stripe.invoices.retrieve(draft.id))).statusCode).toBe(404)
})

test('an invoice to be paid by transfer is sent, given up, or voided', async () => {
  const { sandbox, stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  const open = async () => {
    const draft = await stripe.invoices.create({
      customer: customer.id,
      collection_method: 'send_invoice',
      days_until_due: 10,
    })
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 900, currency: 'usd' })
    return stripe.invoices.sendInvoice(draft.id)
  }
  const sent = await open()
  expect(sent.status).toBe('open')
  await pass(sandbox, '11d')
  expect((await stripe.events.list({ type: 'invoice.overdue' })).data).toHaveLength(1)
  expect((await stripe.invoices.markUncollectible(sent.id)).status).toBe('uncollectible')
  expect((await stripe.invoices.pay(sent.id)).status).toBe('paid')
  expect((await stripe.invoices.voidInvoice((await open()).id)).status).toBe('void')
})

test('a draft that may advance is finalized and collected after an hour', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const draft = await stripe.invoices.create({ customer, auto_advance: true })
  await stripe.invoiceItems.create({ customer, invoice: draft.id, amount: 900, currency: 'usd' })
  await advance(stripe, clock, begin + 3_600)
  expect((await stripe.invoices.retrieve(draft.id)).status).toBe('paid')
})

test('a credit note lowers an open invoice, or gives back what was paid', async () => {
  const { stripe } = await started()
  const { customer } = await readyToSubscribe(stripe)
  const invoiceOver = async (amount: number) => {
    const draft = await stripe.invoices.create({ customer: customer.id })
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount, currency: 'usd' })
    return stripe.invoices.finalizeInvoice(draft.id)
  }
  const open = await invoiceOver(1000)
  const note = await stripe.creditNotes.create({ invoice: open.id, amount: 400 })
  expect(note).toMatchObject({ type: 'pre_payment', amount: 400, number: `${open.number}-CN-01` })
  expect(await stripe.invoices.retrieve(open.id)).toMatchObject({ amount_remaining: 600 })
  expect((await stripe.creditNotes.voidCreditNote(note.id)).status).toBe('void')
  const paid = await stripe.invoices.pay(open.id)
  expect(paid.amount_paid).toBe(1000)
  expect((await refusalOf(stripe.creditNotes.create({ invoice: paid.id, amount: 500 }))).message).toContain(
    'must equal',
  )
  const given = await stripe.creditNotes.create({
    invoice: paid.id,
    amount: 500,
    credit_amount: 200,
    refund_amount: 300,
  })
  expect(given.refunds).toMatchObject([{ amount_refunded: 300 }])
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -200 })
  expect((await stripe.refunds.list()).data[0]?.amount).toBe(300)
  expect((await stripe.creditNotes.list({ invoice: paid.id })).data).toHaveLength(2)
})

test('a credited line takes its part of the discounts and taxes along', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const vat = await stripe.taxRates.create({ display_name: 'VAT', percentage: 10, inclusive: false })
  const coupon = await stripe.coupons.create({ percent_off: 50, duration: 'once' })
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 2 }],
    discounts: [{ coupon: coupon.id }],
    default_tax_rates: [vat.id],
    expand: ['latest_invoice'],
  })
  const invoice = made.latest_invoice as Stripe.Invoice
  expect(invoice.total).toBe(4290)
  const line = { type: 'invoice_line_item', invoice_line_item: invoice.lines.data[0]?.id ?? '', quantity: 1 } as const
  const preview = await stripe.creditNotes.preview({ invoice: invoice.id, lines: [line], refund_amount: 2145 })
  expect(preview).toMatchObject({
    subtotal: 3900,
    discount_amount: 1950,
    total_excluding_tax: 1950,
    total: 2145,
    amount: 2145,
    total_taxes: [{ amount: 195, tax_behavior: 'exclusive' }],
  })
  const note = await stripe.creditNotes.create({ invoice: invoice.id, lines: [line], refund_amount: 2145 })
  expect(note.lines.data[0]).toMatchObject({ amount: 3900, discount_amount: 1950, taxes: [{ amount: 195 }] })
  expect((await stripe.refunds.list()).data[0]?.amount).toBe(2145)
})

test('every movement of a balance is written down', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -5000, currency: 'usd', description: 'gift' })
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const { data } = await stripe.customers.listBalanceTransactions(customer.id)
  expect(data.map(({ type, amount, ending_balance }) => [type, amount, ending_balance])).toEqual([
    ['applied_to_invoice', 3900, -1100],
    ['adjustment', -5000, -5000],
  ])
})

test('an update that needs paying waits for it 23 hours as a pending update', async () => {
  const { stripe } = await started()
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const held = async () => {
    const { clock, customer } = await customerAt(stripe, begin)
    const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }] })
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer })
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } })
    const after = await stripe.subscriptions.update(made.id, {
      items: [{ id: itemOf(made).id, price: pro }],
      payment_behavior: 'pending_if_incomplete',
      proration_behavior: 'always_invoice',
    })
    expect([after.status, itemOf(after).price.id]).toEqual(['active', basic])
    expect(after.pending_update?.expires_at).toBe(begin + 23 * 3_600)
    expect(after.pending_update?.subscription_items?.[0]?.price.id).toBe(pro)
    return { clock, customer, id: made.id, invoice: String(after.latest_invoice) }
  }
  const paid = await held()
  const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: paid.customer })
  await stripe.invoices.pay(paid.invoice, { payment_method: good.id })
  const applied = await stripe.subscriptions.retrieve(paid.id)
  expect([itemOf(applied).price.id, applied.pending_update]).toEqual([pro, null])
  const late = await held()
  await advance(stripe, late.clock, begin + day)
  const dropped = await stripe.subscriptions.retrieve(late.id)
  expect([dropped.status, itemOf(dropped).price.id, dropped.pending_update]).toEqual(['active', basic, null])
  expect((await stripe.invoices.retrieve(late.invoice)).status).toBe('void')
  expect(await eventsBetween(stripe, begin + 23 * 3_600)).toContain('customer.subscription.pending_update_expired')
})

test('an update that fails to be paid leaves the subscription past due, or undone if that was asked for', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const [basic, pro] = [await planOf(stripe, 'Basic', 1000), await planOf(stripe, 'Pro', 3000)]
  const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }] })
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } })
  const update = (payment_behavior: Stripe.SubscriptionUpdateParams.PaymentBehavior) =>
    stripe.subscriptions.update(made.id, {
      items: [{ id: itemOf(made).id, price: pro }],
      proration_behavior: 'always_invoice',
      payment_behavior,
    })
  expect(await refusalOf(update('error_if_incomplete'))).toMatchObject({ statusCode: 402, code: 'card_declined' })
  expect(itemOf(await stripe.subscriptions.retrieve(made.id)).price.id).toBe(basic)
  expect(await invoicesOf(stripe, made.id)).toHaveLength(1)
  const late = await update('allow_incomplete')
  expect([late.status, itemOf(late).price.id]).toEqual(['past_due', pro])
  expect((await invoicesOf(stripe, made.id)).at(-1)).toMatchObject({ status: 'open', attempt_count: 1 })
})
