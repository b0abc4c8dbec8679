import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { eventually, startTestServer, type TestServer, tokenOf, untilQuiet } from '../support/server.ts'

let server: TestServer
let operator: string
let ann: string
let customer: string

const atStripe = () => {
  const { hostname, port } = new URL(server.simulator)
  return new Stripe('sk_test_e2e', { host: hostname, port, protocol: 'http', telemetry: false })
}

beforeAll(async () => {
  server = await startTestServer()
  operator = await tokenOf('alice', 'operator')
  ann = await tokenOf('ann')
  const wanted = { plan_name: 'usage_based', payment_method_id: 'pm_card_visa' }
  await server.call('POST', '/payments/create-subscription', ann, wanted)
  customer = (await atStripe().customers.list({ limit: 1 })).data[0]?.id ?? ''
})
afterAll(() => server.stop())

const events = (query: string) => () => server.call('GET', `/admin/webhooks?${query}`, operator)
const status = () => server.call('GET', '/payments/subscription-status', ann)
/** The latest event of a type, once it has been dealt with. */
const settled = async (type: string) => {
  const { body } = await eventually(
    events(`type=${type}&limit=1`),
    (page) => page.events[0]?.settled_at !== null && page.events.length === 1,
  )
  return body.events[0]
}
const subscriptionOf = async () => {
  const [subscription] = (await atStripe().subscriptions.list({ customer })).data
  if (subscription === undefined) throw new Error('Ann has no subscription.')
  return subscription
}

describe('what comes from Stripe', () => {
  test('says of every event what it changed, or why it changed nothing', async () => {
    await settled('invoice.paid')
    const { body } = await eventually(events('limit=100'), ({ events: all }) =>
      all.every(({ settled_at }: { settled_at: string | null }) => settled_at !== null),
    )
    for (const { outcome, type } of body.events)
      expect([type, outcome]).toEqual([type, expect.stringMatching(/\w+\.$/)])
  })

  test('about the only card of a customer takes the access away that needs one, and gives it back', async () => {
    const stripe = atStripe()
    const { id } = await subscriptionOf()
    expect((await status()).body.access).toMatchObject({ allowed: true })
    await stripe.subscriptions.update(id, { default_payment_method: '' })
    await eventually(status, ({ access }) => !access.allowed)
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer })
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card } })
    await eventually(status, ({ access }) => access.allowed)
    const { body } = await events(`customer=${customer}&limit=100`)()
    const outcomes: readonly string[] = body.events.map(({ outcome }: { outcome: string | null }) => outcome ?? '')
    expect(outcomes.filter((outcome) => outcome.includes('has no card to charge any more'))).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome.includes('has a card to charge now'))).toHaveLength(1)
  })

  test('about another name of a customer needs no look at Stripe', async () => {
    await atStripe().customers.update(customer, { name: 'Ann Other' })
    await untilQuiet(server, atStripe())
    expect((await settled('customer.updated')).outcome).toMatch(/Nothing changed.*Told by the event itself/)
  })

  test('about prices is kept and has them found anew', async () => {
    const price = { currency: 'usd', unit_amount: 100, product_data: { name: 'Something else' } }
    await atStripe().prices.create(price)
    expect(await settled('price.created')).toMatchObject({ state: 'ignored', outcome: expect.stringMatching(/prices/) })
  })

  test('about a customer of nobody is parked', async () => {
    const { id } = await atStripe().customers.create({ name: 'Nobody' })
    await atStripe().customers.update(id, { invoice_settings: { footer: 'x' } })
    const { body } = await eventually(events(`customer=${id}&state=parked`), (page) => page.events.length > 0)
    expect(body.events[0].outcome).toContain('is not linked to any user yet')
    const ready = await server.call('GET', '/readyz')
    expect(ready.body.checks.events.detail).toMatch(/Parked for customers who are linked to no user: \d+/)
  })

  test('can be applied anew by the operator, and brings what Stripe then shows', async () => {
    const old = await settled('customer.subscription.created')
    const replayed = await server.call('POST', `/admin/webhooks/${old.id}/replay`, operator, { reason: 'A test' })
    expect(replayed.body).toMatchObject({ id: old.id, replayed_at: expect.any(String) })
    const { body } = await eventually(
      () => server.call('GET', `/admin/webhooks/${old.id}`, operator),
      ({ state }) => state === 'applied',
    )
    expect(body.outcome).toContain('an operator wanted it applied anew')
    expect(body.body).toMatchObject({ id: old.id, object: 'event' })
  })
})
