import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { DAY_MS, MINUTE_MS } from '../../src/domain/period.ts'
import type { RecordUsageRequest } from '../../src/usecases/record-usage.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing

beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
})

const minutes: RecordUsageRequest = voiceMinutes(23, { resourceId: 'CA1' })

const record = (changes: Partial<RecordUsageRequest> = {}) => billing.recordUsage({ ...minutes, ...changes })
const subscribe = (planName: string, user = 'ann') =>
  billing.subscribe({
    user,
    person: { email: null, name: null },
    key: null,
    planName,
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  })

describe('recording usage', () => {
  test("answers with the guide's figures", async () => {
    await subscribe('pro_monthly')
    expect(await record()).toEqual({
      status: 201,
      replayed: false,
      result: {
        usage_record_id: expect.any(String),
        service_type: 'voice_call',
        usage_amount: 23,
        usage_unit: 'minutes',
        cost: 115,
        currency: 'usd',
        billing_period: '2026-06',
        remaining: 477,
        overage: 0,
        limit_reached: false,
      },
    })
    const transcription = await record({ service: 'transcription', amount: 45, resourceId: '123' })
    expect(transcription.result).toMatchObject({ cost: 90, remaining: null, overage: 0, limit_reached: false })
  })

  test('again after months is still the same record, by its call or by its key, with the time at which it was', async () => {
    const occurredAt = TEST_START - DAY_MS
    const key = { caller: 'service:app', key: 'k1' }
    const [byCall, byKey] = [await record({ occurredAt }), await record({ resourceId: 'CA2', occurredAt, key })]
    ports.advance(200 * DAY_MS)
    const call = await record({ occurredAt })
    expect([call.status, call.result.usage_record_id]).toEqual([200, byCall.result.usage_record_id])
    expect(await record({ resourceId: 'CA2', occurredAt, key })).toEqual({ ...byKey, replayed: true })
    expect(await refusalOf(record({ resourceId: 'CA3', occurredAt }))).toMatchObject({ code: 'validation_failed' })
    expect(ports.store.usageOf('ann')).toHaveLength(2)
  })

  test('of the same call again is the same record, and of another length a conflict', async () => {
    const first = await record()
    const again = await record()
    expect([again.status, again.result.usage_record_id]).toEqual([200, first.result.usage_record_id])
    expect(await refusalOf(record({ amount: 24 }))).toMatchObject({ code: 'usage_conflict' })
    expect(ports.store.usageOf('ann')).toHaveLength(1)
  })

  test('knows a call by its length whatever unit tells it', async () => {
    await record({ amount: 1.5 })
    expect((await record({ amount: 90, unit: 'seconds' })).status).toBe(200)
  })

  test('counts every message of one conversation', async () => {
    const sms = { service: 'sms', amount: 1, unit: 'messages', resourceId: '77' } as const
    await record(sms)
    await record(sms)
    expect(ports.store.usageOf('ann')).toHaveLength(2)
  })

  test('takes an event_id once over all services, the resource being a label then', async () => {
    await record({ eventId: 'e1' })
    expect((await record({ eventId: 'e1', resourceId: 'other' })).status).toBe(200)
    expect((await record({ eventId: 'e2' })).status).toBe(201)
    expect(await refusalOf(record({ eventId: 'e1', service: 'transcription' }))).toMatchObject({
      code: 'usage_conflict',
    })
    expect((await record({ eventId: 'e1', user: 'bob' })).status).toBe(201)
  })

  test('replays what was answered under a key, and refuses the key for anything else', async () => {
    const key = { caller: 'service:app', key: 'k1' }
    const first = await record({ key })
    await record({ key: null, resourceId: 'CA2' })
    expect(await record({ key })).toEqual({ ...first, replayed: true })
    expect(await refusalOf(record({ key, amount: 24 }))).toMatchObject({ code: 'idempotency_key_reused' })
    expect((await record({ key: { ...key, key: 'k2' } })).status).toBe(201)
  })

  test('refuses what is no amount, unit or time', async () => {
    const bad: readonly Partial<RecordUsageRequest>[] = [
      { amount: -1 },
      { amount: 0 },
      { amount: 0.0000001 },
      { amount: 1_000_000.000001 },
      { unit: 'messages' },
      { occurredAt: TEST_START - 35 * DAY_MS - 1 },
      { occurredAt: TEST_START + 5 * MINUTE_MS + 1 },
    ]
    for (const changes of bad) expect(await refusalOf(record(changes))).toMatchObject({ code: 'validation_failed' })
    expect(ports.store.usageOf('ann')).toHaveLength(0)
  })

  test('keeps what happened without a subscription: over any allowance, at list price, charged to nobody', async () => {
    const { result } = await record()
    expect(result).toMatchObject({ cost: 115, remaining: 0, overage: 23, limit_reached: true })
    expect(ports.store.usageOf('ann')[0]).toMatchObject({ billable: 0n, allowanceStart: null })
  })

  test('goes on over the allowance and says what is over it', async () => {
    await subscribe('basic_monthly')
    expect((await record({ amount: 90 })).result).toMatchObject({ remaining: 10, overage: 0, limit_reached: false })
    expect((await record({ amount: 30, resourceId: 'CA2' })).result).toMatchObject({
      remaining: 0,
      overage: 20,
      limit_reached: true,
    })
    expect((await record({ amount: 5, resourceId: 'CA3' })).result).toMatchObject({ overage: 5 })
    expect(ports.store.usageOf('ann').every((usage) => usage.billable === 0n)).toBe(true)
  })

  test('charges every unit of a plan that bills by use', async () => {
    await subscribe('usage_based')
    const { result } = await record()
    expect(result).toMatchObject({ remaining: 0, overage: 23, limit_reached: false })
    expect(ports.store.usageOf('ann')[0]?.billable).toBe(23n * 60_000_000n)
  })

  test('counts late usage in the allowance period in which it happened', async () => {
    await subscribe('basic_monthly')
    const before = ports.clock.now()
    ports.advance(31 * DAY_MS)
    await record({ amount: 60, occurredAt: before + DAY_MS })
    expect((await record({ amount: 60, resourceId: 'CA2' })).result).toMatchObject({ remaining: 40, overage: 0 })
    expect((await record({ amount: 60, resourceId: 'CA3', occurredAt: before + DAY_MS })).result.overage).toBe(20)
  })

  test('counts what happened before the subscription began in no allowance', async () => {
    const before = ports.clock.now()
    ports.advance(DAY_MS)
    await subscribe('basic_monthly')
    await record({ amount: 60, occurredAt: before })
    expect((await record({ amount: 60, resourceId: 'CA2' })).result.remaining).toBe(40)
  })
})

