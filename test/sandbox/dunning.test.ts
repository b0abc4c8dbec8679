import { expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { raw, started } from './support.ts'
import { advance, at, customerAt, day, eventsBetween, invoicesOf, planOf } from './timing.ts'

const hour = 3_600
const begin = at('2027-01-10')
const end = at('2027-02-10')

/** A subscription whose card will fail from the first renewal on. */
async function failing(stripe: Stripe) {
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3900)
  const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
  await setCard(stripe, customer, 'pm_card_chargeCustomerFail')
  return { clock, customer, id: made.id }
}

async function setCard(stripe: Stripe, customer: string, card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } })
}

test('a card that fails is tried again after 3, 5 and 7 days, then the subscription ends', async () => {
  const { stripe } = await started()
  const { clock, id } = await failing(stripe)
  await advance(stripe, clock, end + 2 * hour)
  expect(await eventsBetween(stripe, end + hour)).toEqual([
    'invoice.finalized',
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
    'invoice.payment_failed',
    'invoice.updated',
    'customer.subscription.updated',
  ])
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('past_due')
  const attempt = async () => {
    const [, invoice] = await invoicesOf(stripe, id)
    return [invoice?.attempt_count, invoice?.next_payment_attempt]
  }
  const first = end + hour
  expect(await attempt()).toEqual([1, first + 3 * day])
  await advance(stripe, clock, first + 3 * day)
  expect(await attempt()).toEqual([2, first + 8 * day])
  expect(await eventsBetween(stripe, first + 3 * day)).toEqual([
    'charge.failed',
    'payment_intent.payment_failed',
    'invoice.payment_failed',
    'invoice.updated',
  ])
  await advance(stripe, clock, first + 15 * day)
  expect(await attempt()).toEqual([4, null])
  expect((await eventsBetween(stripe, first + 15 * day)).slice(2)).toEqual([
    'invoice.payment_failed',
    'invoice.updated',
    'customer.subscription.deleted',
  ])
  const ended = await stripe.subscriptions.retrieve(id)
  expect(ended).toMatchObject({ status: 'canceled', cancellation_details: { reason: 'payment_failed' } })
})

test('a new default card pays at the next attempt, or at once when asked', async () => {
  const { stripe } = await started()
  for (const atOnce of [false, true]) {
    const { clock, customer, id } = await failing(stripe)
    await advance(stripe, clock, end + 2 * hour)
    await setCard(stripe, customer, 'pm_card_visa')
    const [, open] = await invoicesOf(stripe, id)
    if (atOnce) await stripe.invoices.pay(open?.id ?? '')
    else await advance(stripe, clock, end + hour + 3 * day)
    const [, paid] = await invoicesOf(stripe, id)
    expect(paid).toMatchObject({ status: 'paid', attempt_count: atOnce ? 1 : 2, next_payment_attempt: null })
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active')
  }
})

test('the account may prefer another schedule, and unpaid or past due to an end', async () => {
  const { sandbox, stripe } = await started()
  await raw(sandbox, 'POST', '/_sim/settings', 'retry_days=1&after_retries=unpaid&test_clock_limits=off')
  const { clock, customer, id } = await failing(stripe)
  await advance(stripe, clock, end + hour + day)
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('unpaid')
  await advance(stripe, clock, at('2027-03-10') + 2 * hour)
  const [, , draft] = await invoicesOf(stripe, id)
  expect(draft).toMatchObject({ status: 'draft', auto_advance: false })
  await setCard(stripe, customer, 'pm_card_visa')
  await stripe.invoices.pay(draft?.id ?? '')
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active')
  expect((await raw(sandbox, 'POST', '/_sim/settings', 'after_retries=shrug')).status).toBe(400)
  await raw(sandbox, 'POST', '/_sim/settings', 'retry_days=&after_retries=past_due')
  const late = await failing(stripe)
  await advance(stripe, late.clock, end + 30 * day)
  expect((await stripe.subscriptions.retrieve(late.id)).status).toBe('past_due')
})

test('a card that wants to see its owner leaves the renewal past due until he comes', async () => {
  const { sandbox, stripe } = await started()
  const { clock, customer, id } = await failing(stripe)
  await setCard(stripe, customer, 'pm_card_authenticationRequired')
  await advance(stripe, clock, end + 2 * hour)
  expect(await eventsBetween(stripe, end + hour)).toContain('invoice.payment_action_required')
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('past_due')
  const [intent] = (await stripe.paymentIntents.list({ customer })).data
  expect(intent?.status).toBe('requires_action')
  await raw(sandbox, 'POST', `/_sim/payment_intents/${intent?.id}/authenticate`, 'outcome=succeed')
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active')
})

test('a renewal paid by transfer is sent, and past due when its time is up', async () => {
  const { stripe } = await started()
  const { clock, customer } = await customerAt(stripe, begin)
  const price = await planOf(stripe, 'Pro', 3900)
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price }],
    collection_method: 'send_invoice',
    days_until_due: 5,
  })
  expect(made.status).toBe('active')
  const [first] = await invoicesOf(stripe, made.id)
  expect(first).toMatchObject({ status: 'open', due_date: begin + 5 * day })
  await advance(stripe, clock, begin + 5 * day)
  expect(await eventsBetween(stripe, begin + 5 * day)).toEqual(['invoice.overdue', 'customer.subscription.updated'])
  await stripe.invoices.pay(first?.id ?? '', { paid_out_of_band: true })
  expect((await stripe.subscriptions.retrieve(made.id)).status).toBe('active')
})

test('voiding or giving up the invoice lets its subscription go on', async () => {
  const { stripe } = await started()
  for (const give of ['voidInvoice', 'markUncollectible'] as const) {
    const { clock, id } = await failing(stripe)
    await advance(stripe, clock, end + 2 * hour)
    const [, open] = await invoicesOf(stripe, id)
    await stripe.invoices[give](open?.id ?? '')
    expect((await stripe.subscriptions.retrieve(id)).status).toBe('active')
  }
})
