import { describe, expect, test } from 'bun:test'
import type { Change, UserId } from '../../src/domain/account.ts'
import type { DriftReport } from '../../src/domain/drift.ts'
import type { Payment } from '../../src/domain/payment.ts'
import type { Ledger } from '../../src/ports/ledger.ts'
import type { Mirror } from '../../src/ports/mirror.ts'
import type { Outbox } from '../../src/ports/outbox.ts'
import type { Records } from '../../src/ports/records.ts'
import { memoryStore } from '../support/memory-store.ts'
import { PAID_INVOICE } from '../support/sample-account.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

interface Store {
  readonly ledger: Ledger
  readonly mirror: Mirror
  readonly records: Records
  readonly outbox: Outbox
}

const REPORT: DriftReport = {
  startedAt: 1,
  finishedAt: 2,
  repair: false,
  compared: { customers: 1, subscriptions: 0, invoices: 0, payments: 0, refunds: 0, disputes: 0, meters: 0 },
  foreign: { customers: 0, subscriptions: 0, invoices: 0, payments: 0, named: [] },
  total: 0,
  left: 0,
  byKind: {},
  drift: [],
  differences: [],
}

const entered = (payment: Payment): Change => ({ type: 'payment-observed', payment })

/** Our side of a comparison, whatever it is kept in. */
function mirrorContract(name: string, open: () => Store): void {
  const save = (store: Store, user: UserId, ...changes: readonly Change[]) =>
    store.ledger.change(user, {}, () => ({ changes, result: undefined }))
  const linked = (customerId: string): Change => ({ type: 'customer-linked', customerId, at: 1 })

  describe(`the mirror in ${name}`, () => {
    test('pages through who is whose', async () => {
      const store = open()
      for (const user of ['eve', 'ann', 'bob']) await save(store, user, linked(`cus_${user}`))
      const first = await store.mirror.customers(2, null)
      expect(first.items.map(({ user }) => user)).toEqual(['ann', 'bob'])
      const second = await store.mirror.customers(2, first.nextCursor)
      expect(second).toEqual({ items: [{ user: 'eve', customerId: 'cus_eve' }], nextCursor: null })
    })

    test('a deleted customer remains the user’s, and makes room for another', async () => {
      const store = open()
      await save(store, 'ann', linked('cus_1'))
      await save(store, 'ann', { type: 'customer-deleted', customerId: 'cus_1', at: 2 })
      expect((await store.ledger.account('ann', {})).customerId).toBeNull()
      await save(store, 'ann', linked('cus_2'))
      expect((await store.ledger.account('ann', {})).customerId).toBe('cus_2')
      expect(await store.records.userOfCustomer('cus_1')).toBe('ann')
      expect((await store.mirror.customers(10, null)).items).toEqual([{ user: 'ann', customerId: 'cus_2' }])
    })

    test('counts the entries of a customer, without those that were called off', async () => {
      const store = open()
      await save(store, 'ann', linked('cus_1'))
      const entries = [
        { id: 'in_1' },
        { id: 'in_2', status: 'void' },
        { id: 'pi_1', kind: 'payment', status: 'failed' },
        { id: 're_1', kind: 'refund', status: 'canceled' },
        { id: 'in_3', customerId: 'cus_earlier' },
      ] as const
      await save(store, 'ann', ...entries.map((entry) => entered({ ...PAID_INVOICE, ...entry })))
      await save(store, 'bob', entered({ ...PAID_INVOICE, id: 'in_4' }))
      expect(await store.mirror.entryCount('ann', 'cus_1')).toBe(2)
      expect(await store.mirror.entryCount('eve', 'cus_1')).toBe(0)
    })

    test('remembers how far it has caught up, and the last report', async () => {
      const { mirror } = open()
      expect([await mirror.caughtUpTo(), await mirror.driftReport()]).toEqual([null, null])
      await mirror.noteCaughtUp(5)
      await mirror.noteCaughtUp(7)
      await mirror.noteDriftReport(REPORT)
      expect(await mirror.caughtUpTo()).toBe(7)
      expect(await mirror.driftReport()).toEqual(REPORT)
    })
  })
}

mirrorContract('memory', memoryStore)
mirrorContract('SQLite', openSqliteStore)
