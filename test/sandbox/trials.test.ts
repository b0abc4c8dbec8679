import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { refusalOf, started } from './support.ts'
import { advance, at, customerAt, day, eventsBetween, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

const begin = at('2027-01-10')
const hour = 3_600

async function cardless(stripe: Stripe) {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time: begin })
  const customer = await stripe.customers.create({ test_clock: clock.id })
  return { clock: clock.id, customer: customer.id }
}

test('a trial begins with a free invoice and bills an hour after its end, from which the cycle runs', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Test Subscription', 2500, 'month', 'user')
  const made = await stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 14 })
  const end = begin + 14 * day
  expect(made).toMatchObject({ status: 'trialing', trial_start: begin, trial_end: end, billing_cycle_anchor: end })
  expect(itemOf(made)).toMatchObject({ current_period_start: begin, current_period_end: end })
  const [free] = await invoicesOf(stripe, made.id)
  expect(free && linesOf(free)).toEqual([['Free trial for 1 user × Test Subscription', 0]])
  expect(free).toMatchObject({
    status: 'paid',
    attempt_count: 0,
    attempted: true,
    billing_reason: 'subscription_create',
  })
  expect(free?.number).toEndWith('-0001')
  await advance(stripe, clock, end)
  expect(await eventsBetween(stripe, end - 3 * day)).toEqual(['customer.subscription.trial_will_end'])
  expect(await eventsBetween(stripe, end)).toEqual(['customer.subscription.updated', 'invoice.created'])
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
  await advance(stripe, clock, end + hour)
  const [, paid] = await invoicesOf(stripe, made.id)
  expect(paid).toMatchObject({ status: 'paid', total: 2500, billing_reason: 'subscription_cycle' })
})

test('without a card at its end a trial is cancelled, paused or billed in vain, as was agreed', async () => {
  const { stripe } = await started()
  const price = await planOf(stripe, 'Pro', 2500)
  const ends = async (missing_payment_method: 'cancel' | 'create_invoice' | 'pause') => {
    const { clock, customer } = await cardless(stripe)
    const made = await stripe.subscriptions.create({
      customer,
      items: [{ price }],
      trial_period_days: 7,
      trial_settings: { end_behavior: { missing_payment_method } },
    })
    expect(made.pending_setup_intent).not.toBeNull()
    await advance(stripe, clock, begin + 7 * day + 2 * hour)
    return { clock, customer, subscription: await stripe.subscriptions.retrieve(made.id) }
  }
  expect((await ends('cancel')).subscription.status).toBe('canceled')
  expect((await ends('create_invoice')).subscription.status).toBe('past_due')
  const { clock, customer, subscription } = await ends('pause')
  expect(subscription).toMatchObject({
    status: 'paused',
    status_details: { paused: { subscription: { type: 'trial_end_without_payment_method' } } },
  })
  expect(await invoicesOf(stripe, subscription.id)).toHaveLength(1)
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } })
  await advance(stripe, clock, begin + 20 * day)
  const back = await stripe.subscriptions.resume(subscription.id)
  expect(back).toMatchObject({ status: 'active', billing_cycle_anchor: begin + 20 * day })
  expect(back).not.toHaveProperty('status_details')
  expect((await invoicesOf(stripe, back.id)).at(-1)).toMatchObject({ status: 'paid', total: 2500 })
})

test('a trial is ended early, prolonged, or put on a running subscription, which is credited', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3100)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }], trial_end: begin + 10 * day })
  const longer = await stripe.subscriptions.update(made.id, { trial_end: begin + 12 * day, proration_behavior: 'none' })
  expect(itemOf(longer).current_period_end).toBe(begin + 12 * day)
  await advance(stripe, clock, begin + 5 * day)
  const now = await stripe.subscriptions.update(made.id, { trial_end: 'now' })
  expect(now).toMatchObject({ status: 'active', trial_end: begin + 5 * day, billing_cycle_anchor: begin + 5 * day })
  expect((await invoicesOf(stripe, made.id)).at(-1)).toMatchObject({ status: 'paid', total: 3100 })
  expect(await stripe.subscriptions.update(made.id, { trial_end: 'now' })).toMatchObject({ status: 'active' })
  await stripe.subscriptions.update(made.id, { trial_end: begin + 50 * day })
  const { data: pending } = await stripe.invoiceItems.list({ customer, pending: true })
  expect(pending.map(({ amount }) => amount)).toEqual([-3100])
})

