import { expect, test } from 'bun:test'
import { sqliteLedger } from '../../src/adapters/sqlite/ledger.ts'
import type { Change } from '../../src/domain/account.ts'
import type { UsageRecord } from '../../src/domain/usage.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const NOON = Date.UTC(2026, 5, 10, 12)
const needs = { totals: { services: ['voice_call'], months: ['2026-06'] } } as const

function recorded(id: string, quantity: bigint): Change {
  const record: UsageRecord = {
    id,
    service: 'voice_call',
    quantity,
    rated: quantity,
    corrects: null,
    unit: 'minutes',
    identity: null,
    resourceId: null,
    occurredAt: NOON,
    recordedAt: NOON,
    subscriptionId: null,
    planName: null,
    allowanceStart: null,
    rate: '5',
    granted: 0n,
    overage: 0n,
    billable: 0n,
  }
  return { type: 'usage-recorded', record }
}

test('what a failed group had written is not remembered', async () => {
  const store = openSqliteStore()
  const save = (...changes: readonly Change[]) => store.ledger.change('ann', needs, () => ({ changes, result: null }))
  await save(recorded('usage_1', 1n))
  const outcomes = await Promise.allSettled([
    save(recorded('usage_2', 2n)),
    save(recorded('usage_3', 4n), recorded('usage_1', 8n)),
  ])
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  const remembered = (await store.ledger.account('ann', needs)).totals
  expect(remembered.map(({ quantity }) => quantity)).toEqual([3n])
  const fresh = sqliteLedger(store.database, store.writer)
  expect((await fresh.account('ann', needs)).totals).toEqual([...remembered])
})

test('what is remembered is what a fresh look at the disk would find, after every kind of change', async () => {
  const store = openSqliteStore()
  const grant = {
    id: 'grant_1',
    service: 'voice_call',
    amount: 10n,
    remaining: 10n,
    grantedAt: NOON,
    expiresAt: null,
    reason: 'goodwill',
    paymentId: null,
    takenBack: 0n,
  } as const
  const steps: readonly Change[] = [
    recorded('usage_1', 1n),
    { type: 'customer-linked', customerId: 'cus_1', at: NOON },
    { type: 'grant-given', grant },
    recorded('usage_2', 2n),
    { type: 'grant-drawn', draw: { grantId: 'grant_1', quantity: 4n } },
    { type: 'grant-drawn', draw: { grantId: 'grant_1', quantity: 6n } },
    recorded('usage_3', 3n),
  ]
  for (const change of steps) {
    await store.ledger.account('ann', needs)
    await store.ledger.change('ann', needs, () => ({ changes: [change], result: null }))
    const fresh = sqliteLedger(store.database, store.writer)
    expect(await store.ledger.account('ann', needs)).toEqual(await fresh.account('ann', needs))
  }
})
