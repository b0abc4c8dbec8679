import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { eventTypes, minutesMeter, monthlyPrice, readyToSubscribe, refusalOf, started } from './support.ts'

test('a subscription to a product with features entitles its customer while it runs', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const feature = await stripe.entitlements.features.create({ lookup_key: 'transcripts', name: 'Transcripts' })
  expect(feature).toMatchObject({ object: 'entitlements.feature', active: true })
  expect(feature).not.toHaveProperty('created')
  const link = await stripe.products.createFeature(String(price.product), { entitlement_feature: feature.id })
  expect(link.entitlement_feature.lookup_key).toBe('transcripts')
  expect((await stripe.products.listFeatures(String(price.product))).data).toHaveLength(1)
  const active = async () =>
    (await stripe.entitlements.activeEntitlements.list({ customer: customer.id })).data.map((found) => found.lookup_key)
  expect(await active()).toEqual([])
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(await active()).toEqual(['transcripts'])
  const [told] = (await stripe.events.list({ type: 'entitlements.active_entitlement_summary.updated' })).data
  expect(told?.data.object).toMatchObject({ customer: customer.id, entitlements: { data: [{ feature: feature.id }] } })
  await stripe.subscriptions.cancel(subscription.id)
  expect(await active()).toEqual([])
  const events = await stripe.events.list({ type: 'entitlements.active_entitlement_summary.updated' })
  expect(events.data).toHaveLength(2)
})

test('an entitlement is found by its id while it holds', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const feature = await stripe.entitlements.features.create({ name: 'Calls', lookup_key: 'calls' })
  await stripe.products.createFeature(String(price.product), { entitlement_feature: feature.id })
  const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  const [listed] = (await stripe.entitlements.activeEntitlements.list({ customer: customer.id })).data
  const id = listed?.id ?? ''
  expect(await stripe.entitlements.activeEntitlements.retrieve(id)).toMatchObject({ id, lookup_key: 'calls' })
  await stripe.subscriptions.cancel(subscription.id)
  expect((await refusalOf(stripe.entitlements.activeEntitlements.retrieve(id))).statusCode).toBe(404)
})

test('a feature is changed, filtered and detached', async () => {
  const { stripe } = await started()
  const price = await monthlyPrice(stripe)
  const feature = await stripe.entitlements.features.create({ lookup_key: 'a', name: 'A' })
  expect((await refusalOf(stripe.entitlements.features.create({ lookup_key: 'a', name: 'B' }))).param).toBe(
    'lookup_key',
  )
  expect((await stripe.entitlements.features.update(feature.id, { name: 'C', active: false })).name).toBe('C')
  expect((await stripe.entitlements.features.list({ archived: true })).data).toHaveLength(1)
  const link = await stripe.products.createFeature(String(price.product), { entitlement_feature: feature.id })
  expect((await stripe.products.retrieveFeature(String(price.product), link.id)).id).toBe(link.id)
  expect(await stripe.products.deleteFeature(String(price.product), link.id)).toMatchObject({ deleted: true })
  expect((await stripe.products.listFeatures(String(price.product))).data).toEqual([])
})

test('credits are granted, summed up, voided and expired', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const grant = (value: number, category: 'paid' | 'promotional') =>
    stripe.billing.creditGrants.create({
      customer: customer.id,
      amount: { type: 'monetary', monetary: { currency: 'usd', value } },
      applicability_config: { scope: { price_type: 'metered' } },
      category,
    })
  const paid = await grant(1000, 'paid')
  const gift = await grant(500, 'promotional')
  const filter = { type: 'applicability_scope', applicability_scope: { price_type: 'metered' } } as const
  const balance = async () =>
    (await stripe.billing.creditBalanceSummaries.retrieve({ customer: customer.id, filter })).balances[0]
      ?.available_balance.monetary?.value
  expect(await balance()).toBe(1500)
  expect((await stripe.billing.creditGrants.voidGrant(gift.id)).voided_at).not.toBeNull()
  expect(await balance()).toBe(1000)
  expect((await stripe.billing.creditGrants.expire(paid.id)).expires_at).not.toBeNull()
  expect(await balance()).toBe(0)
  const moves = await stripe.billing.creditBalanceTransactions.list({ customer: customer.id })
  expect(moves.data.map(({ type, debit }) => debit?.type ?? type)).toEqual([
    'credits_expired',
    'credits_voided',
    'credit',
    'credit',
  ])
  expect((await refusalOf(stripe.billing.creditGrants.voidGrant(paid.id))).statusCode).toBe(400)
  expect(await eventTypes(stripe)).toContain('billing.credit_grant.updated')
})