describe('enforcing the limit', () => {
  test('takes what fits to the last second and refuses what does not, storing nothing of it', async () => {
    await subscribe('basic_monthly')
    await record({ amount: 90, enforce: true })
    expect(await refusalOf(record({ amount: 10.1, resourceId: 'CA2', enforce: true }))).toMatchObject({
      code: 'limit_reached',
    })
    expect((await record({ amount: 10, resourceId: 'CA2', enforce: true })).result).toMatchObject({ remaining: 0 })
    expect(await refusalOf(record({ amount: 0.001, resourceId: 'CA3', enforce: true }))).toMatchObject({
      code: 'limit_reached',
    })
  })

  test('lets exactly as many through as fit, however many ask at once', async () => {
    await subscribe('basic_monthly')
    const asked = Array.from({ length: 64 }, (_, index) =>
      record({ amount: 10, resourceId: `CA${index}`, enforce: true }),
    )
    const outcomes = await Promise.allSettled(asked)
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(10)
  })

  test('still finds a use that was recorded before the limit was reached', async () => {
    await subscribe('basic_monthly')
    await record({ amount: 100, enforce: true })
    expect((await record({ amount: 100, enforce: true })).status).toBe(200)
  })

  test('never refuses where use is billed, unlimited or included', async () => {
    await subscribe('usage_based')
    expect((await record({ amount: 100_000, enforce: true })).status).toBe(201)
    await subscribe('enterprise_monthly', 'bob')
    expect((await record({ user: 'bob', amount: 100_000, enforce: true })).status).toBe(201)
  })

  test('refuses without a subscription, and where there is nothing to charge', async () => {
    expect(await refusalOf(record({ enforce: true }))).toMatchObject({ code: 'no_subscription' })
    await billing.subscribe({
      user: 'eve',
      person: { email: null, name: null },
      key: null,
      planName: 'usage_based',
      priceId: null,
      paymentMethodId: null,
    })
    expect(await refusalOf(record({ user: 'eve', enforce: true }))).toMatchObject({ code: 'payment_method_required' })
  })
})

