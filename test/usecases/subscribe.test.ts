import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { HOUR_MS } from '../../src/domain/period.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
import type { SubscribeRequest } from '../../src/usecases/subscribe.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing

beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
})

const wanted: SubscribeRequest = {
  user: 'ann',
  person: { email: 'ann@example.com', name: 'Ann' },
  key: null,
  planName: 'pro_monthly',
  priceId: null,
  paymentMethodId: 'pm_card_visa',
}
const subscribe = (changes: Partial<SubscribeRequest> = {}) => billing.subscribe({ ...wanted, ...changes })
const key = { caller: 'user:ann', key: 'k1' }
const liveOnes = () =>
  [...ports.stripe.subscriptions.values()].filter((subscription) => subscription.status === 'active')
const cancel = (atPeriodEnd: boolean) =>
  billing.cancelSubscription({
    user: 'ann',
    person: wanted.person,
    key: null,
    atPeriodEnd,
    reason: null,
    feedback: null,
  })

describe('subscribing', () => {
  test('with a good card is active at once', async () => {
    expect(await subscribe()).toMatchObject({
      status: 201,
      result: { plan_name: 'pro_monthly', status: 'active', client_secret: null },
    })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ has_subscription: true, plan_name: 'pro_monthly' })
  })

  test('stands in the history with its first invoice as soon as it is answered', async () => {
    await subscribe()
    const history = await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })
    expect(history.payments).toMatchObject([{ kind: 'invoice', amount: 3_900, status: 'paid' }])
  })

  test('refuses a plan that is not there and a price of another plan', async () => {
    expect(await refusalOf(subscribe({ planName: 'gold' }))).toMatchObject({ code: 'validation_failed' })
    const mismatch = subscribe({ planName: 'enterprise_monthly', priceId: 'price_basic_monthly' })
    expect(await refusalOf(mismatch)).toMatchObject({ code: 'price_mismatch' })
    expect(ports.stripe.customers.size).toBe(0)
  })

  test('a second time is refused', async () => {
    await subscribe()
    expect(await refusalOf(subscribe({ planName: 'basic_monthly' }))).toMatchObject({ code: 'subscription_exists' })
  })

  test('by eight clicks at once makes one customer and one subscription', async () => {
    const clicks = await Promise.allSettled(Array.from({ length: 8 }, () => subscribe()))
    expect(clicks.filter((click) => click.status === 'fulfilled')).toHaveLength(1)
    expect([ports.stripe.customers.size, ports.stripe.subscriptions.size]).toEqual([1, 1])
  })

  test('by eight clicks under one key answers all eight alike', async () => {
    const clicks = await Promise.all(Array.from({ length: 8 }, () => subscribe({ key })))
    expect(new Set(clicks.map((click) => click.result.subscription_id)).size).toBe(1)
    expect(clicks.filter((click) => click.replayed)).toHaveLength(7)
  })

  test('without a card waits with a client secret, which is fetched anew on a replay', async () => {
    const first = await subscribe({ key, paymentMethodId: null })
    expect(first.result).toMatchObject({ status: 'incomplete', client_secret: 'sub_2_secret' })
    expect(await subscribe({ key, paymentMethodId: null })).toEqual({ ...first, replayed: true })
  })

  test('with 3-D Secure waits for the customer', async () => {
    expect((await subscribe({ paymentMethodId: 'pm_card_authenticationRequired' })).result).toMatchObject({
      status: 'incomplete',
      client_secret: expect.any(String),
    })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ has_subscription: false, status: 'incomplete' })
  })

  test('goes on with what waits for its first payment when the plan is the same, and replaces it when it is another', async () => {
    const waiting = await subscribe({ paymentMethodId: null })
    const again = await subscribe({ paymentMethodId: null })
    expect(again.result.subscription_id).toBe(waiting.result.subscription_id)
    const other = await subscribe({ planName: 'basic_monthly' })
    expect(ports.stripe.subscriptions.get(waiting.result.subscription_id)?.status).toBe('incomplete_expired')
    expect(other.result.status).toBe('active')
  })

  test('finds the one it would replace paid in the meantime, and leaves it', async () => {
    const waiting = await subscribe({ paymentMethodId: null })
    ports.stripe.confirm(waiting.result.subscription_id)
    expect(await refusalOf(subscribe({ planName: 'basic_monthly' }))).toMatchObject({ code: 'subscription_exists' })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ has_subscription: true, plan_name: 'pro_monthly' })
  })

  test.each(['pm_card_chargeDeclined', 'pm_card_chargeCustomerFail'])(
    'with %s is declined and leaves nothing',
    async (card) => {
      expect(await refusalOf(subscribe({ paymentMethodId: card }))).toMatchObject({ code: 'card_declined' })
      expect(
        [...ports.stripe.subscriptions.values()].every((subscription) => subscription.status === 'incomplete_expired'),
      ).toBe(true)
      expect((await subscribe()).result.status).toBe('active')
    },
  )

  test('stores the refusal of a decline under its key', async () => {
    const card = 'pm_card_chargeDeclined'
    await refusalOf(subscribe({ key, paymentMethodId: card }))
    expect(await refusalOf(subscribe({ key, paymentMethodId: card }))).toMatchObject({
      code: 'card_declined',
      replayed: true,
    })
  })

  test('stores no other refusal: the next try under the same key is decided anew', async () => {
    expect(await refusalOf(subscribe({ key, paymentMethodId: 'pm_missing' }))).toMatchObject({
      code: 'validation_failed',
    })
    expect((await subscribe({ key })).result.status).toBe('active')
  })

  test('to a free plan without a card has no access until there is one', async () => {
    const { result } = await subscribe({ planName: 'usage_based', paymentMethodId: null })
    expect(result).toMatchObject({ status: 'active', client_secret: expect.any(String) })
    expect((await billing.subscriptionStatus('ann')).access).toMatchObject({
      allowed: false,
      reason: 'payment_method_required',
    })
  })
})

