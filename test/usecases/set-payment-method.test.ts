import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { observe } from '../../src/domain/observation.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let billing: Billing
let subscription: string
const ann = { user: 'ann', person: { email: null, name: null }, key: null }

beforeEach(async () => {
  ports = memoryPorts()
  billing = createBilling(ports)
  const wanted = { planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_visa' }
  subscription = (await billing.subscribe({ ...ann, ...wanted })).result.subscription_id
})

const set = (paymentMethodId: string, key: { caller: string; key: string } | null = null) =>
  billing.setPaymentMethod({ ...ann, key, paymentMethodId })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'granted',
    (error) => (error instanceof BillingError ? error.code : error),
  )

async function failRenewal(): Promise<void> {
  ports.stripe.failRenewal(subscription)
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  const seen = ports.stripe.subscriptions.get(subscription)
  await ports.ledger.change('ann', {}, (account) => ({
    changes: seen ? observe(account, { type: 'subscription', subscription: seen }, knowledge) : [],
    result: undefined,
  }))
}

describe('another card', () => {
  test('pays what is open at once, and access is as it was', async () => {
    await failRenewal()
    expect((await billing.subscriptionStatus('ann')).access.reason).toBe('past_due')
    const { status, result } = await set('pm_card_visa')
    expect([status, result]).toEqual([
      200,
      {
        payment_method_id: 'pm_card_visa',
        subscription_id: subscription,
        status: 'active',
        invoices: [{ id: expect.any(String), amount: 3_900, currency: 'usd', status: 'paid' }],
        client_secret: null,
      },
    ] as never)
    expect((await billing.subscriptionStatus('ann')).access).toMatchObject({ reason: 'active', until: null })
    const { payments } = await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })
    expect(payments.map(({ status }) => status)).toEqual(['paid', 'paid'])
  })

  test('that is declined changes nothing', async () => {
    await failRenewal()
    expect(await codeOf(set('pm_card_chargeCustomerFail'))).toBe('card_declined')
    expect((await billing.subscriptionStatus('ann')).access.reason).toBe('past_due')
  })

  test('whose bank asks the customer waits with a client secret, also when it is asked for again', async () => {
    await failRenewal()
    const key = { caller: 'user:ann', key: 'k1' }
    const first = await set('pm_card_authenticationRequired', key)
    expect(first.result).toMatchObject({ status: 'past_due', invoices: [{ status: 'open' }] })
    expect(first.result.client_secret).toEqual(expect.any(String))
    const again = await set('pm_card_authenticationRequired', key)
    expect([again.replayed, again.result]).toEqual([true, first.result])
  })

  test('gives access to a plan that charges by use', async () => {
    await billing.cancelSubscription({ ...ann, atPeriodEnd: false, reason: null, feedback: null })
    await billing.subscribe({ ...ann, planName: 'usage_based', priceId: null, paymentMethodId: null })
    expect((await billing.subscriptionStatus('ann')).access.reason).toBe('payment_method_required')
    await set('pm_card_visa')
    expect((await billing.subscriptionStatus('ann')).access.reason).toBe('active')
  })

  test('may come before there is a subscription', async () => {
    const { result } = await billing.setPaymentMethod({ ...ann, user: 'bob', paymentMethodId: 'pm_card_visa' })
    expect(result).toMatchObject({ subscription_id: null, status: null, invoices: [] })
  })

  test('that does not exist is refused by its field', async () => {
    expect(await codeOf(set('pm_missing'))).toBe('validation_failed')
  })

  test.each(['before', 'after'] as const)('is kept once when Stripe was lost %s its effect', async (when) => {
    await failRenewal()
    ports.stripe.failNext(when)
    expect(await codeOf(set('pm_card_visa'))).toBe('stripe_unavailable')
    expect((await set('pm_card_visa')).result).toMatchObject({ status: 'active' })
  })
})
