import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { eventTypes, monthlyPrice, raw, readyToSubscribe, refusalOf, started } from './support.ts'

const invoiceOf = (subscription: Stripe.Subscription): Stripe.Invoice => {
  const { latest_invoice: invoice } = subscription
  if (invoice === null || typeof invoice === 'string') throw new Error('latest_invoice was not expanded')
  return invoice
}
const intentId = (invoice: Stripe.Invoice) => invoice.confirmation_secret?.client_secret.split('_secret_')[0] ?? ''
const expand = ['latest_invoice.confirmation_secret', 'latest_invoice.payments']

test('a good card makes an active subscription with a paid first invoice', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    metadata: { user_id: 'u1' },
    expand,
  })
  expect(made).toMatchObject({
    status: 'active',
    collection_method: 'charge_automatically',
    billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' } },
    cancel_at: null,
    pending_setup_intent: null,
  })
  const [item] = made.items.data
  expect(item).toMatchObject({ quantity: 1, price: { id: price.id }, current_period_start: made.created })
  expect(made).not.toHaveProperty('current_period_end')
  const invoice = invoiceOf(made)
  expect(invoice).toMatchObject({
    status: 'paid',
    total: 3900,
    amount_due: 3900,
    amount_paid: 3900,
    amount_remaining: 0,
    attempt_count: 1,
    attempted: true,
    billing_reason: 'subscription_create',
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: made.id, metadata: { user_id: 'u1' } },
    },
    payments: { data: [{ status: 'paid', amount_paid: 3900, payment: { type: 'payment_intent' } }] },
  })
  expect(invoice.number).toMatch(/^[A-Z0-9]{8}-0001$/)
  expect(invoice.lines.data[0]).toMatchObject({
    description: '1 × Pro (at $39.00 / month)',
    amount: 3900,
    period: { start: item?.current_period_start ?? 0, end: item?.current_period_end ?? 0 },
    pricing: { type: 'price_details', price_details: { price: price.id } },
  })
})

test('its events come in the order of Stripe, the subscription once and already active', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const before = (await eventTypes(stripe)).length
  await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    'charge.succeeded',
    'customer.updated',
    'customer.subscription.created',
    'payment_intent.succeeded',
    'payment_intent.created',
    'invoice.created',
    'invoice.finalized',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const [event] = (await stripe.events.list({ type: 'customer.subscription.created' })).data
  expect(event?.data.object).toMatchObject({ status: 'active' })
})

test('a period ends a calendar month later, clamped to short months', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const item = made.items.data[0]
  const start = new Date((item?.current_period_start ?? 0) * 1000)
  const end = new Date((item?.current_period_end ?? 0) * 1000)
  expect((end.getUTCMonth() - start.getUTCMonth() + 12) % 12).toBe(1)
  expect(end.getUTCHours()).toBe(start.getUTCHours())
})

test('without a card a subscription that costs something is refused in the recorded words', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const price = await monthlyPrice(stripe)
  const refused = await refusalOf(stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] }))
  expect(refused).toMatchObject({ statusCode: 400, code: 'resource_missing' })
  expect(refused.message).toStartWith('This customer has no attached payment source or default payment method.')
  expect(refused.param).toBeUndefined()
})

test('a free subscription is active at once and asks for a card with a setup intent', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const price = await monthlyPrice(stripe, 0)
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    expand: ['latest_invoice', 'pending_setup_intent'],
  })
  expect(made.status).toBe('active')
  expect(invoiceOf(made)).toMatchObject({ status: 'paid', amount_due: 0, attempt_count: 0, attempted: true })
  expect(made.pending_setup_intent).toMatchObject({ object: 'setup_intent', status: 'requires_payment_method' })
  const setup = made.pending_setup_intent as Stripe.SetupIntent
  await stripe.setupIntents.confirm(setup.id, { payment_method: 'pm_card_visa' })
  const after = await stripe.subscriptions.retrieve(made.id, { expand: ['default_payment_method'] })
  expect(after).toMatchObject({ pending_setup_intent: null, default_payment_method: { card: { last4: '4242' } } })
})

test('a card that fails leaves the subscription incomplete with an open invoice', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_chargeCustomerFail')
  const before = (await eventTypes(stripe)).length
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  expect(made.status).toBe('incomplete')
  expect(invoiceOf(made)).toMatchObject({ status: 'open', attempt_count: 1, attempted: true, amount_remaining: 3900 })
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
    'customer.updated',
    'customer.subscription.created',
    'invoice.created',
    'invoice.finalized',
    'invoice.payment_failed',
  ])
  const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  const paid = await stripe.invoices.pay(invoiceOf(made).id, { payment_method: id })
  expect(paid).toMatchObject({ status: 'paid', attempt_count: 1 })
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
})

