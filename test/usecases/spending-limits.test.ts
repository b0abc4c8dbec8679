import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

/** Pay as you go up to a dollar a period. */
const LIMITED: Catalogue = {
  ...BUILT_IN_PLANS,
  plans: BUILT_IN_PLANS.plans.map((plan) => (plan.name === 'usage_based' ? { ...plan, spendingLimit: 100 } : plan)),
}

let ports: MemoryPorts
let billing: Billing

beforeEach(() => begin(LIMITED))

async function begin(catalogue: Catalogue, planName = 'usage_based'): Promise<void> {
  ports = memoryPorts(catalogue)
  billing = createBilling(ports)
  const person = { email: null, name: null }
  await billing.subscribe({ user: 'ann', person, key: null, planName, priceId: null, paymentMethodId: 'pm_card_visa' })
}

const use = (service: 'voice_call' | 'sms' | 'api_call', amount: number, enforce = true) =>
  billing.recordUsage({
    user: 'ann',
    key: null,
    service,
    amount,
    unit: service === 'voice_call' ? 'minutes' : service === 'sms' ? 'messages' : 'calls',
    resourceId: null,
    eventId: null,
    occurredAt: null,
    enforce,
  })
const may = (service: 'voice_call' | 'sms' | 'api_call', amount: number | null = null) =>
  billing.checkService({ user: 'ann', service, amount })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'granted',
    (error) => (error instanceof BillingError ? error.code : error),
  )
const spending = async () => (await billing.subscriptionStatus('ann')).spending
const told = () =>
  ports.store.told.filter(({ message }) => message.type === 'usage.spending_threshold_reached').map((it) => it.message)

describe('a spending limit', () => {
  test('is of all services together, and is kept to the last fraction', async () => {
    await use('voice_call', 10)
    await use('sms', 49)
    expect(await spending()).toEqual({ limit: 100, spent: 99, currency: 'usd', set_aside: null })
    expect(await may('sms', 1)).toMatchObject({ allowed: true, reason: 'allowed' })
    expect(await may('voice_call', 0.21)).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
    expect(await codeOf(use('voice_call', 0.21))).toBe('limit_reached')
    await use('voice_call', 0.2)
    expect(await spending()).toMatchObject({ spent: 100 })
    expect(await may('voice_call')).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
  })

  test('leaves what costs nothing', async () => {
    await use('sms', 100)
    expect(await may('api_call', 1_000)).toMatchObject({ allowed: true })
    expect(await codeOf(use('api_call', 1_000))).toBe('granted')
  })

  test('does not keep what has happened from being recorded', async () => {
    expect((await use('sms', 150, false)).result).toMatchObject({ cost: 150 })
    expect(await spending()).toMatchObject({ spent: 150 })
  })

  test('is not passed by many requests at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 150 }, () => codeOf(use('sms', 1))))
    expect(outcomes.filter((code) => code === 'granted')).toHaveLength(100)
    expect(await spending()).toMatchObject({ spent: 100 })
  })

  test('begins anew with the period', async () => {
    await use('sms', 100)
    ports.advance(31 * 86_400_000)
    expect(await codeOf(use('sms', 100))).toBe('granted')
  })

  test('is told to the app at 80 and at 100 percent, once', async () => {
    await use('sms', 79)
    expect(told()).toEqual([])
    await use('sms', 1)
    await use('sms', 20)
    await use('sms', 5, false)
    expect(told()).toMatchObject([
      { data: { threshold: 80, spent: 80, limit: 100, currency: 'usd', period_end: '2026-07-10T12:00:00.000Z' } },
      { data: { threshold: 100, spent: 100, limit: 100 } },
    ])
  })

  test('is none where nobody sets one', async () => {
    await begin(BUILT_IN_PLANS)
    await use('sms', 500)
    expect(await spending()).toMatchObject({ limit: null, spent: 500, currency: 'usd' })
    expect(told()).toEqual([])
  })

  test('does not count what allowance and grants cover', async () => {
    const rich = LIMITED.plans.map((plan) =>
      plan.name === 'usage_based'
        ? { ...plan, services: { ...plan.services, sms: { ...plan.services.sms, included: 10_000_000n } } }
        : plan,
    )
    await begin({ ...LIMITED, plans: rich })
    const gift = { operator: 'operator:a', key: null, expiresAt: null, reason: 'Goodwill' }
    await billing.giveGrant({ user: 'ann', service: 'sms', amount: 5, ...gift })
    expect(await codeOf(use('sms', 115))).toBe('granted')
    expect(await spending()).toMatchObject({ spent: 100 })
    expect(await codeOf(use('sms', 1))).toBe('limit_reached')
  })
})

