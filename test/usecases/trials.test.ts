import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { SubscribeRequest } from '../../src/usecases/subscribe.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { ring } from '../support/ring.ts'
import { SELLING_CATALOGUE } from '../support/selling-catalogue.ts'

let ports: MemoryPorts
let billing: Billing
beforeEach(() => {
  ports = memoryPorts(SELLING_CATALOGUE)
  billing = createBilling(ports)
})

const wanted: SubscribeRequest = {
  user: 'ann',
  person: { email: 'ann@example.com', name: null },
  key: null,
  planName: 'pro_monthly',
  priceId: null,
  paymentMethodId: 'pm_card_visa',
  trial: true,
}
const subscribe = (changes: Partial<SubscribeRequest> = {}) => billing.subscribe({ ...wanted, ...changes })
const end = (user: string) =>
  billing.cancelSubscription({
    user,
    person: wanted.person,
    key: null,
    atPeriodEnd: false,
    reason: null,
    feedback: null,
  })
const iso = (days: number) => new Date(TEST_START + days * DAY_MS).toISOString()
const operator = { user: 'ann', operator: 'operator:olga', reason: 'Goodwill' }

describe('a trial', () => {
  test.each(['pm_card_visa', null])('begins with the card %p and is paid when it ends', async (paymentMethodId) => {
    const { result } = await subscribe({ paymentMethodId })
    expect(result).toMatchObject({ status: 'trialing', trial_end: iso(14), current_period_end: iso(14) })
    const status = await billing.subscriptionStatus('ann')
    expect(status).toMatchObject({ status: 'trialing', trial_end: iso(14), access: { allowed: true } })
  })

  test('is not begun unless it is asked for', async () => {
    expect((await subscribe({ trial: false })).result).toMatchObject({ status: 'active', trial_end: null })
  })

  test('of a plan that wants a card needs one', async () => {
    const error = await refusalOf(subscribe({ planName: 'basic_monthly', paymentMethodId: null }))
    expect(error).toMatchObject({ code: 'payment_method_required' })
    expect(ports.stripe.customers.size).toBe(0)
  })

  test('is refused where the plan has none', async () => {
    const error = await refusalOf(subscribe({ planName: 'enterprise_monthly' }))
    expect(error).toMatchObject({ code: 'validation_failed', fields: [{ path: '/trial' }] })
  })
})

