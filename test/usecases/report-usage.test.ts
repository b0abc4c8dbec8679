import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { meterValue } from '../../src/domain/metering.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/domain/period.ts'
import { compareMeters } from '../../src/usecases/compare-meters.ts'
import { sendDueReports } from '../../src/usecases/report-usage.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { voiceMinutes } from '../support/requests.ts'

let ports: MemoryPorts
let billing: Billing
let troubles: unknown[]

beforeEach(async () => {
  ports = memoryPorts()
  billing = createBilling(ports)
  troubles = []
  await subscribe('ann', 'usage_based')
})

const person = { email: null, name: null }
const subscribe = (user: string, planName: string) =>
  billing.subscribe({ user, person, key: null, planName, priceId: null, paymentMethodId: 'pm_card_visa' })
const record = (amount: number, values: { user?: string; occurredAt?: number; unit?: 'seconds' | 'minutes' } = {}) =>
  billing.recordUsage(voiceMinutes(amount, values))
const send = async () => {
  while ((await sendDueReports({ ...ports, onTrouble: (_report, trouble) => troubles.push(trouble) })) > 0);
}
const told = () => ports.meters.taken.reduce((sum, event) => sum + event.value, 0n)
const states = () => ports.store.reportsOf('ann').map(({ state }) => state)

describe('a report to the meter', () => {
  test('gathers what occurred within a minute and is sent once, under its own id', async () => {
    await record(1)
    await record(2)
    await send()
    expect(ports.meters.taken).toEqual([])
    ports.advance(MINUTE_MS)
    await send()
    await send()
    expect(ports.meters.taken).toMatchObject([{ value: 3_000_000n, service: 'voice_call' }])
    expect(states()).toEqual(['sent'])
  })

  test('does not grow once it is sealed: what comes later has a report of its own', async () => {
    const now = ports.clock.now()
    await record(1)
    ports.advance(MINUTE_MS)
    await send()
    await record(2, { occurredAt: now })
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken.map(({ value }) => value)).toEqual([1_000_000n, 2_000_000n])
  })

  test('tells nothing of what is included, free, or over a limit that blocks', async () => {
    await subscribe('bob', 'basic_monthly')
    await record(500, { user: 'bob' })
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken).toEqual([])
  })

  test('carries over what is too fine for the meter, so that sums agree and never exceed', async () => {
    for (let index = 0; index < 7; index++) {
      await record(20.000007, { unit: 'seconds' })
      ports.advance(MINUTE_MS)
      await send()
    }
    const quanta = 7n * 20_000_007n
    expect(told()).toBe(quanta / 60n)
  })

  test('bears the time of the usage while its period is open, and the present after that', async () => {
    const before = ports.clock.now()
    await record(1)
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken[0]?.at).toBe(before)
    const subscription = [...ports.stripe.subscriptions.values()][0]
    ports.advance(31 * DAY_MS)
    const renewed = { type: 'subscription', subscription } as const
    await ports.ledger.change('ann', {}, ({ subscriptions: [known] }) => {
      if (known === undefined || renewed.subscription === undefined) return { changes: [], result: null }
      const currentPeriodStart = known.currentPeriodEnd
      return {
        changes: [
          {
            type: 'subscription-observed',
            subscription: { ...known, currentPeriodStart, metered: { periodStart: currentPeriodStart } },
          },
        ],
        result: null,
      }
    })
    await record(1, { occurredAt: before + DAY_MS })
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken[1]?.at).toBe(ports.clock.now())
  })

  test('of a yearly subscription goes by the month in which Stripe counts its use', async () => {
    const [known] = (await ports.ledger.account('ann', {})).subscriptions
    if (known === undefined) throw new Error('There is none.')
    ports.advance(10 * DAY_MS)
    const late = ports.clock.now() - 6 * DAY_MS
    const metered = { periodStart: ports.clock.now() - 5 * DAY_MS }
    await ports.ledger.change('ann', {}, () => ({
      changes: [{ type: 'subscription-observed', subscription: { ...known, metered } }],
      result: undefined,
    }))
    await record(1, { occurredAt: late })
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken[0]?.at).toBe(ports.clock.now())
  })

  /** What was used just before something ends, and what is told of only afterwards. */
  const around = async (end: () => Promise<unknown>) => {
    const before = ports.clock.now()
    await record(3)
    ports.advance(SECOND_MS)
    await end()
    expect(ports.meters.taken).toMatchObject([{ value: 3_000_000n, at: before }])
    await record(2, { occurredAt: before })
    ports.advance(MINUTE_MS)
    await send()
    expect(ports.meters.taken).toHaveLength(1)
  }

  test('is sent before the plan that bills it is left; what comes later is set aside for the operator', async () => {
    await around(() =>
      billing.changePlan({
        user: 'ann',
        person,
        key: null,
        planName: 'pro_monthly',
        priceId: null,
        when: 'now',
        prorationDate: null,
        paymentMethodId: 'pm_card_visa',
        promotionCode: null,
      }),
    )
    expect((await billing.unbilledUsage(10, null)).reports).toMatchObject([{ amount: 2 }])
  })

  test('is sent before the subscription ends at once; what comes later is set aside for the operator', async () => {
    const now = { atPeriodEnd: false, reason: null, feedback: null }
    await around(() => billing.cancelSubscription({ user: 'ann', person, key: null, ...now }))
    expect((await ports.outbox.setAside(10, null)).items).toMatchObject([{ user: 'ann', state: 'unbilled' }])
  })

  test('that cannot be sent before the subscription ends does not hold up the end', async () => {
    await record(3)
    ports.meters.report = async () => {
      throw new BillingError('stripe_unavailable', 'Stripe could not be reached.')
    }
    const now = { atPeriodEnd: false, reason: null, feedback: null }
    const ended = await billing.cancelSubscription({ user: 'ann', person, key: null, ...now })
    expect(ended.result.status).toBe('canceled')
    expect(states()).toEqual(['sealed'])
  })

  test('that Stripe refuses is set aside with the reason', async () => {
    await record(3)
    ports.meters.report = async () => ({ type: 'rejected', reason: 'No such meter' })
    ports.advance(MINUTE_MS)
    await send()
    expect((await ports.outbox.setAside(10, null)).items).toMatchObject([
      { state: 'rejected', reason: 'No such meter' },
    ])
    expect(troubles).toHaveLength(1)
  })
})