test('impossible trials are refused', async () => {
  const { stripe } = await started()
  const { customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3100)
  const subscribe = (extra: Partial<Stripe.SubscriptionCreateParams>) =>
    refusalOf(stripe.subscriptions.create({ customer, items: [{ price }], ...extra }))
  expect((await subscribe({ trial_end: begin - 1 })).param).toBe('trial_end')
  expect((await subscribe({ trial_end: begin + 6 * 366 * day })).message).toContain('five years')
  expect((await subscribe({ trial_end: begin + day, trial_period_days: 3 })).param).toBe('trial_end')
  expect((await subscribe({ trial_end: begin + 9 * day, billing_cycle_anchor: begin + 5 * day })).code).toBe(
    'subscription_update_trial_after_billing_cycle_anchor',
  )
})

test('an anchor set for later makes the first period short, billed in part or not at all', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3100)
  const anchor = at('2027-02-01')
  const part = await stripe.subscriptions.create({ customer, items: [{ price }], billing_cycle_anchor: anchor })
  expect((await invoicesOf(stripe, part.id))[0]?.total).toBe(2200)
  const free = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    billing_cycle_anchor_config: { day_of_month: 1 },
    proration_behavior: 'none',
  })
  expect([free.status, free.latest_invoice, free.billing_cycle_anchor]).toEqual(['active', null, anchor])
  await advance(stripe, clock, anchor + hour)
  expect((await invoicesOf(stripe, free.id)).map(({ total }) => total)).toEqual([3100])
  expect((await invoicesOf(stripe, part.id)).map(({ total }) => total)).toEqual([2200, 3100])
})

test('a paused collection drafts, voids or gives up what it would have collected', async () => {
  const { stripe } = await started()
  const price = await planOf(stripe, 'Pro', 3100)
  const end = at('2027-02-10')
  for (const [behavior, status] of [
    ['keep_as_draft', 'draft'],
    ['void', 'void'],
    ['mark_uncollectible', 'uncollectible'],
  ] as const) {
    const { clock, customer } = await customerAt(stripe, begin)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    const paused = await stripe.subscriptions.update(made.id, {
      pause_collection: { behavior, resumes_at: end + 5 * day },
    })
    expect(paused).toMatchObject({ status: 'active', pause_collection: { behavior } })
    await advance(stripe, clock, end + 2 * hour)
    expect((await invoicesOf(stripe, made.id)).at(-1)?.status).toBe(status)
    await advance(stripe, clock, end + 5 * day)
    expect((await stripe.subscriptions.retrieve(made.id)).pause_collection).toBeNull()
  }
})

test('a subscription is paused with a credit for the time not used, and resumed in a new cycle', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3100)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  const half = begin + 31 * day - 10 * day
  await advance(stripe, clock, half)
  const paused = await stripe.subscriptions.pause(made.id, { type: 'subscription' } as Stripe.SubscriptionPauseParams)
  expect(paused).toMatchObject({ status: 'paused', status_details: { paused: { transitioned_at: half } } })
  expect(itemOf(paused).current_period_end).toBe(half)
  await advance(stripe, clock, half + 40 * day)
  expect(await invoicesOf(stripe, made.id)).toHaveLength(1)
  await stripe.subscriptions.resume(made.id)
  const last = (await invoicesOf(stripe, made.id)).at(-1)
  expect(last?.lines.data.map(({ amount }) => amount)).toEqual([-1000, 3100])
  expect((await refusalOf(stripe.subscriptions.resume(made.id))).statusCode).toBe(400)
})