test('error_if_incomplete leaves nothing behind', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_chargeCustomerFail')
  const before = await eventTypes(stripe)
  const refused = await refusalOf(
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      payment_behavior: 'error_if_incomplete',
    }),
  )
  expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined' })
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toHaveLength(0)
  expect((await stripe.invoices.list()).data).toHaveLength(0)
  expect(await eventTypes(stripe)).toEqual(before)
})

test('3-D Secure leaves it incomplete until the buyer authorizes', async () => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_authenticationRequired')
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  expect(made.status).toBe('incomplete')
  const invoice = invoiceOf(made)
  expect(invoice).toMatchObject({
    status: 'open',
    attempt_count: 0,
    attempted: true,
    auto_advance: true,
    next_payment_attempt: null,
  })
  const id = intentId(invoice)
  expect(await stripe.paymentIntents.retrieve(id)).toMatchObject({
    status: 'requires_action',
    next_action: { type: 'use_stripe_sdk' },
  })
  await raw(sandbox, 'POST', `/_sim/payment_intents/${id}/authenticate`, 'outcome=succeed')
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid')
})

test('a failed authentication keeps it incomplete, and another card completes it', async () => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_authenticationRequired')
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  const id = intentId(invoiceOf(made))
  await raw(sandbox, 'POST', `/_sim/payment_intents/${id}/authenticate`, 'outcome=fail')
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('incomplete')
  await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
})

test('a cardless subscription is paid by the browser, which brings the card', async () => {
  const { sandbox, stripe } = await started()
  const customer = await stripe.customers.create({})
  const price = await monthlyPrice(stripe)
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    payment_behavior: 'default_incomplete',
    payment_settings: { save_default_payment_method: 'on_subscription' },
    expand: ['latest_invoice.confirmation_secret', 'pending_setup_intent'],
  })
  expect(made).toMatchObject({ status: 'incomplete', pending_setup_intent: null, default_payment_method: null })
  const secret = invoiceOf(made).confirmation_secret?.client_secret ?? ''
  const before = (await eventTypes(stripe)).length
  const confirm = (body: string) =>
    raw(sandbox, 'POST', `/v1/payment_intents/${secret.split('_secret_')[0]}/confirm`, body, { authorization: '' })
  expect((await confirm('key=pk_test_x&client_secret=wrong&payment_method=pm_card_visa')).status).toBe(400)
  const card = 'payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242'
  const dates =
    '&payment_method_data[card][exp_month]=12&payment_method_data[card][exp_year]=2040&payment_method_data[card][cvc]=123'
  const answer = await confirm(`key=pk_test_x&client_secret=${secret}&${card}${dates}`)
  expect([answer.status, answer.body.status]).toEqual([200, 'succeeded'])
  const after = await stripe.subscriptions.retrieve(made.id, { expand: ['default_payment_method'] })
  expect(after).toMatchObject({
    status: 'active',
    default_payment_method: { card: { last4: '4242' }, customer: customer.id },
  })
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    'charge.succeeded',
    'payment_intent.succeeded',
    'payment_method.attached',
    'customer.subscription.updated',
    'invoice.updated',
    'invoice.paid',
    'invoice.payment_succeeded',
    'invoice_payment.paid',
  ])
  const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data
  const former: unknown = event?.data.previous_attributes
  expect(former).toEqual({ status: 'incomplete', default_payment_method: null })
})

test('cancelled while incomplete it expires, its invoice is voided and its intent cancelled', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }],
    payment_behavior: 'default_incomplete',
    expand,
  })
  const before = (await eventTypes(stripe)).length
  expect((await stripe.subscriptions.cancel(made.id)).status).toBe('incomplete_expired')
  expect((await stripe.subscriptions.list()).data).toHaveLength(0)
  expect((await stripe.invoices.retrieve(invoiceOf(made).id)).status).toBe('void')
  const intent = await stripe.paymentIntents.retrieve(intentId(invoiceOf(made)))
  expect(intent).toMatchObject({ status: 'canceled', cancellation_reason: 'void_invoice' })
  expect((await eventTypes(stripe)).slice(before)).toEqual([
    'customer.subscription.updated',
    'invoice.voided',
    'payment_intent.canceled',
  ])
})