describe('the status', () => {
  test("shows usage in the guide's shape", async () => {
    await subscribe('pro_monthly')
    await record()
    await record({ service: 'transcription', amount: 45, resourceId: '123' })
    const status = await billing.subscriptionStatus('ann')
    expect(status).toMatchObject({
      has_subscription: true,
      plan_name: 'pro_monthly',
      status: 'active',
      access: { allowed: true, reason: 'active' },
      features: { voice_minutes: 500, sms_messages: 2000, advanced_analytics: true },
    })
    expect(status.current_usage.transcription).toMatchObject({
      amount: 45,
      cost: 90,
      unit: 'minutes',
      included: null,
      remaining: null,
    })
    expect(status.current_usage.voice_call).toMatchObject({
      amount: 23,
      cost: 115,
      unit: 'minutes',
      included: 500,
      remaining: 477,
    })
  })

  test('of somebody who never subscribed is empty, and shows the calendar month', async () => {
    await record()
    const status = await billing.subscriptionStatus('ann')
    expect(status).toMatchObject({
      has_subscription: false,
      plan_name: null,
      status: null,
      access: { reason: 'no_subscription' },
    })
    expect(status.features.voice_minutes).toBe(0)
    expect(status.current_usage.voice_call).toMatchObject({
      amount: 23,
      included: 0,
      remaining: 0,
      overage: 23,
      billable_cost: 0,
    })
  })

  test('starts anew with the next allowance period', async () => {
    await subscribe('pro_monthly')
    await record()
    ports.advance(31 * DAY_MS)
    expect((await billing.subscriptionStatus('ann')).current_usage.voice_call).toMatchObject({
      amount: 0,
      remaining: 500,
    })
  })
})

describe('the summary', () => {
  test('adds up exactly and rounds once: three calls of 20 seconds cost what a minute costs', async () => {
    await subscribe('usage_based')
    for (const resourceId of ['a', 'b', 'c']) await record({ amount: 20, unit: 'seconds', resourceId })
    const summary = await billing.usageSummary({ user: 'ann', period: 'current', byDay: false })
    expect(summary.services.voice_call).toMatchObject({ amount: 1, cost: 5, billable_cost: 5 })
    expect(summary).toMatchObject({ total_cost: 5, billable_total: 5, currency: 'usd' })
  })

  test('of a calendar month knows no allowance', async () => {
    await subscribe('basic_monthly')
    await record({ amount: 120 })
    const summary = await billing.usageSummary({ user: 'ann', period: '2026-06', byDay: false })
    expect(summary.services.voice_call).toMatchObject({ amount: 120, included: null, remaining: null, overage: 20 })
    const empty = await billing.usageSummary({ user: 'ann', period: '2026-05', byDay: false })
    expect(empty.services.voice_call.amount).toBe(0)
  })

  test('by day shows the days on which something was used', async () => {
    await subscribe('basic_monthly')
    await record()
    ports.advance(2 * DAY_MS)
    await record({ resourceId: 'CA2', amount: 7 })
    const { days } = await billing.usageSummary({ user: 'ann', period: 'current', byDay: true })
    expect(days?.map(({ day, services }) => [day, services.voice_call.amount])).toEqual([
      ['2026-06-10', 23],
      ['2026-06-12', 7],
    ])
  })
})
