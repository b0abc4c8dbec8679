import { expect, test } from 'bun:test'
import { BillingError } from '../../src/domain/errors.ts'
import type { Ledger } from '../../src/ports/ledger.ts'
import type { RecordUsageRequest } from '../../src/usecases/record-usage.ts'
import { recordUsageBatch } from '../../src/usecases/record-usage-batch.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { brokenLedger } from '../support/memory-store.ts'

const sms: RecordUsageRequest = {
  user: 'ann',
  key: null,
  service: 'sms',
  amount: 1,
  unit: 'messages',
  resourceId: null,
  eventId: null,
  occurredAt: null,
  enforce: false,
}

test('a failed disk is the outcome of every record', async () => {
  const ports = { ...memoryPorts(), ledger: brokenLedger() }
  const outcomes = await recordUsageBatch(ports, [sms, sms])
  expect(outcomes.map((outcome) => outcome instanceof BillingError && outcome.code)).toEqual([
    'storage_unavailable',
    'storage_unavailable',
  ])
})

test('a fault of the program is not dressed up as an outcome', async () => {
  const ledger = { ...brokenLedger(), change: () => Promise.reject(new TypeError('a bug')) }
  await expect(recordUsageBatch({ ...memoryPorts(), ledger }, [sms])).rejects.toThrow('a bug')
})

test('all records are asked of the ledger in one stretch, so that they share its commit', async () => {
  const ports = memoryPorts()
  let asked = 0
  const ledger: Ledger = {
    ...ports.ledger,
    change: (user, needs, decide) => {
      asked += 1
      return ports.ledger.change(user, needs, decide)
    },
  }
  const requests = Array.from({ length: 500 }, (_, index) => ({ ...sms, user: `user_${index % 7}` }))
  const outcomes = recordUsageBatch({ ...ports, ledger }, requests)
  expect(asked).toBe(500)
  expect(await outcomes).toHaveLength(500)
})
