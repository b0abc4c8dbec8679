import { afterAll, beforeAll, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { undo } from '../../src/domain/undoing.ts'
import { finishOpenWishes } from '../../src/usecases/fulfil-wish.ts'
import { openSandboxStage } from '../support/sandbox-ports.ts'
import { eventually, startTestServer, type TestServer, tokenOf, untilQuiet } from '../support/server.ts'

let server: TestServer
let stripe: Stripe
let operator: string

beforeAll(async () => {
  server = await startTestServer()
  const { hostname, port } = new URL(server.simulator)
  stripe = new Stripe('sk_test_refunds', { host: hostname, port, protocol: 'http', telemetry: false })
  operator = await tokenOf('alice', 'operator')
})
afterAll(() => server.stop())

async function subscribe(user: string, card: string): Promise<string> {
  const token = await tokenOf(user)
  const body = { plan_name: 'pro_monthly', payment_method_id: card }
  expect((await server.call('POST', '/payments/create-subscription', token, body)).status).toBe(201)
  return token
}

const accessIs = async (token: string, reason: string) => {
  const status = () => server.call('GET', '/payments/subscription-status', token)
  const { body } = await eventually(status, ({ access }) => access.reason === reason)
  return body.access
}
const history = (token: string) => server.call('GET', '/payments/billing-history', token)

test('an invoice is given back by the operator, in parts, and everything else stays', async () => {
  const token = await subscribe('ann', 'pm_card_visa')
  const { body } = await eventually(
    () => history(token),
    ({ payments }) => payments.length === 1,
  )
  const refund = (amount: number) =>
    server.call('POST', '/admin/users/ann/refunds', operator, { payment_id: body.payments[0].id, amount })
  const first = await refund(1_000)
  expect(first).toMatchObject({ status: 201, body: { amount: 1_000, currency: 'usd', status: 'succeeded' } })
  expect((await history(token)).body.payments).toMatchObject([
    { kind: 'refund', amount: 1_000, refund_of: body.payments[0].id },
    { kind: 'invoice', amount: 3_900, refunded_amount: 1_000 },
  ])
  expect(await refund(2_901)).toMatchObject({ status: 422, body: { errors: [{ path: '/amount' }] } })
  const one = await server.call('GET', `/payments/billing-history/${body.payments[0].id}`, token)
  expect(one).toMatchObject({
    status: 200,
    body: { total: 3_900, tax: 0, lines: [{ amount: 3_900, quantity: 1 }], refunds: [{ id: first.body.refund_id }] },
  })
  const other = await tokenOf('mallory')
  expect((await server.call('GET', `/payments/billing-history/${body.payments[0].id}`, other)).status).toBe(404)
  expect((await refund(2_900)).status).toBe(201)
  expect(await refund(1)).toMatchObject({ status: 422, body: { errors: [{ path: '/payment_id' }] } })
  expect(await accessIs(token, 'active')).toMatchObject({ allowed: true })
})

test('a disputed invoice suspends the subscription; won, it is as before', async () => {
  const token = await subscribe('bob', 'pm_card_createDispute')
  expect(await accessIs(token, 'payment_disputed')).toMatchObject({ allowed: false })
  // Another event of the dispute may have brought the news; this one has its customer once it is applied.
  await untilQuiet(server, stripe)
  const [bob] = (await stripe.customers.list({ limit: 1 })).data
  // It names no customer itself, and another event of the dispute may have brought the news.
  const { body } = await eventually(
    () => server.call('GET', `/admin/webhooks?customer=${bob?.id}&type=charge.dispute.created`, operator),
    ({ events }) => events.length === 1 && events[0].state === 'applied',
  )
  expect(body.events).toMatchObject([{ customer_id: bob?.id }])
  const [dispute] = (await stripe.disputes.list({ limit: 1 })).data
  await stripe.disputes.update(dispute?.id ?? '', {
    evidence: { uncategorized_text: 'winning_evidence' },
    submit: true,
  })
  expect(await accessIs(token, 'active')).toMatchObject({ allowed: true })
})

test('a dispute that is lost keeps it suspended until a later period is paid', async () => {
  const token = await subscribe('eve', 'pm_card_createDispute')
  await accessIs(token, 'payment_disputed')
  const [dispute] = (await stripe.disputes.list({ limit: 1 })).data
  const { charge } = dispute ?? {}
  await stripe.disputes.close(dispute?.id ?? '')
  await accessIs(token, 'payment_disputed')
  const { customer } = await stripe.charges.retrieve(String(charge))
  const [subscription] = (await stripe.subscriptions.list({ customer: String(customer) })).data
  const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: String(customer) })
  await stripe.subscriptions.update(subscription?.id ?? '', { default_payment_method: card.id })
  const body = new URLSearchParams({ advance: '32d' })
  await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body })
  expect(await accessIs(token, 'active')).toMatchObject({ allowed: true })
}, 120_000)

test('the next invoice holds what was used, whether Stripe knows of it or not', async () => {
  const token = await tokenOf('fay', 'usage:write')
  const wanted = { plan_name: 'usage_based', payment_method_id: 'pm_card_visa' }
  expect((await server.call('POST', '/payments/create-subscription', token, wanted)).status).toBe(201)
  const use = (event_id: string) =>
    server.call('POST', '/payments/record-usage', token, {
      service_type: 'voice_call',
      usage_amount: 12.5,
      usage_unit: 'minutes',
      event_id,
    })
  const next = async () => (await server.call('GET', '/payments/upcoming-invoice', token)).body.upcoming_invoice
  expect((await use('e1')).status).toBe(201)
  expect(await next()).toMatchObject({ total: 63, unreported_usage: 63 })
  const body = new URLSearchParams({ advance: '2h' })
  await fetch(`${server.simulator}/_sim/clock`, { method: 'POST', body })
  const ask = () => server.call('GET', '/payments/upcoming-invoice', token)
  const reported = await eventually(ask, ({ upcoming_invoice }) => upcoming_invoice.unreported_usage === 0)
  expect(reported.body.upcoming_invoice).toMatchObject({ total: 63, unreported_usage: 0 })
  await use('e2')
  expect(await next()).toMatchObject({ total: 125, unreported_usage: 62 })
}, 120_000)

test('a second subscription whose payment is disputed is ended, and nobody is told that it was given back', async () => {
  const stage = await openSandboxStage(BUILT_IN_PLANS)
  const person = { email: null, name: null }
  const wanted = { planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_createDispute' }
  const { result } = await stage.billing.subscribe({ user: 'eve', person, key: null, ...wanted })
  const wish = undo(result.subscription_id, 'duplicate', stage.ports.clock.now())
  await stage.ports.ledger.change('eve', {}, () => ({ changes: [wish], result: undefined }))
  await finishOpenWishes(stage.ports, 'eve', () => true)
  expect((await stage.billing.subscriptionStatus('eve')).status).toBe('canceled')
  const { entries } = await stage.billing.auditLog(1, null)
  expect(entries[0]?.detail).toContain('39.00 USD of what was paid could not be given back')
  await stage.close()
})
