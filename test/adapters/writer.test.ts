import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { createWriter } from '../../src/adapters/sqlite/writer.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

function openCounted() {
  const client = new Database(':memory:', { strict: true })
  client.run('CREATE TABLE counted (id INTEGER PRIMARY KEY, value INTEGER NOT NULL CHECK (value < 1000)) STRICT')
  const fatal: string[] = []
  const writer = createWriter(client, (error) => fatal.push(error.code ?? ''))
  const insert = client.prepare('INSERT INTO counted VALUES (?, ?)')
  const put = (id: number, value: number) =>
    writer.submit({ decide: () => id, apply: () => void insert.run(id, value) })
  const stored = () =>
    client
      .query('SELECT id FROM counted ORDER BY id')
      .values()
      .map(([id]) => id)
  return { client, writer, put, stored, fatal }
}

/** Notes each commit that is run. */
function watch(client: Database, sql: string, commits: string[]) {
  const statement = client.prepare(sql)
  if (sql !== 'COMMIT') return statement
  return {
    run() {
      commits.push(sql)
      return statement.run()
    },
  }
}

describe('the writer', () => {
  test('serves 63 of a group of 64 when the store errs on one, and that one gets its own error', async () => {
    const { put, stored } = openCounted()
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, (_, id) => put(id, id === 40 ? 5_000 : id)))
    const failed = outcomes.flatMap((outcome, id) => (outcome.status === 'rejected' ? [[id, outcome.reason]] : []))
    expect(failed).toMatchObject([[40, { code: 'SQLITE_CONSTRAINT_CHECK' }]])
    expect(stored()).toHaveLength(63)
  })

  test('shares one commit among those who wait', async () => {
    const { client } = openCounted()
    const commits: string[] = []
    const watched = new Proxy(client, {
      get(target, name) {
        if (name === 'prepare') return (sql: string) => watch(target, sql, commits)
        const value = Reflect.get(target, name, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const writer = createWriter(watched, () => {})
    await Promise.all(Array.from({ length: 64 }, (_, id) => writer.submit({ decide: () => id, apply: () => {} })))
    expect(commits).toEqual(['COMMIT'])
    await writer.submit({ decide: () => 0, apply: () => {} })
    expect(commits).toEqual(['COMMIT', 'COMMIT'])
  })

  test('saves nothing of a refused decision, and refuses nobody else', async () => {
    const { writer, put, stored } = openCounted()
    const refused = writer.submit({
      decide: () => {
        throw new BillingError('limit_reached', 'no')
      },
      apply: () => {
        throw new Error('must not be reached')
      },
    })
    const outcomes = await Promise.allSettled([put(1, 1), refused, put(2, 2)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(stored()).toEqual([1, 2])
  })

  test('undoes what an apply had written before it failed, and goes on', async () => {
    const { client, writer, put, stored } = openCounted()
    const half = writer.submit({
      decide: () => null,
      apply: () => {
        client.run('INSERT INTO counted VALUES (7, 7)')
        throw new Error('a bug')
      },
    })
    const outcomes = await Promise.allSettled([put(1, 1), half, put(2, 2)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(stored()).toEqual([1, 2])
    await put(3, 3)
    expect(stored()).toEqual([1, 2, 3])
  })

  test('answers 503 while another process holds the database, and recovers by itself', async () => {
    const file = `${import.meta.dir}/../../node_modules/.writer-test-${crypto.randomUUID()}.db`
    const store = openSqliteStore(file)
    store.client.run('PRAGMA busy_timeout=10')
    const other = new Database(file)
    other.run('BEGIN IMMEDIATE')
    const link = () =>
      store.ledger.change('ann', {}, () => ({
        changes: [{ type: 'customer-linked', customerId: 'cus_1', at: 1 }],
        result: 'linked',
      }))
    expect(await link().catch((error: unknown) => error)).toMatchObject({
      code: 'storage_unavailable',
      retryAfterSeconds: 5,
    })
    other.run('ROLLBACK')
    expect(await link()).toBe('linked')
    other.close()
    store.client.close()
    for (const part of ['', '-wal', '-shm'])
      await Bun.file(file + part)
        .delete()
        .catch(() => {})
  })
})

describe('the database', () => {
  test('keeps every table strict', () => {
    const { client } = openSqliteStore()
    const loose =
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0 AND name NOT LIKE 'sqlite_%' AND name <> '__drizzle_migrations'"
    expect(client.query(loose).values()).toEqual([])
  })

  test('refuses a float, a text and a null where a quantity belongs', () => {
    const { client } = openSqliteStore()
    const insert = (value: string) => () => client.run(`INSERT INTO meter_carries VALUES ('ann', 'sms', ${value})`)
    for (const value of ['1.5', "'x'", 'NULL']) expect(insert(value)).toThrow()
  })
})