describe('a wish that Stripe did not answer', () => {
  test.each(['before', 'after'] as const)(
    '%s its effect ends in one subscription when it is tried again',
    async (when) => {
      await subscribe({ user: 'ann', paymentMethodId: null }).then(({ result }) =>
        ports.stripe.confirm(result.subscription_id),
      )
      await cancel(false)
      ports.stripe.failNext(when)
      expect(await refusalOf(subscribe())).toMatchObject({ code: 'stripe_unavailable' })
      expect((await subscribe()).result.status).toBe('active')
      expect(liveOnes()).toHaveLength(1)
      expect(ports.stripe.customers.size).toBe(1)
    },
  )

  test.each(['before', 'after'] as const)('%s its effect is finished under its key, once', async (when) => {
    ports.stripe.failNext(when)
    expect(await refusalOf(subscribe({ key }))).toMatchObject({ code: 'stripe_unavailable' })
    const retried = await subscribe({ key })
    expect(await subscribe({ key })).toEqual({ ...retried, replayed: true })
    expect([ports.stripe.customers.size, ports.stripe.subscriptions.size]).toEqual([1, 1])
  })

  test('is finished after a restart, though nobody asks again', async () => {
    ports.stripe.failNext('after')
    await refusalOf(subscribe())
    const failures: unknown[] = []
    await resumeWishes({ ...ports, onFailure: (_user, error) => failures.push(error) })
    expect(failures).toEqual([])
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ has_subscription: true })
    expect(ports.stripe.customers.size).toBe(1)
  })

  test('a day ago is looked up before it is tried under a fresh key', async () => {
    const first = await subscribe({ paymentMethodId: null })
    await cancel(true)
    expect(first.result.status).toBe('incomplete')
    // After the look for pages that are still open.
    ports.stripe.failLater(1, 'after')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'stripe_unavailable' })
    const made = liveOnes()
    ports.advance(25 * HOUR_MS)
    expect((await subscribe()).result.subscription_id).toBe(made[0]?.id ?? '')
    expect(liveOnes()).toHaveLength(1)
  })

  test('does not hold up the wish of another user', async () => {
    ports.stripe.failNext('before')
    await refusalOf(subscribe())
    expect((await subscribe({ user: 'bob' })).result.status).toBe('active')
  })
})

describe('a wish under a key', () => {
  test('that another user of the same caller is carrying out is refused, and blocks nobody', async () => {
    const shared = { caller: 'service:app', key: 'same' }
    const both = await Promise.allSettled([subscribe({ key: shared }), subscribe({ user: 'bob', key: shared })])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(both[1]).toMatchObject({ reason: { code: 'idempotency_key_reused' } })
    expect((await subscribe({ user: 'bob' })).result.status).toBe('active')
  })

  test('keeps its key from every other use meanwhile', async () => {
    const pending = subscribe({ key })
    await Bun.sleep(0)
    const recorded = await refusalOf(billing.recordUsage(voiceMinutes(1, { key })))
    expect(await refusalOf(pending)).toBeNull()
    expect(recorded).toMatchObject({ code: 'idempotency_key_reused' })
  })

  test('answers by the key before it looks at prices', async () => {
    await subscribe({ key })
    expect(await refusalOf(subscribe({ key, priceId: 'price_basic_monthly' }))).toMatchObject({
      code: 'idempotency_key_reused',
    })
  })
})

describe('a wish that goes wrong on the way', () => {
  test('ends with a refusal when Stripe will never take it, and the next one begins afresh', async () => {
    ports.stripe.failNext('before', new BillingError('validation_failed', 'email'))
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'validation_failed' })
    expect((await subscribe()).result.status).toBe('active')
  })

  test('is given up after a few tries when it fails by a fault of ours, so that it blocks nobody for good', async () => {
    for (let round = 0; round < 5; round++) {
      ports.stripe.failNext('before', new TypeError('a bug'))
      expect(await subscribe().catch((error: unknown) => error)).toBeInstanceOf(TypeError)
    }
    expect((await subscribe()).result.status).toBe('active')
  })

  test('stays declined when Stripe was lost between the decline and the giving up', async () => {
    const card = 'pm_card_chargeCustomerFail'
    ports.stripe.failLater(2, 'after')
    expect(await refusalOf(subscribe({ key, paymentMethodId: card }))).toMatchObject({ code: 'stripe_unavailable' })
    expect(await refusalOf(subscribe({ key, paymentMethodId: card }))).toMatchObject({ code: 'card_declined' })
  })

  test('is dropped unasked when it is old and nothing came of it', async () => {
    ports.stripe.failLater(1, 'before')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'stripe_unavailable' })
    ports.advance(HOUR_MS)
    await resumeWishes({ ...ports, onFailure: () => {} })
    expect(ports.stripe.subscriptions.size).toBe(0)
    expect(await ports.records.usersWithOpenIntents()).toEqual([])
  })

  test('ends our subscription too when Stripe does not know it any more', async () => {
    const { result } = await subscribe()
    ports.stripe.subscriptions.delete(result.subscription_id)
    expect(await refusalOf(cancel(true))).toMatchObject({ code: 'no_subscription' })
    expect((await subscribe()).result.status).toBe('active')
  })
})

