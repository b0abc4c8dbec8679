import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { createBilling } from '../../src/billing.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { HOUR_MS } from '../../src/domain/period.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const SERVICES = ['voice_call', 'transcription', 'sms', 'custom_scenario', 'api_call'] as const
const UNITS = {
  voice_call: 'minutes',
  transcription: 'minutes',
  sms: 'messages',
  custom_scenario: 'scenarios',
  api_call: 'calls',
} as const

const step = fc.oneof(
  fc.record({
    do: fc.constant('record' as const),
    service: fc.constantFrom(...SERVICES),
    amount: fc.double({ min: 0.000001, max: 400, noNaN: true }),
    event: fc.integer({ min: 1, max: 30 }),
    ago: fc.integer({ min: 0, max: 34 * 24 }),
    enforce: fc.boolean(),
  }),
  fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    do: fc.constant('subscribe' as const),
    plan: fc.constantFrom('basic_monthly', 'pro_monthly', 'enterprise_monthly', 'usage_based'),
  }),
  fc.record({ do: fc.constant('cancel' as const) }),
)

/*
 * The oracle shares nothing with the product but the records' rows: it adds them up from zero, month by month from the
 * time of occurrence, and by the subscription's months as Temporal counts them.
 */
test('totals are what the records add up to, through plans, periods, late usage and replays', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const store = openSqliteStore()
      const memory = memoryPorts()
      const ports = { ...memory, ...store }
      const billing = createBilling(ports)
      const user = { user: 'ann', person: { email: null, name: null }, key: null }
      for (const action of steps) {
        if (action.do === 'wait') memory.advance(action.hours * HOUR_MS)
        const work =
          action.do === 'subscribe'
            ? billing.subscribe({ ...user, planName: action.plan, priceId: null, paymentMethodId: 'pm_card_visa' })
            : action.do === 'cancel'
              ? billing.cancelSubscription({ ...user, atPeriodEnd: false, reason: null, feedback: null })
              : action.do === 'record'
                ? billing.recordUsage({
                    ...user,
                    service: action.service,
                    amount: action.amount,
                    unit: UNITS[action.service],
                    resourceId: null,
                    eventId: `event-${action.event}`,
                    occurredAt: memory.clock.now() - action.ago * HOUR_MS,
                    enforce: action.enforce,
                  })
                : Promise.resolve()
        await work.catch((error: Error) => expect(error).toHaveProperty('code'))
      }
      check(store.client)
      store.client.close()
    }),
    { numRuns: 150 },
  )
}, 120_000)

type Row = Record<string, bigint | string | null>

function check(client: ReturnType<typeof openSqliteStore>['client']): void {
  const records = client.query<Row, []>('SELECT * FROM usage_records').all()
  for (const [table, bucket] of [
    ['usage_totals', 7],
    ['usage_days', 10],
  ] as const) {
    const expected = new Map<string, string>()
    for (const record of records) {
      const when = new Date(Number(record.occurred_at)).toISOString().slice(0, bucket)
      const key = [when, record.service_type, record.allowance_start ?? 0n, record.rate].join()
      const sums = (expected.get(key) ?? '0,0,0,0,0').split(',').map(BigInt)
      const parts = ['quantity', 'rated', 'granted', 'overage', 'billable'].map((name) => BigInt(record[name] ?? 0n))
      expected.set(key, parts.map((part, index) => part + (sums[index] ?? 0n)).join())
    }
    const found = client.query<Row, []>(`SELECT * FROM ${table}`).all()
    const seen = new Map(
      found.map((row) => [
        [row.month ?? row.day, row.service_type, row.allowance_start, row.rate].join(),
        [row.quantity, row.rated, row.granted, row.overage, row.billable].join(),
      ]),
    )
    expect(new Map([...seen].sort())).toEqual(new Map([...expected].sort()))
  }
  for (const record of records) checkPeriod(client, record)
  checkOverage(records)
  checkReports(client, records)
}

/** The allowance period of a record is a whole number of months after its subscription's anchor, and holds it. */
function checkPeriod(client: ReturnType<typeof openSqliteStore>['client'], record: Row): void {
  if (record.allowance_start === null) return
  const [anchor] =
    client.query('SELECT anchor FROM user_subscriptions WHERE id = ?').values(String(record.subscription_id))[0] ?? []
  const from = Temporal.Instant.fromEpochMilliseconds(Number(anchor)).toZonedDateTimeISO('UTC')
  const months = Array.from({ length: 30 }, (_, index) => from.add({ months: index - 3 }).epochMilliseconds)
  const index = months.indexOf(Number(record.allowance_start))
  expect(index).toBeGreaterThanOrEqual(0)
  expect(Number(record.occurred_at)).toBeGreaterThanOrEqual(months[index] ?? 0)
  expect(Number(record.occurred_at)).toBeLessThan(months[index + 1] ?? 0)
}

/** In each allowance period the overage is what lies over the plan's allowance, whatever the order of arrival was. */
function checkOverage(records: readonly Row[]): void {
  const periods = Map.groupBy(
    records,
    (record) => `${record.service_type} ${record.subscription_id} ${record.allowance_start}`,
  )
  for (const period of periods.values()) {
    const [first] = period
    const plan = BUILT_IN_PLANS.plans.find(({ name }) => name === first?.plan_name)
    const service = SERVICES.find((name) => name === first?.service_type)
    const included = plan && service ? plan.services[service].included : 0n
    const rated = period.reduce((sum, { rated }) => sum + BigInt(rated ?? 0n), 0n)
    const overage = period.reduce((sum, { overage }) => sum + BigInt(overage ?? 0n), 0n)
    const over = included === null || rated < included ? 0n : rated - included
    expect(overage).toBe(over)
  }
}

/** What is billable stands in the reports, no more and no less. */
function checkReports(client: ReturnType<typeof openSqliteStore>['client'], records: readonly Row[]): void {
  const billable = records.reduce((sum, record) => sum + BigInt(record.billable ?? 0n), 0n)
  const [reported] = client.query('SELECT coalesce(sum(quantity), 0) FROM meter_reports').values()[0] ?? []
  expect(reported).toBe(billable)
}