test('left incomplete for 23 hours it expires by itself', async () => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const wish = { customer: customer.id, items: [{ price: price.id }] }
  const made = await stripe.subscriptions.create({ ...wish, payment_behavior: 'default_incomplete', expand })
  await raw(sandbox, 'POST', '/_sim/clock', `advance=${23 * 3600 - 60}`)
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('incomplete')
  await raw(sandbox, 'POST', '/_sim/clock', 'advance=3600')
  const after = await stripe.subscriptions.retrieve(made.id)
  expect(after).toMatchObject({ status: 'incomplete_expired', ended_at: made.created + 23 * 3600 })
  const [event] = (await stripe.events.list({ type: 'customer.subscription.updated' })).data
  expect(event?.request).toEqual({ id: null, idempotency_key: null })
})

test('voiding its first invoice ends an incomplete subscription', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_chargeCustomerFail')
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  const voided = await stripe.invoices.voidInvoice(invoiceOf(made).id)
  expect(voided.status).toBe('void')
  expect(voided.status_transitions.voided_at).toBeNumber()
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('incomplete_expired')
  expect((await refusalOf(stripe.invoices.pay(voided.id))).statusCode).toBe(400)
})

test('cancel_at_period_end fills cancel_at and canceled_at, and undoing clears both', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const ending = await stripe.subscriptions.update(made.id, {
    cancel_at_period_end: true,
    cancellation_details: { feedback: 'too_expensive', comment: 'too much' },
  })
  expect(ending).toMatchObject({
    status: 'active',
    cancel_at_period_end: true,
    cancel_at: made.items.data[0]?.current_period_end ?? 0,
    cancellation_details: { reason: 'cancellation_requested', feedback: 'too_expensive', comment: 'too much' },
  })
  expect(ending.canceled_at).toBeNumber()
  const undone = await stripe.subscriptions.update(made.id, { cancel_at_period_end: false })
  expect(undone).toMatchObject({ cancel_at_period_end: false, cancel_at: null, canceled_at: null, status: 'active' })
  const before = (await eventTypes(stripe)).length
  await stripe.subscriptions.update(made.id, { cancel_at_period_end: false })
  expect(await eventTypes(stripe)).toHaveLength(before)
})

test('cancel_at takes a moment or a name for one and is cleared by an empty value', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const named = await stripe.subscriptions.update(made.id, { cancel_at: 'min_period_end' })
  expect(named).toMatchObject({ cancel_at: made.items.data[0]?.current_period_end ?? 0, cancel_at_period_end: false })
  expect((await stripe.subscriptions.update(made.id, { cancel_at: '' })).cancel_at).toBeNull()
  expect((await refusalOf(stripe.subscriptions.update(made.id, { cancel_at: 1 }))).param).toBe('cancel_at')
})

test('at its end the subscription is deleted', async () => {
  const { sandbox, stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const wish = { customer: customer.id, items: [{ price: price.id }], cancel_at_period_end: true }
  const made = await stripe.subscriptions.create(wish)
  expect(made.cancel_at).toBe(made.items.data[0]?.current_period_end ?? 0)
  await raw(sandbox, 'POST', '/_sim/clock', `advance=${32 * 86_400}`)
  const ended = await stripe.subscriptions.retrieve(made.id)
  expect(ended).toMatchObject({
    status: 'canceled',
    cancel_at: null,
    cancel_at_period_end: false,
    ended_at: made.cancel_at,
  })
  expect((await stripe.subscriptions.list()).data).toHaveLength(0)
})

test('cancelled at once it answers the whole subscription, and then takes hardly any change', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const ended = await stripe.subscriptions.cancel(made.id, { cancellation_details: { comment: 'bye' } })
  expect(ended).toMatchObject({
    id: made.id,
    status: 'canceled',
    cancel_at: null,
    cancellation_details: { comment: 'bye', reason: 'cancellation_requested' },
    items: { data: [{ price: { id: price.id } }] },
  })
  expect(ended.ended_at).toBeNumber()
  expect((await eventTypes(stripe)).at(-1)).toBe('customer.subscription.deleted')
  expect((await refusalOf(stripe.subscriptions.cancel(made.id))).statusCode).toBe(404)
  expect((await refusalOf(stripe.subscriptions.update(made.id, { description: 'x' }))).statusCode).toBe(400)
  expect((await stripe.subscriptions.update(made.id, { metadata: { a: '1' } })).metadata).toEqual({ a: '1' })
})

