import { afterAll, expect, test } from 'bun:test'
import { drizzle } from 'drizzle-orm/bun-sqlite'
import { sqliteEventLog } from '../../src/adapters/sqlite/event-log.ts'
import type { EventFilter } from '../../src/domain/webhook-event.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

const store = openSqliteStore()
afterAll(() => store.client.close())

const ANY: EventFilter = { state: null, type: null, customerId: null, objectId: null }
let asked: { readonly query: string; readonly values: readonly unknown[] }
const logger = {
  logQuery(query: string, values: readonly unknown[]) {
    asked = { query, values }
  },
}
const log = sqliteEventLog(drizzle({ client: store.client, logger }), store.writer)

/** How SQLite goes about it, a line for each table or sort. */
async function planOf(filter: Partial<EventFilter>, cursor: string | null = null): Promise<string> {
  await log.list({ ...ANY, ...filter }, 20, cursor)
  const explained = store.client.query(`EXPLAIN QUERY PLAN ${asked.query}`)
  return (explained.all(...(asked.values as string[])) as { readonly detail: string }[])
    .map(({ detail }) => detail)
    .join('; ')
}

const through = (index: string) => `USING INDEX stripe_webhook_events_${index}`

test('a page of the inbox is read from an index, however many events there are', async () => {
  for (const cursor of [null, '1000']) {
    for (const [filter, index] of [
      [{ type: 'invoice.paid' }, 'type'],
      [{ type: 'invoice.paid', state: 'applied' }, 'type'],
      [{ state: 'ignored' }, 'ignored'],
      [{ customerId: 'cus_1' }, 'customer'],
      [{ customerId: 'cus_1', type: 'invoice.paid' }, 'customer'],
      [{ objectId: 'in_1', type: 'invoice.paid', state: 'applied' }, 'object'],
      [{ state: 'dead', type: 'invoice.paid' }, 'dead'],
      [{ state: 'parked', type: 'invoice.paid' }, 'parked'],
      [{ state: 'failed', type: 'invoice.paid' }, 'due'],
    ] as const)
      expect([filter, await planOf(filter, cursor)]).toEqual([filter, expect.stringContaining(through(index))])
  }
})

test('what may be much comes in the order of its index, and is not sorted for the first few', async () => {
  for (const filter of [{}, { state: 'applied' }, { type: 'invoice.paid' }, { state: 'ignored' }] as const)
    expect([filter, await planOf(filter)]).toEqual([filter, expect.not.stringContaining('B-TREE')])
})