describe('one trial a person', () => {
  test('is not repeated by cancelling and coming back', async () => {
    await subscribe()
    await end('ann')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'trial_used' })
    expect((await subscribe({ trial: false })).result.status).toBe('active')
  })

  test.each([
    ['the same card', { person: { email: 'bob@example.com', name: null } }],
    ['an alias of the same mailbox', { person: { email: 'Ann+2@example.com', name: null }, paymentMethodId: null }],
  ] as const)('is not repeated by a second account with %s', async (_, changes) => {
    await subscribe()
    expect(await refusalOf(subscribe({ user: 'bob', ...changes }))).toMatchObject({ code: 'trial_used' })
    expect(ports.stripe.subscriptions.size).toBe(1)
  })

  test('is had by somebody else', async () => {
    await subscribe()
    const bob = { user: 'bob', person: { email: 'bob@example.com', name: null }, paymentMethodId: 'pm_card_mastercard' }
    expect((await subscribe(bob)).result.status).toBe('trialing')
  })

  test('is had by one of many accounts that ask at once with one card', async () => {
    const users = Array.from({ length: 20 }, (_, index) => `user${index}`)
    const person = { email: null, name: null }
    const outcomes = await Promise.all(users.map((user) => refusalOf(subscribe({ user, person }))))
    expect(outcomes.filter((error) => error === null)).toHaveLength(1)
    expect(outcomes.filter((error) => error?.code === 'trial_used')).toHaveLength(19)
    expect(ports.stripe.subscriptions.size).toBe(1)
  })

  test('is given back when nothing came of it', async () => {
    expect(await refusalOf(subscribe({ paymentMethodId: 'pm_card_chargeDeclined' }))).toMatchObject({
      code: 'card_declined',
    })
    expect(
      (await subscribe({ paymentMethodId: 'pm_card_chargeDeclined', trial: false }).catch(() => null)) ?? null,
    ).toBeNull()
    expect((await subscribe()).result.status).toBe('trialing')
  })

  test('stays claimed while the outcome at Stripe is not known', async () => {
    ports.stripe.failLater(2, 'after')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'stripe_unavailable' })
    expect(await refusalOf(subscribe({ user: 'bob', person: { email: null, name: null } }))).toMatchObject({
      code: 'trial_used',
    })
    expect((await subscribe()).result.status).toBe('trialing')
    expect(ports.stripe.subscriptions.size).toBe(1)
  })

  test('that another was refused for stays his who had it', async () => {
    await subscribe()
    await billing.allowTrial({ ...operator, user: 'bob' })
    const bob = { user: 'bob', person: { email: null, name: null } }
    // The card is Ann's; the operator lets Bob have a trial with it, and Stripe will not take what he then asks for.
    ports.stripe.failLater(1, 'before', new BillingError('card_declined', 'Declined in this test.'))
    expect(await refusalOf(subscribe(bob))).toMatchObject({ code: 'card_declined' })
    expect(await refusalOf(subscribe({ user: 'eve', person: { email: null, name: null } }))).toMatchObject({
      code: 'trial_used',
    })
    expect((await subscribe(bob)).result.status).toBe('trialing')
  })

  test('is answered again under its key', async () => {
    const key = { caller: 'user:ann', key: 'k' }
    const first = await subscribe({ key })
    expect(await subscribe({ key })).toMatchObject({
      replayed: true,
      result: { subscription_id: first.result.subscription_id },
    })
  })
})

describe('a card that comes later in a trial', () => {
  const eve = { user: 'eve', person: { email: 'eve@example.com', name: null } }
  const setCard = (user: string, paymentMethodId = 'pm_card_visa') =>
    billing.setPaymentMethod({ user, person: { email: null, name: null }, key: null, paymentMethodId })

  test('opens no trial for anybody else', async () => {
    await subscribe({ paymentMethodId: null })
    await setCard('ann')
    expect(await refusalOf(subscribe(eve))).toMatchObject({
      code: 'trial_used',
      message: expect.stringContaining('card'),
    })
  })

  test('is seen also where it was given at Stripe', async () => {
    await subscribe({ paymentMethodId: null })
    const [subscription] = ports.stripe.subscriptions.values()
    if (subscription === undefined) throw new Error('There is no subscription.')
    const trialCard = 'fingerprint of pm_card_visa'
    ports.stripe.subscriptions.set(subscription.id, { ...subscription, hasPaymentMethod: true, trialCard })
    await ring(ports, {
      id: 'evt_1',
      type: 'customer.subscription.updated',
      objectType: 'subscription',
      objectId: subscription.id,
      customerId: subscription.customerId,
    })
    expect(await refusalOf(subscribe(eve))).toMatchObject({ code: 'trial_used' })
  })

  test('by which somebody else is known stays his, and the trial goes on', async () => {
    await subscribe()
    await subscribe({ ...eve, paymentMethodId: null })
    await setCard('eve')
    expect(await billing.subscriptionStatus('eve')).toMatchObject({ status: 'trialing', trial_end: iso(14) })
    const { trialClaims } = await ports.ledger.account('ann', { trialClaims: ['card:fingerprint of pm_card_visa'] })
    expect(trialClaims).toMatchObject([{ user: 'ann' }])
  })

  test('of a paid subscription means nothing', async () => {
    await subscribe({ trial: false, paymentMethodId: 'pm_card_mastercard' })
    await setCard('ann')
    expect((await subscribe(eve)).result.status).toBe('trialing')
  })
})