test('subscriptions are listed by status and found by metadata', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const wish = { customer: customer.id, items: [{ price: price.id }] }
  const first = await stripe.subscriptions.create({ ...wish, metadata: { intent_id: 'i1' } })
  const second = await stripe.subscriptions.create({ ...wish, metadata: { intent_id: 'i2' } })
  await stripe.subscriptions.cancel(first.id)
  const ids = async (params: Stripe.SubscriptionListParams) =>
    (await stripe.subscriptions.list(params)).data.map(({ id }) => id)
  expect(await ids({ customer: customer.id })).toEqual([second.id])
  expect(await ids({ status: 'all' })).toEqual([second.id, first.id])
  expect(await ids({ status: 'ended' })).toEqual([first.id])
  expect(await ids({ price: price.id, status: 'active' })).toEqual([second.id])
  const found = await stripe.subscriptions.search({ query: `metadata['intent_id']:'i2' AND status:'active'` })
  expect(found.data.map(({ id }) => id)).toEqual([second.id])
  const items = await stripe.subscriptionItems.list({ subscription: second.id })
  const item = await stripe.subscriptionItems.retrieve(items.data[0]?.id ?? '')
  expect(item).toMatchObject({ subscription: second.id, price: { id: price.id } })
})

test('prices that do not fit are refused', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const product = await stripe.products.create({ name: 'Other' })
  const once = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 900 })
  const euros = await stripe.prices.create({
    product: product.id,
    currency: 'eur',
    unit_amount: 900,
    recurring: { interval: 'month' },
  })
  const subscribe = (...prices: string[]) =>
    refusalOf(stripe.subscriptions.create({ customer: customer.id, items: prices.map((id) => ({ price: id })) }))
  expect(await subscribe('invalid')).toMatchObject({
    statusCode: 400,
    param: 'items[0][price]',
    message: "No such price: 'invalid'",
  })
  expect((await subscribe(once.id)).param).toBe('items[0][price]')
  expect((await subscribe(price.id, euros.id)).param).toBe('items')
  await stripe.prices.update(price.id, { active: false })
  expect((await subscribe(price.id)).message).toContain('inactive')
})

test('the invoice of a subscription has a page, its lines and its payments', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  const invoice = invoiceOf(made)
  for (const url of [invoice.hosted_invoice_url, invoice.invoice_pdf]) {
    const text = await (await fetch(url ?? '')).text()
    expect(text).toContain('$39.00')
    expect(text).toContain(invoice.number ?? '-')
  }
  expect((await stripe.invoices.listLineItems(invoice.id)).data).toHaveLength(1)
  expect((await stripe.invoices.list({ subscription: made.id, status: 'paid' })).data).toHaveLength(1)
  expect((await stripe.invoices.list({ customer: customer.id, status: 'open' })).data).toHaveLength(0)
  const found = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: intentId(invoice) },
  })
  expect(found.data[0]).toMatchObject({ invoice: invoice.id, status: 'paid' })
  expect((await refusalOf(stripe.invoices.pay(invoice.id))).message).toBe('Invoice is already paid')
  expect((await refusalOf(stripe.invoices.finalizeInvoice(invoice.id))).code).toBe('invoice_not_editable')
  expect((await refusalOf(stripe.paymentIntents.cancel(intentId(invoice)))).statusCode).toBe(400)
})

test('an invoice is paid outside of Stripe', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe, 'pm_card_chargeCustomerFail')
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  const failed = await refusalOf(stripe.invoices.pay(invoiceOf(made).id))
  expect(failed).toMatchObject({ statusCode: 402, code: 'card_declined' })
  const paid = await stripe.invoices.pay(invoiceOf(made).id, { paid_out_of_band: true })
  expect(paid).toMatchObject({ status: 'paid', amount_remaining: 0 })
  expect((await stripe.paymentIntents.retrieve(intentId(invoiceOf(made)))).status).toBe('canceled')
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
})

test('a credit balance pays an invoice as far as it goes', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  await stripe.customers.update(customer.id, { balance: -5000 })
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }], expand })
  expect(invoiceOf(made)).toMatchObject({ total: 3900, amount_due: 0, starting_balance: -5000, ending_balance: -1100 })
  expect(await stripe.customers.retrieve(customer.id)).toMatchObject({ balance: -1100 })
})
