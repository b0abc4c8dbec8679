import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { SubscriptionStatus } from '../../src/domain/subscription.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing

beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
})

const NEXT_MONTH = '2026-07-10T12:00:00.000Z'
const may = (amount: number | null = null, service: 'voice_call' | 'transcription' = 'voice_call') =>
  billing.checkService({ user: 'ann', service, amount })
const use = (amount: number, enforce = false) => billing.recordUsage(voiceMinutes(amount, { enforce }))
const subscribe = (planName: string, paymentMethodId: string | null = 'pm_card_visa') =>
  billing.subscribe({
    user: 'ann',
    person: { email: null, name: null },
    key: null,
    planName,
    priceId: null,
    paymentMethodId,
  })

/** Stripe shows the subscription otherwise than before. */
async function observe(changes: { status?: SubscriptionStatus; cancelAt?: number }) {
  const { subscriptions } = await ports.ledger.account('ann', {})
  await ports.ledger.change('ann', {}, () => ({
    changes: subscriptions.map((subscription) => ({
      type: 'subscription-observed' as const,
      subscription: { ...subscription, ...changes },
    })),
    result: undefined,
  }))
}

describe('nothing may be used', () => {
  test('without a subscription', async () => {
    expect(await may()).toEqual({ allowed: false, remaining: 0, reason: 'no_subscription', resets_at: null })
    expect(await billing.checkFeature('ann', 'transcript_storage_days')).toMatchObject({ reason: 'no_subscription' })
  })

  test('of a plan that charges by use, without a card', async () => {
    await subscribe('usage_based', null)
    expect(await may()).toMatchObject({ allowed: false, reason: 'payment_method_required' })
  })

  test('while Stripe’s word for the subscription is one that gives no access', async () => {
    await subscribe('pro_monthly')
    for (const status of ['unpaid', 'paused', 'canceled', 'incomplete', 'incomplete_expired'] as const) {
      await observe({ status })
      expect(await may()).toMatchObject({ allowed: false, reason: status })
      expect(await billing.checkFeature('ann', 'advanced_analytics')).toMatchObject({ allowed: false, reason: status })
    }
  })

  test('beyond the limit, until the allowance begins anew', async () => {
    await subscribe('basic_monthly')
    await use(100)
    expect(await may()).toEqual({ allowed: false, remaining: 0, reason: 'limit_reached', resets_at: NEXT_MONTH })
    ports.advance(Date.parse(NEXT_MONTH) - TEST_START)
    expect(await may()).toMatchObject({ allowed: true, remaining: 100 })
  })

  test('and no reset is promised to whoever has cancelled by then', async () => {
    await subscribe('basic_monthly')
    await observe({ cancelAt: Date.parse(NEXT_MONTH) })
    expect(await may()).toMatchObject({ allowed: true, resets_at: null })
  })
})

describe('a question', () => {
  test('about an amount that cannot be is refused', async () => {
    for (const amount of [0, -1, 0.0000001, 1_000_001]) await expect(may(amount)).rejects.toThrow('amount: must lie')
  })

  test('is answered as recording decides: what fits to the last second is allowed, and no more', async () => {
    await subscribe('basic_monthly')
    for (const used of [10.5, 60, 29.5]) {
      const { remaining } = await may()
      expect(await may(remaining)).toMatchObject({ allowed: true })
      const tooMuch = (remaining ?? 0) + 0.001
      expect(await may(tooMuch)).toMatchObject({ allowed: false, reason: 'limit_reached' })
      await expect(use(tooMuch, true)).rejects.toThrow('are left')
      await use(used, true)
    }
    expect(await may()).toMatchObject({ allowed: false, remaining: 0 })
  })

  test('about what is billed or unlimited is answered with yes', async () => {
    await subscribe('usage_based')
    expect(await may(1_000_000)).toEqual({ allowed: true, remaining: 0, reason: 'allowed', resets_at: NEXT_MONTH })
    await billing.cancelSubscription({
      user: 'ann',
      person: { email: null, name: null },
      key: null,
      atPeriodEnd: false,
      reason: null,
      feedback: null,
    })
    await subscribe('pro_monthly')
    expect(await may(1_000_000, 'transcription')).toMatchObject({ allowed: true, remaining: null })
  })

  test('about a feature looks at the plan, and at the service that the feature counts', async () => {
    await subscribe('basic_monthly')
    const feature = (name: Parameters<Billing['checkFeature']>[1]) => billing.checkFeature('ann', name)
    const none = { remaining: null, resets_at: null }
    expect(await feature('advanced_analytics')).toEqual({ allowed: false, reason: 'not_in_plan', ...none })
    expect(await feature('transcript_storage_days')).toEqual({ allowed: true, reason: 'allowed', ...none })
    await use(40)
    expect(await feature('voice_minutes')).toEqual({
      allowed: true,
      reason: 'allowed',
      remaining: 60,
      resets_at: NEXT_MONTH,
    })
  })
})

test('the whole picture shows plan, access, features and every service', async () => {
  await subscribe('pro_monthly')
  await use(23)
  const { services, ...whole } = await billing.entitlements('ann')
  expect(whole).toMatchObject({
    plan_name: 'pro_monthly',
    access: { allowed: true, reason: 'active' },
    features: { voice_minutes: 500, white_label: false },
  })
  expect(services.voice_call).toEqual({
    allowed: true,
    included: 500,
    used: 23,
    remaining: 477,
    reason: 'allowed',
    resets_at: NEXT_MONTH,
    policy: 'block',
  })
  expect(services.transcription).toMatchObject({ allowed: true, included: null, remaining: null, policy: 'allow' })
})