test('tax rates and tax ids are kept and shown', async () => {
  const { stripe } = await started()
  const rate = await stripe.taxRates.create({ display_name: 'VAT', inclusive: true, percentage: 19.5, country: 'DE' })
  expect(rate).toMatchObject({ object: 'tax_rate', percentage: 19.5, active: true })
  expect((await stripe.taxRates.update(rate.id, { active: false })).active).toBe(false)
  expect((await stripe.taxRates.list({ active: true })).data).toEqual([])
  const customer = await stripe.customers.create({})
  const taxId = await stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE123456789' })
  expect(taxId).toMatchObject({ object: 'tax_id', country: 'DE', customer: customer.id })
  expect((await stripe.customers.listTaxIds(customer.id)).data).toHaveLength(1)
  expect(await stripe.customers.deleteTaxId(customer.id, taxId.id)).toMatchObject({ deleted: true })
  const wrong = await refusalOf(stripe.customers.createTaxId(customer.id, { type: 'eu_vat', value: 'DE1' }))
  expect(wrong).toMatchObject({ code: 'tax_id_invalid', param: 'value' })
})

test('a plan is the older face of a recurring price', async () => {
  const { stripe } = await started()
  const plan = await stripe.plans.create({ amount: 2000, currency: 'usd', interval: 'month', product: { name: 'Old' } })
  expect(plan).toMatchObject({ object: 'plan', amount: 2000, interval: 'month' })
  expect((await stripe.prices.retrieve(plan.id)).unit_amount).toBe(2000)
  expect((await stripe.plans.update(plan.id, { metadata: { a: '1' } })).metadata).toEqual({ a: '1' })
  expect((await stripe.plans.list()).data).toHaveLength(1)
  expect(await stripe.plans.del(plan.id)).toMatchObject({ deleted: true })
  const types = await eventTypes(stripe)
  for (const type of ['plan.created', 'plan.updated', 'plan.deleted', 'price.deleted']) expect(types).toContain(type)
})

test('a customer may bring a card of the older kind and tax ids along', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({
    source: 'tok_visa',
    tax_id_data: [{ type: 'eu_vat', value: 'DE123456789' }],
  })
  expect(customer.default_source).toStartWith('pm_')
  expect((await stripe.customers.listTaxIds(customer.id)).data).toHaveLength(1)
  const price = await monthlyPrice(stripe)
  const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(made.status).toBe('active')
})

/** Ready to subscribe, to a price of ten cents a minute too. */
async function readyToUse(stripe: Stripe) {
  const { customer, price } = await readyToSubscribe(stripe)
  const meter = await minutesMeter(stripe)
  const usage = await stripe.prices.create({
    product: String(price.product),
    currency: 'usd',
    unit_amount: 10,
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
  })
  return { customer, price, usage }
}

test('credits pay for usage, gifts first, and for nothing else', async () => {
  const { stripe } = await started()
  const { customer, price, usage } = await readyToUse(stripe)
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id }, { price: usage.id }],
  })
  const grant = (value: number, category: 'paid' | 'promotional') =>
    stripe.billing.creditGrants.create({
      customer: customer.id,
      amount: { type: 'monetary', monetary: { currency: 'usd', value } },
      applicability_config: { scope: { price_type: 'metered' } },
      category,
    })
  const paid = await grant(1000, 'paid')
  await grant(300, 'promotional')
  await stripe.billing.meterEvents.create({
    event_name: 'minutes',
    payload: { stripe_customer_id: customer.id, value: '90' },
    timestamp: subscription.created,
  })
  await Bun.sleep(1_100)
  const ended = await stripe.subscriptions.cancel(subscription.id, { invoice_now: true, expand: ['latest_invoice'] })
  const invoice = ended.latest_invoice as Stripe.Invoice
  expect(invoice).toMatchObject({ status: 'paid', subtotal: 900, total: 0 })
  expect(invoice.total_pretax_credit_amounts?.map(({ amount }) => amount)).toEqual([300, 600])
  const filter = { type: 'credit_grant', credit_grant: paid.id } as const
  const summary = await stripe.billing.creditBalanceSummaries.retrieve({ customer: customer.id, filter })
  expect(summary.balances[0]?.ledger_balance.monetary?.value).toBe(400)
})

test('credits that a voided invoice had taken come back', async () => {
  const { stripe } = await started()
  const { customer, usage } = await readyToUse(stripe)
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: usage.id }],
    collection_method: 'send_invoice',
    days_until_due: 7,
  })
  const grant = await stripe.billing.creditGrants.create({
    customer: customer.id,
    amount: { type: 'monetary', monetary: { currency: 'usd', value: 300 } },
    applicability_config: { scope: { prices: [{ id: usage.id }] } },
  })
  const payload = { stripe_customer_id: customer.id, value: '90' }
  await stripe.billing.meterEvents.create({ event_name: 'minutes', payload, timestamp: subscription.created })
  await Bun.sleep(1_100)
  const ended = await stripe.subscriptions.cancel(subscription.id, { invoice_now: true, expand: ['latest_invoice'] })
  const invoice = ended.latest_invoice as Stripe.Invoice
  expect(invoice).toMatchObject({ subtotal: 900, total: 600 })
  const filter = { type: 'credit_grant', credit_grant: grant.id } as const
  const left = async () =>
    (await stripe.billing.creditBalanceSummaries.retrieve({ customer: customer.id, filter })).balances[0]
      ?.available_balance.monetary?.value
  expect(await left()).toBe(0)
  const open = invoice.status === 'draft' ? await stripe.invoices.finalizeInvoice(invoice.id) : invoice
  await stripe.invoices.voidInvoice(open.id)
  expect(await left()).toBe(300)
})