describe('cancelling', () => {
  test('at the end of the period keeps the subscription until then, and doing it twice is once', async () => {
    const { result } = await subscribe()
    expect((await cancel(true)).result).toMatchObject({ status: 'active', cancel_at: result.current_period_end })
    expect((await cancel(true)).result).toMatchObject({ status: 'active', cancel_at: result.current_period_end })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({
      has_subscription: true,
      cancel_at: result.current_period_end,
    })
  })

  test('at once ends it, and one may subscribe again', async () => {
    await subscribe()
    expect((await cancel(false)).result).toMatchObject({ status: 'canceled', plan_name: 'pro_monthly' })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ has_subscription: false, status: 'canceled' })
    expect((await subscribe({ planName: 'basic_monthly' })).result.status).toBe('active')
  })

  test('gives up one that waits for its first payment', async () => {
    await subscribe({ paymentMethodId: null })
    expect((await cancel(true)).result.status).toBe('incomplete_expired')
  })

  test('without a subscription is refused', async () => {
    expect(await refusalOf(cancel(true))).toMatchObject({ code: 'no_subscription' })
  })
})

describe('a one-time payment', () => {
  const payment = {
    user: 'ann',
    person: wanted.person,
    key: null,
    amount: 500,
    currency: null,
    pack: null,
    description: 'scenario',
    paymentMethodId: 'pm_card_visa',
    metadata: {},
  }

  test('with a card is paid at once and stands in the history', async () => {
    expect((await billing.createPaymentIntent(payment)).result).toMatchObject({
      status: 'succeeded',
      amount: 500,
      currency: 'usd',
    })
    const { payments } = await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })
    expect(payments).toMatchObject([{ kind: 'payment', amount: 500, status: 'paid', description: 'scenario' }])
  })

  test('twice is two payments, under one key one', async () => {
    await billing.createPaymentIntent(payment)
    await billing.createPaymentIntent(payment)
    await billing.createPaymentIntent({ ...payment, key })
    await billing.createPaymentIntent({ ...payment, key })
    expect(ports.stripe.payments.size).toBe(3)
  })

  test('without a key is left to its caller, who gets its outcome and does not pay twice', async () => {
    await billing.createPaymentIntent({ ...payment, paymentMethodId: null })
    ports.stripe.failNext('after')
    expect(await refusalOf(billing.createPaymentIntent(payment))).toMatchObject({ code: 'stripe_unavailable' })
    await resumeWishes({ ...ports, onFailure: () => {} })
    ports.advance(60_000)
    expect((await billing.createPaymentIntent(payment)).result.status).toBe('succeeded')
    expect([...ports.stripe.payments.values()].filter(({ status }) => status === 'succeeded')).toHaveLength(1)
  })

  test('knows its metadata in whatever order they come', async () => {
    await billing.createPaymentIntent({ ...payment, key, metadata: { a: '1', b: '2' } })
    const again = await billing.createPaymentIntent({ ...payment, key, metadata: { b: '2', a: '1' } })
    expect(again.replayed).toBe(true)
  })

  test('that is declined is refused, and stands in the history as failed', async () => {
    const declined = billing.createPaymentIntent({ ...payment, paymentMethodId: 'pm_card_chargeDeclined' })
    expect(await refusalOf(declined)).toMatchObject({ code: 'card_declined' })
    const { payments } = await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })
    expect(payments).toMatchObject([{ status: 'failed' }])
  })

  test.each(['before', 'after'] as const)(
    'that failed %s its effect is made once when it is tried again',
    async (when) => {
      await billing.createPaymentIntent({ ...payment, paymentMethodId: null })
      ports.stripe.failNext(when)
      expect(await refusalOf(billing.createPaymentIntent(payment))).toMatchObject({ code: 'stripe_unavailable' })
      expect((await billing.createPaymentIntent(payment)).result.status).toBe('succeeded')
      expect([...ports.stripe.payments.values()].filter(({ status }) => status === 'succeeded')).toHaveLength(1)
    },
  )

  test('may not carry metadata under our own names', async () => {
    const forged = billing.createPaymentIntent({ ...payment, metadata: { user_id: 'bob' } })
    expect(await refusalOf(forged)).toMatchObject({ code: 'validation_failed' })
  })
})