describe('a report whose outcome is unknown', () => {
  test.each(['before', 'after'] as const)(
    '%s its effect is sent again under the same identifier and counts once',
    async (when) => {
      await record(5)
      ports.advance(MINUTE_MS)
      ports.meters.fault = () => when
      await send()
      expect(troubles).toHaveLength(1)
      ports.meters.fault = () => 'none'
      ports.advance(MINUTE_MS)
      await send()
      expect(told()).toBe(5_000_000n)
      expect(states()).toEqual(['sent'])
    },
  )

  test.each(['before', 'after'] as const)(
    '%s its effect for more than a day is compared with the meter, not repeated',
    async (when) => {
      await record(5)
      ports.advance(MINUTE_MS)
      ports.meters.fault = () => when
      await send()
      ports.advance(25 * HOUR_MS)
      await record(2)
      ports.meters.fault = () => 'none'
      await send()
      ports.advance(MINUTE_MS)
      await send()
      expect(told()).toBe(7_000_000n)
      expect(states().filter((state) => state === 'sealed' || state === 'open')).toEqual([])
    },
  )

  test('is compared together with the others of its meter, some of which were taken', async () => {
    let calls = 0
    ports.meters.fault = () => (calls++ % 2 === 0 ? 'before' : 'after')
    for (const amount of [1, 2, 4, 8]) {
      await record(amount)
      ports.advance(61_000)
      await sendDueReports({ ...ports, onTrouble: () => {} })
    }
    ports.meters.fault = () => 'before'
    ports.advance(30 * HOUR_MS)
    await sendDueReports({ ...ports, onTrouble: () => {} })
    ports.meters.fault = () => 'none'
    for (let hour = 0; hour < 3; hour++) {
      ports.advance(HOUR_MS)
      await send()
    }
    expect(told()).toBe(15_000_000n)
    expect(states().includes('sealed')).toBe(false)
    ports.advance(30 * HOUR_MS)
    await send()
    expect(told()).toBe(15_000_000n)
  })

  test.each(['before', 'after'] as const)(
    'is not told from sums that lack what was taken a moment ago: a day in which answers are lost %s the effect',
    async (when) => {
      ports.meters.lagMs = 30 * MINUTE_MS
      ports.meters.fault = () => 'after'
      await record(5)
      ports.advance(MINUTE_MS)
      await send()
      ports.meters.fault = () => when
      ports.advance(2 * HOUR_MS)
      await record(2)
      for (let quarter = 0; quarter < 4 * 21; quarter++) {
        ports.advance(15 * MINUTE_MS)
        await send()
      }
      ports.meters.fault = () => 'none'
      for (let minute = 0; minute < 4 * 60; minute++) {
        ports.advance(MINUTE_MS)
        await send()
      }
      expect(told()).toBe(7_000_000n)
      expect(states()).not.toContain('sealed')
    },
  )
})

test.each(['before', 'after'] as const)(
  'a correction that got lost %s its effect for more than a day ends exact too',
  async (when) => {
    const { result } = await record(10)
    ports.advance(MINUTE_MS)
    await send()
    await billing.correctUsage({
      user: 'ann',
      operator: 'operator:alice',
      key: null,
      recordId: result.usage_record_id,
      amount: 4,
      unit: 'minutes',
      reason: 'the line was dead',
    })
    ports.advance(MINUTE_MS)
    ports.meters.fault = () => when
    await send()
    ports.advance(25 * HOUR_MS)
    ports.meters.fault = () => 'none'
    await send()
    ports.advance(MINUTE_MS)
    await send()
    expect(told()).toBe(6_000_000n)
  },
)

describe('the daily comparison', () => {
  const compare = () => compareMeters(ports, ports.clock.now())

  test('finds nothing where all that was reported is counted', async () => {
    await record(5)
    ports.advance(MINUTE_MS)
    await send()
    ports.advance(DAY_MS + HOUR_MS)
    expect((await compare()).differences).toEqual([])
  })

  test('finds a meter that lost something, and says how much', async () => {
    await record(5)
    ports.advance(MINUTE_MS)
    await send()
    ports.advance(DAY_MS + HOUR_MS)
    ports.meters.total = async () => 3_000_000n
    expect((await compare()).differences).toEqual([
      { user: 'ann', service: 'voice_call', reported: 5_000_000n, counted: 3_000_000n },
    ])
  })

  test('leaves the present day alone', async () => {
    await record(5)
    ports.advance(MINUTE_MS)
    await send()
    ports.meters.total = async () => 0n
    expect((await compare()).differences).toEqual([])
  })
})

test('a meter value is a decimal in the unit of the service', () => {
  expect([0n, 1n, 1_000_000n, 1_500_000n, -250_000n, 123_456_789n].map(meterValue)).toEqual([
    '0',
    '0.000001',
    '1',
    '1.5',
    '-0.25',
    '123.456789',
  ])
})
