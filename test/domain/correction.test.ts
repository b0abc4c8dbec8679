import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import { monthsAround } from '../../src/domain/period.ts'
import type { Plan, ServiceTerms } from '../../src/domain/plan.ts'
import { sumUsage } from '../../src/domain/usage.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { activeSince } from '../support/sample-account.ts'

const SECOND = 1_000_000n
const MINUTE = 60n * SECOND
const DAY = 86_400_000

interface World {
  readonly ports: MemoryPorts
  readonly billing: Billing
}

/** Ann has a plan with these terms for calls, and grants of so many seconds. */
async function world(terms: Partial<ServiceTerms>, grants: readonly number[] = []): Promise<World> {
  const ports = { ...memoryPorts(), catalogue: catalogueWith(terms) }
  await ports.ledger.change('ann', {}, () => ({
    changes: [{ type: 'subscription-observed', subscription }],
    result: undefined,
  }))
  const billing = createBilling(ports)
  for (const seconds of grants)
    await billing.giveGrant({
      user: 'ann',
      operator: 'operator:alice',
      key: null,
      service: 'voice_call',
      amount: seconds / 60,
      expiresAt: null,
      reason: 'test',
    })
  return { ports, billing }
}

function catalogueWith(terms: Partial<ServiceTerms>): Catalogue {
  const changed = (plan: Plan): Plan => ({
    ...plan,
    services: { ...plan.services, voice_call: { ...plan.services.voice_call, ...terms } },
  })
  return { ...BUILT_IN_PLANS, plans: BUILT_IN_PLANS.plans.map(changed) }
}

const use = ({ billing }: World, seconds: number, daysAgo = 0) =>
  billing.recordUsage({
    user: 'ann',
    key: null,
    service: 'voice_call',
    amount: seconds,
    unit: 'seconds',
    resourceId: null,
    eventId: null,
    occurredAt: TEST_START - daysAgo * DAY,
    enforce: false,
  })

const correct = ({ billing }: World, recordId: string, amount: number, more = {}) =>
  billing.correctUsage({
    user: 'ann',
    operator: 'operator:alice',
    key: null,
    recordId,
    amount,
    unit: 'seconds',
    reason: 'The line was dead',
    ...more,
  })

/** Everything that a bill or a limit depends on. */
async function standing({ ports }: World) {
  const { totals, grants } = await ports.ledger.account('ann', {
    totals: { services: ['voice_call'], months: monthsAround(TEST_START) },
  })
  const { quantity, rated, overage, billable, exactCost, exactBillableCost } = sumUsage(totals)
  const reported = ports.store.reportsOf('ann').reduce((sum, { report }) => sum + report.quantity, 0n)
  const left = grants.map(({ amount, remaining }) => [amount, remaining])
  return { quantity, rated, overage, billable, exactCost, exactBillableCost, reported, left }
}

describe('a correction is refused', () => {
  test('of a record that is not there, or is another user’s', async () => {
    const ours = await world({})
    const { result } = await use(ours, 60)
    expect(await refusalOf(correct(ours, 'usage_nowhere', 1))).toMatchObject({ code: 'not_found' })
    expect(await refusalOf(correct(ours, result.usage_record_id, 1, { user: 'bob' }))).toMatchObject({
      code: 'not_found',
    })
  })

  test('beyond what is left of the record after earlier ones', async () => {
    const ours = await world({})
    const { result } = await use(ours, 60)
    await correct(ours, result.usage_record_id, 45)
    const tooMuch = await refusalOf(correct(ours, result.usage_record_id, 15.000001))
    expect(tooMuch).toMatchObject({
      code: 'validation_failed',
      fields: [{ path: '/usage_amount', message: 'must be at most what is left of the record: 15 seconds' }],
    })
    await correct(ours, result.usage_record_id, 0.25, { unit: 'minutes' })
    expect(await refusalOf(correct(ours, result.usage_record_id, 0.000001))).toMatchObject({
      code: 'validation_failed',
    })
  })

  test('of a correction, and in a unit that the service does not have', async () => {
    const ours = await world({})
    const { result } = await use(ours, 60)
    const made = await correct(ours, result.usage_record_id, 10)
    expect(await refusalOf(correct(ours, made.result.usage_record_id, 1))).toMatchObject({
      fields: [{ path: '/usage_record_id' }],
    })
    expect(await refusalOf(correct(ours, result.usage_record_id, 1, { unit: 'messages' }))).toMatchObject({
      fields: [{ path: '/usage_unit' }],
    })
  })
})