describe('the operator', () => {
  test('has not allowed it in vain where nothing came of it', async () => {
    await subscribe()
    await end('ann')
    await billing.allowTrial(operator)
    expect(await refusalOf(subscribe({ paymentMethodId: 'pm_card_chargeDeclined' }))).toMatchObject({
      code: 'card_declined',
    })
    expect((await subscribe()).result.status).toBe('trialing')
    await end('ann')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'trial_used' })
  })

  test('allows one more trial, which is used up by it', async () => {
    await subscribe()
    await end('ann')
    expect(await billing.allowTrial(operator)).toEqual({ user_id: 'ann', trial_allowed: true })
    expect((await subscribe()).result.status).toBe('trialing')
    await end('ann')
    expect(await refusalOf(subscribe())).toMatchObject({ code: 'trial_used' })
    expect((await billing.auditLog(10, null)).entries).toMatchObject([
      { action: 'trial-allowed', actor: 'operator:olga', user_id: 'ann', detail: 'Goodwill' },
    ])
  })

  const extend = (changes: { trialEnd?: number; days?: number } = {}) =>
    billing.extendTrial({ ...operator, key: null, trialEnd: null, days: null, ...changes })

  test('lets a running trial last longer, by days or until a moment', async () => {
    await subscribe()
    expect((await extend({ days: 7 })).result).toMatchObject({ status: 'trialing', trial_end: iso(21) })
    expect((await extend({ trialEnd: TEST_START + 30 * DAY_MS })).result.trial_end).toBe(iso(30))
    expect((await billing.subscriptionStatus('ann')).trial_end).toBe(iso(30))
    expect((await billing.auditLog(10, null)).entries[0]).toMatchObject({
      action: 'trial-extended',
      detail: `until ${iso(30)}: Goodwill`,
    })
  })

  test('cannot extend what is not there, not in a trial, or not later', async () => {
    expect(await refusalOf(extend({ days: 7 }))).toMatchObject({ code: 'no_subscription' })
    await subscribe()
    expect(await refusalOf(extend({ trialEnd: TEST_START + DAY_MS }))).toMatchObject({ code: 'validation_failed' })
    expect(await refusalOf(extend({ trialEnd: TEST_START + 900 * DAY_MS }))).toMatchObject({
      code: 'validation_failed',
    })
    expect(await refusalOf(extend())).toMatchObject({ code: 'validation_failed' })
    await end('ann')
    await subscribe({ trial: false })
    expect(await refusalOf(extend({ days: 7 }))).toMatchObject({ code: 'not_trialing' })
  })
})

describe('the app', () => {
  function rung(eventId: string): Promise<void> {
    const [subscription] = ports.stripe.subscriptions.values()
    return ring(ports, {
      id: eventId,
      type: 'customer.subscription.trial_will_end',
      objectType: 'subscription',
      objectId: subscription?.id ?? '',
      customerId: subscription?.customerId ?? null,
    })
  }

  test('is told once that a trial ends, and again when it was extended', async () => {
    await subscribe({ paymentMethodId: null })
    await rung('evt_1')
    await rung('evt_2')
    expect(ports.store.told.map(({ user, message }) => ({ user, ...message }))).toEqual([
      {
        user: 'ann',
        id: `subscription_trial_will_end_sub_2_${TEST_START + 14 * DAY_MS}`,
        type: 'subscription.trial_will_end',
        data: { subscription_id: 'sub_2', plan_name: 'pro_monthly', trial_end: iso(14), has_payment_method: false },
        at: TEST_START,
      },
    ])
    await billing.extendTrial({ ...operator, key: null, trialEnd: null, days: 7 })
    await rung('evt_3')
    expect(ports.store.told).toHaveLength(2)
  })

  test('is told nothing of a trial that is over by the time we look', async () => {
    await subscribe()
    await end('ann')
    await rung('evt_1')
    expect(ports.store.told).toEqual([])
  })
})
