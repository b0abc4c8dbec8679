import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { minutesMeter, readyToSubscribe, refusalOf, started } from './support.ts'
import { pass } from './timing.ts'

type Terms = Omit<Stripe.SubscriptionCreateParams, 'customer' | 'items'>
type ItemTerms = Omit<Stripe.SubscriptionCreateParams.Item, 'price'>

/** A licensed plan at $39 with usage at 10 cents a minute, and a threshold. */
async function watched(terms: Terms, itemTerms: ItemTerms = {}, more: Partial<Stripe.PriceCreateParams> = {}) {
  const { sandbox, stripe } = await started()
  const { customer, price: licensed } = await readyToSubscribe(stripe)
  const meter = await minutesMeter(stripe)
  const price = await stripe.prices.create({
    product: String(licensed.product),
    currency: 'usd',
    recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    ...(more.tiers ? {} : { unit_amount: 10 }),
    ...more,
  })
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: licensed.id }, { price: price.id, ...itemTerms }],
    ...terms,
  })
  const use = (value: number) =>
    stripe.billing.meterEvents.create({
      event_name: 'minutes',
      payload: { stripe_customer_id: customer.id, value: String(value) },
    })
  const early = async () =>
    (await stripe.invoices.list({ subscription: subscription.id })).data.filter(
      ({ billing_reason: reason }) => reason === 'subscription_threshold',
    )
  return { sandbox, stripe, subscription, use, early }
}

test('usage worth the threshold is invoiced before the period is over, and the rest when it is', async () => {
  const { sandbox, stripe, subscription, use, early } = await watched({ billing_thresholds: { amount_gte: 5000 } })
  expect(subscription.billing_thresholds).toEqual({ amount_gte: 5000, reset_billing_cycle_anchor: false })
  await use(400)
  expect(await early()).toEqual([])
  await use(150)
  const [invoice] = await early()
  expect(invoice).toMatchObject({
    status: 'draft',
    total: 5500,
    threshold_reason: { amount_gte: 5000, item_reasons: [] },
  })
  expect(invoice?.lines.data).toHaveLength(1)
  expect((await stripe.subscriptions.retrieve(subscription.id)).latest_invoice).toBe(invoice?.id ?? '-')
  await use(30)
  expect(await early()).toHaveLength(1)
  await pass(sandbox, '2h')
  expect(await stripe.invoices.retrieve(invoice?.id ?? '')).toMatchObject({ status: 'paid', amount_paid: 5500 })
  expect((await stripe.invoices.createPreview({ subscription: subscription.id })).total).toBe(3900 + 300)
  await pass(sandbox, '1mo')
  const [renewal] = (await stripe.invoices.list({ subscription: subscription.id, limit: 1 })).data
  expect(renewal).toMatchObject({ billing_reason: 'subscription_cycle', total: 3900 + 300 })
  await use(499)
  expect(await early()).toHaveLength(1)
})

test('a threshold may begin the cycle anew: what recurs is billed for a whole new period', async () => {
  const { sandbox, stripe, subscription, use, early } = await watched({
    billing_thresholds: { amount_gte: 5000, reset_billing_cycle_anchor: true },
  })
  await pass(sandbox, '10d')
  await use(500)
  const [invoice] = await early()
  expect(invoice?.total).toBe(5000 + 3900)
  const after = await stripe.subscriptions.retrieve(subscription.id)
  expect(after.billing_cycle_anchor).toBe(invoice?.created ?? 0)
  expect(after.billing_cycle_anchor).toBeGreaterThanOrEqual(subscription.billing_cycle_anchor + 10 * 86_400)
  expect(after.items.data.map((item) => item.current_period_start)).toEqual(
    after.items.data.map(() => after.billing_cycle_anchor),
  )
  await use(7)
  expect((await stripe.invoices.createPreview({ subscription: subscription.id })).total).toBe(3900 + 70)
})

test('an item has a threshold of its own, by quantity', async () => {
  const { subscription, use, early } = await watched({}, { billing_thresholds: { usage_gte: 100 } })
  const item = subscription.items.data.find(({ billing_thresholds: own }) => own !== null)
  await use(99)
  expect(await early()).toEqual([])
  await use(2)
  const [invoice] = await early()
  expect(invoice?.total).toBe(1010)
  expect(invoice?.threshold_reason).toEqual({
    amount_gte: null,
    item_reasons: [{ usage_gte: 100, line_item_ids: [String(invoice?.lines.data[0]?.id)] }],
  })
  expect(invoice?.lines.data[0]?.parent?.subscription_item_details?.subscription_item).toBe(item?.id ?? '-')
  await use(99)
  expect(await early()).toHaveLength(1)
  await use(1)
  expect((await early()).map(({ total }) => total)).toEqual([1000, 1010])
})

test('tiers go on after a threshold where they were', async () => {
  const { stripe, subscription, use, early } = await watched(
    {},
    { billing_thresholds: { usage_gte: 60 } },
    {
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 100, unit_amount: 10 },
        { up_to: 'inf', unit_amount: 5 },
      ],
    },
  )
  await use(60)
  expect((await early())[0]?.total).toBe(600)
  await use(50)
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id })
  expect(preview.total).toBe(3900 + 40 * 10 + 10 * 5)
})

test('nothing is compared in a trial or in the last day of a period', async () => {
  const inTrial = await watched({ billing_thresholds: { amount_gte: 5000 }, trial_period_days: 7 })
  await inTrial.use(900)
  expect(await inTrial.early()).toEqual([])
  const late = await watched({ billing_thresholds: { amount_gte: 5000 } })
  const [item] = late.subscription.items.data
  const days = Math.floor(((item?.current_period_end ?? 0) - (item?.current_period_start ?? 0)) / 86_400)
  await pass(late.sandbox, `${days - 1}d`)
  await pass(late.sandbox, '1h')
  await late.use(900)
  expect(await late.early()).toEqual([])
})

test('a threshold that would be reached at once is refused, and one can be taken off', async () => {
  const { stripe, subscription, use, early } = await watched({ billing_thresholds: { amount_gte: 5000 } })
  const low = await refusalOf(
    stripe.subscriptions.update(subscription.id, { billing_thresholds: { amount_gte: 3900 } }),
  )
  expect(low.param).toBe('billing_thresholds[amount_gte]')
  const [licensed] = subscription.items.data
  const wrong = stripe.subscriptionItems.update(licensed?.id ?? '', { billing_thresholds: { usage_gte: 5 } })
  expect((await refusalOf(wrong)).param).toBe('items[0][billing_thresholds][usage_gte]')
  const without = await stripe.subscriptions.update(subscription.id, { billing_thresholds: '' })
  expect(without.billing_thresholds).toBeNull()
  await use(900)
  expect(await early()).toEqual([])
})

test('a new subscription cannot wait for a payment to take effect: there is nothing for it to stay as', async () => {
  const { stripe, subscription } = await watched({})
  const refused = await refusalOf(
    stripe.subscriptions.create({
      customer: String(subscription.customer),
      items: [{ price: String(subscription.items.data[0]?.price.id) }],
      payment_behavior: 'pending_if_incomplete',
    }),
  )
  expect(refused).toMatchObject({ statusCode: 400, param: 'payment_behavior' })
})
