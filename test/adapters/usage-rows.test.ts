import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type { Change, Needs } from '../../src/domain/account.ts'
import { reportOf } from '../../src/domain/metering.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { UsageRecord } from '../../src/domain/usage.ts'
import { type SqliteStore, sqliteStoreMaker } from '../support/sqlite-store.ts'

const openStore = sqliteStoreMaker()
const NOON = Date.UTC(2026, 5, 30, 12)

const use = fc.record({
  user: fc.constantFrom('ann', 'ben'),
  service: fc.constantFrom('voice_call' as const, 'sms' as const),
  daysLater: fc.integer({ min: 0, max: 2 }),
  secondsLater: fc.integer({ min: 0, max: 90 }),
  rate: fc.constantFrom('5', '0.79'),
  quantity: fc.bigInt({ min: 1n, max: 1_000_000n }),
  needs: fc.constantFrom<Needs>(
    {},
    { totals: { services: ['voice_call', 'sms'], months: ['2026-06', '2026-07'] } },
    { days: { from: '2026-06-30', to: '2026-07-02' } },
    { report: 'report_0' },
  ),
  /** Whether it is sent twice under one id. */
  isBroken: fc.boolean(),
})
type Use = typeof use extends fc.Arbitrary<infer T> ? T : never

function changesOf({ service, daysLater, secondsLater, rate, quantity }: Use, number: number): readonly Change[] {
  const occurredAt = NOON + daysLater * DAY_MS + secondsLater * 1_000
  const record: UsageRecord = {
    id: `usage_${String(number).padStart(3, '0')}`,
    service,
    quantity,
    rated: quantity,
    corrects: null,
    unit: service === 'sms' ? 'messages' : 'seconds',
    identity: null,
    resourceId: null,
    occurredAt,
    recordedAt: occurredAt,
    subscriptionId: 'sub_1',
    planName: 'usage_based',
    allowanceStart: NOON,
    rate,
    granted: 0n,
    overage: quantity,
    billable: quantity,
  }
  const report = reportOf(record, `report_${number}`)
  return [{ type: 'usage-recorded', record }, ...(report ? [{ type: 'report-added', report } as const] : [])]
}

function save(store: SqliteStore, used: Use, number: number): Promise<unknown> {
  return store.ledger.change(used.user, used.needs, (account) => ({
    changes: changesOf(used, number),
    // What was decided from is part of the outcome: it must be the same in a group.
    result: [account.totals, account.days, account.report],
  }))
}

function rowsOf({ client }: SqliteStore): unknown {
  return ['usage_records', 'usage_totals', 'usage_days', 'meter_reports'].map((table) =>
    client.query(`SELECT * FROM ${table} ORDER BY 1, 2, 3, 4, 5`).values(),
  )
}

test('what is recorded in one commit leaves the same rows as one after the other, and is decided the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(use, { minLength: 1, maxLength: 30 }), async (uses) => {
      const [together, apart] = [openStore(), openStore()]
      const outcomes = await Promise.all(uses.map((used, number) => save(together, used, number)))
      const expected: unknown[] = []
      for (const [number, used] of uses.entries()) expected.push(await save(apart, used, number))
      expect(outcomes).toEqual(expected)
      expect(rowsOf(together)).toEqual(rowsOf(apart))
      for (const store of [together, apart]) store.client.close()
    }),
    { numRuns: 40 },
  )
}, 120_000)

test('a group in which one fails leaves the sums of all others', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(use, { minLength: 2, maxLength: 12 }), async (uses) => {
      const [together, apart] = [openStore(), openStore()]
      // The same id once more breaks the table's rule.
      const all = [...uses.entries(), ...uses.entries().filter(([, { isBroken }]) => isBroken)]
      const outcomes = await Promise.allSettled(all.map(([number, used]) => save(together, used, number)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(uses.length)
      for (const [number, used] of uses.entries()) await save(apart, used, number)
      expect(rowsOf(together)).toEqual(rowsOf(apart))
      for (const store of [together, apart]) store.client.close()
    }),
    { numRuns: 30 },
  )
}, 120_000)
