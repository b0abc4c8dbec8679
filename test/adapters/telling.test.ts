import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import type { Stripe } from 'stripe'
import { stripeObservatory } from '../../src/adapters/stripe/observatory.ts'
import { told } from '../../src/adapters/stripe/telling.ts'
import { webhookVerifier } from '../../src/adapters/stripe/webhook.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import { subscriptionEvent } from '../bench/load/events.ts'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'

let stage: Awaited<ReturnType<typeof openSandboxGateway>>
let events: readonly Stripe.Event[]

/** A subscription with a card of its own, which the events tell of as Stripe writes them. */
beforeAll(async () => {
  stage = await openSandboxGateway()
  const { stripe } = stage
  const { id: customer } = await stripe.customers.create({})
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  const items = [{ price: stage.prices.basic }]
  const made = await stripe.subscriptions.create({ customer, items, default_payment_method: card })
  await stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
  await stripe.customers.update(customer, { name: 'Ann' })
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } })
  events = (await stripe.events.list({ limit: 100 })).data
})
afterAll(() => stage.close())

function tell(type: string, alter: (event: Stripe.Event) => object = (event) => event, skip = 0) {
  const sent = events.filter((event) => event.type === type)[skip]
  if (sent === undefined) throw new Error(`There was no ${type}.`)
  const body = new TextEncoder().encode(JSON.stringify(alter(structuredClone(sent))))
  return told({ id: sent.id, apiVersion: sent.api_version } as StripeEvent, body)
}

/** The event with some fields of its object set anew. */
const withObject = (values: object) => (event: Stripe.Event) => ({
  ...event,
  data: { ...event.data, object: { ...event.data.object, ...values } },
})

describe('an event shows', () => {
  test('a subscription with a card of its own', () => {
    expect(tell('customer.subscription.updated')).toMatchObject({
      observations: [{ type: 'subscription', subscription: { status: 'active', hasPaymentMethod: true } }],
      invoice: null,
    })
  })

  test('an invoice and how it stands with its subscription', () => {
    expect(tell('invoice.paid')).toMatchObject({
      observations: [{ type: 'entry', payment: { kind: 'invoice', amount: 900, status: 'paid' } }],
      invoice: { subscriptionId: expect.stringMatching(/^sub_/), isPaid: true, hasFailed: false },
    })
  })

  test('that nothing changed by another name of the customer', () => {
    expect(tell('customer.updated', undefined, 1)).toEqual({ observations: [], invoice: null })
  })
})

describe('an event does not show', () => {
  test('whether the customer has a card for the subscription', () => {
    expect(tell('customer.subscription.updated', withObject({ default_payment_method: null }))).toBeNull()
  })

  test('what a schedule plans, since when a subscription owes, nor items beyond the first page', () => {
    const type = 'customer.subscription.updated'
    expect(tell(type, withObject({ schedule: 'sub_sched_1' }))).toBeNull()
    expect(tell(type, withObject({ status: 'past_due' }))).toBeNull()
    expect(tell(type, (event) => withObject({ items: { ...itemsOf(event), has_more: true } })(event))).toBeNull()
  })

  test('anything certain under a test clock or in the words of another API version', () => {
    const type = 'customer.subscription.updated'
    expect(tell(type, withObject({ test_clock: 'clock_1' }))).toBeNull()
    const sent = events.find((event) => event.type === type)
    const body = new TextEncoder().encode(JSON.stringify(sent))
    expect(told({ id: 'evt_1', apiVersion: '2024-06-20' } as StripeEvent, body)).toBeNull()
  })

  test('what becomes of an invoice that is about to be collected', () => {
    expect(tell('invoice.finalized', withObject({ status: 'open', attempted: false }))).toBeNull()
    expect(tell('invoice.finalized', withObject({ status: 'open', attempted: true }))).not.toBeNull()
  })

  test('whether a new default card of the customer serves a subscription', () => {
    expect(tell('customer.updated')).toBeNull()
  })

  test('whether a payment that we did not make pays for an invoice', () => {
    expect(tell('payment_intent.succeeded')).toBeNull()
  })

  test('what is missing in it', () => {
    const type = 'customer.subscription.updated'
    expect(tell(type, withObject({ items: undefined }))).toBeNull()
    expect(tell(type, withObject({ billing_cycle_anchor: undefined }))).toBeNull()
    expect(tell(type, withObject({ items: { object: 'list', data: [], has_more: false } }))).toBeNull()
  })

  test('what it says in words that nobody knows here', () => {
    expect(tell('customer.subscription.updated', withObject({ status: 'hibernating' }))).toBeNull()
    expect(tell('invoice.paid', withObject({ status: undefined }))).toBeNull()
  })
})

function itemsOf({ data }: Stripe.Event): object {
  return (data.object as Stripe.Subscription).items
}

test('that a customer is deleted is looked at, and believed of nobody who is there', async () => {
  const { stripe } = stage
  const { id } = await stripe.customers.create({})
  const event = {
    type: 'customer.deleted',
    objectType: 'customer',
    objectId: id,
    customerId: id,
  } as StripeEvent
  const { look } = stripeObservatory(stripe)
  expect(await look(event)).toEqual([])
  await stripe.customers.del(id)
  expect(await look(event)).toEqual([{ type: 'customer-deleted', customerId: id }])
})

test('a meter error that Stripe no longer tells of names no report', async () => {
  const event = { id: 'evt_gone', type: 'v1.billing.meter.error_report_triggered' } as StripeEvent
  expect(await stripeObservatory(stage.stripe).rejectedReports(event)).toEqual([])
})

test('an event about a card that was taken off names the customer whose it had been', async () => {
  const { stripe } = stage
  const { id: customer } = await stripe.customers.create({})
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer })
  await stripe.paymentMethods.detach(card)
  const [sent] = (await stripe.events.list({ type: 'payment_method.detached' })).data
  const [text, time] = [JSON.stringify(sent), Math.floor(Date.now() / 1_000)]
  const digest = new Bun.CryptoHasher('sha256', 'whsec_cards').update(`${time}.${text}`).digest('hex')
  const verify = webhookVerifier(stripe, () => ['whsec_cards'], Date.now)
  const event = await verify(new TextEncoder().encode(text), `t=${time},v1=${digest}`)
  expect(event).toMatchObject({ objectType: 'payment_method', customerId: customer })
})

test('what the bench delivers is believed, as it measures how fast that is', () => {
  const event = subscriptionEvent('evt_1', 0, 1_795_000_000)
  const body = new TextEncoder().encode(JSON.stringify(event))
  expect(told({ id: event.id, apiVersion: event.api_version } as StripeEvent, body)?.observations).toHaveLength(1)
})