describe('a correction', () => {
  test('is a record of its own, in the month of the record, and stands in the audit log', async () => {
    const ours = await world({ policy: 'bill', included: 0n })
    const { result } = await use(ours, 600, 20)
    const made = await correct(ours, result.usage_record_id, 300)
    expect(made).toMatchObject({
      status: 201,
      result: {
        corrects: result.usage_record_id,
        usage_amount: -300,
        cost: -25,
        billing_period: '2026-05',
        overage: -5,
        billable_cost: -25,
      },
    })
    expect(ours.ports.store.auditOf('ann')).toMatchObject([
      {
        actor: 'operator:alice',
        action: 'usage-corrected',
        detail: `300 seconds taken off ${result.usage_record_id} (voice_call): The line was dead`,
      },
    ])
  })

  test('is made once under an idempotency key', async () => {
    const ours = await world({})
    const { result } = await use(ours, 60)
    const key = { caller: 'operator:alice', key: 'k' }
    const first = await correct(ours, result.usage_record_id, 40, { key })
    expect(await correct(ours, result.usage_record_id, 40, { key })).toEqual({ ...first, replayed: true })
    expect(await refusalOf(correct(ours, result.usage_record_id, 20, { key }))).toMatchObject({
      code: 'idempotency_key_reused',
    })
  })

  test('of what Stripe was told already becomes a negative report', async () => {
    const ours = await world({ policy: 'bill', included: 0n })
    const { result } = await use(ours, 600)
    const [told] = ours.ports.store.reportsOf('ann')
    if (told) told.state = 'sent'
    await correct(ours, result.usage_record_id, 600)
    expect(ours.ports.store.reportsOf('ann').map(({ report }) => report.quantity)).toEqual([
      10n * MINUTE,
      -10n * MINUTE,
    ])
  })
})

describe('after a correction everything is as if only the rest had been used', () => {
  const plans = fc.record({
    policy: fc.constantFrom('bill' as const, 'block' as const),
    included: fc.constantFrom(0n, MINUTE, 10n * MINUTE),
    increment: fc.constantFrom(null, SECOND, 6n * SECOND, MINUTE),
    minimum: fc.constantFrom(null, 30n * SECOND),
  })
  const uses = fc.array(fc.record({ seconds: fc.integer({ min: 1, max: 900 }), daysAgo: fc.constantFrom(0, 1, 20) }), {
    minLength: 1,
    maxLength: 6,
  })
  const corrections = fc.array(fc.tuple(fc.nat({ max: 5 }), fc.integer({ min: 1, max: 900 })), {
    minLength: 1,
    maxLength: 5,
  })
  const grants = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 3 })

  test('whatever the plan, the grants, and how often it was corrected', async () => {
    await fc.assert(
      fc.asyncProperty(plans, uses, corrections, grants, async (terms, used, taken, granted) => {
        const [corrected, smaller] = [await world(terms, granted), await world(terms, granted)]
        const ids: string[] = []
        for (const { seconds, daysAgo } of used)
          ids.push((await use(corrected, seconds, daysAgo)).result.usage_record_id)
        const left = used.map(({ seconds }) => seconds)
        for (const [place, seconds] of taken) {
          const index = place % used.length
          const [rest = 0, id = ''] = [left[index], ids[index]]
          if (rest === 0) continue
          const amount = Math.min(seconds, rest)
          await correct(corrected, id, amount)
          left[index] = rest - amount
        }
        for (const [index, { daysAgo }] of used.entries()) {
          const rest = left[index] ?? 0
          if (rest > 0) await use(smaller, rest, daysAgo)
        }
        expect(await standing(corrected)).toEqual(await standing(smaller))
      }),
      { numRuns: 300 },
    )
  })
})

const subscription = activeSince(TEST_START - 21 * DAY, {
  planName: 'usage_based',
  priceId: 'price_usage_based',
  statusSince: TEST_START - 40 * DAY,
  currentPeriodEnd: TEST_START + 10 * DAY,
})