describe('the limit of a user', () => {
  test('goes up to the plan’s', async () => {
    expect(await billing.setSpendingLimit('ann', 50)).toEqual({
      limit: 50,
      spent: 0,
      currency: 'usd',
      set_aside: null,
      own_limit: 50,
      allowed_limit: 100,
    })
    expect(await codeOf(use('sms', 51))).toBe('limit_reached')
    expect(await codeOf(billing.setSpendingLimit('ann', 101))).toBe('validation_failed')
    expect(await billing.setSpendingLimit('ann', null)).toMatchObject({ limit: 100, own_limit: null })
    expect(await codeOf(use('sms', 51))).toBe('granted')
  })

  test('holds where the plan has none, over all services', async () => {
    await begin(BUILT_IN_PLANS)
    await billing.setSpendingLimit('ann', 60)
    await use('voice_call', 10)
    expect(await may('sms', 11)).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
    expect(await codeOf(use('sms', 11))).toBe('limit_reached')
    expect(await codeOf(use('sms', 10))).toBe('granted')
  })

  test('is replaced by the operator’s, also beyond the plan’s, and that is noted', async () => {
    const wanted = { user: 'ann', operator: 'operator:alice', amount: 500, reason: 'Known for years' }
    expect(await billing.setUsersSpendingLimit(wanted)).toMatchObject({ limit: 500, allowed_limit: 500 })
    expect(await codeOf(billing.setSpendingLimit('ann', 400))).toBe('granted')
    expect(await spending()).toMatchObject({ limit: 400 })
    expect((await billing.auditLog(1, null)).entries).toMatchObject([
      { actor: 'operator:alice', action: 'spending-limit-set', detail: '5.00 USD a period: Known for years' },
    ])
    expect(await billing.setUsersSpendingLimit({ ...wanted, amount: null })).toMatchObject({ limit: 100 })
  })

  test('of nothing allows nothing that costs', async () => {
    await billing.setSpendingLimit('ann', 0)
    expect(await may('sms')).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
    expect(await may('api_call')).toMatchObject({ allowed: true })
  })

  test('may be set before there is a subscription', async () => {
    expect(await billing.setSpendingLimit('bob', 50)).toMatchObject({ limit: 50, spent: 0 })
  })
})

test('whatever is used in whatever order, what is spent is the exact sum rounded once, and no limit is passed', async () => {
  let seed = 11
  const random = (most: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return seed % most
  }
  for (let round = 0; round < 20; round++) {
    await begin(BUILT_IN_PLANS)
    const limit = 50 + random(400)
    await billing.setSpendingLimit('ann', limit)
    // In millionths of a cent: five cents a minute, one a message.
    let spent = 0
    for (let step = 0; step < 60; step++) {
      const isVoice = random(2) === 0
      const millionths = isVoice ? 1 + random(9_000_000) : 1_000_000 * (1 + random(20))
      const cost = millionths * (isVoice ? 5 : 1)
      const fits = spent + cost <= limit * 1_000_000
      const outcome = await codeOf(use(isVoice ? 'voice_call' : 'sms', millionths / 1_000_000))
      expect(outcome).toBe(fits ? 'granted' : 'limit_reached')
      if (fits) spent += cost
    }
    expect(await spending()).toMatchObject({ limit, spent: Math.floor(spent / 1_000_000 + 0.5), currency: 'usd' })
  }
})
