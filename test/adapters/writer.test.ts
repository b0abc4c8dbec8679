import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { openStore } from '../../src/adapters/sqlite/store.ts'
import { createWriter, type Sync } from '../../src/adapters/sqlite/writer.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { openSqliteStore } from '../support/sqlite-store.ts'

function openCounted(sync?: Sync) {
  const client = new Database(':memory:', { strict: true })
  client.run('CREATE TABLE counted (id INTEGER PRIMARY KEY, value INTEGER NOT NULL CHECK (value < 1000)) STRICT')
  const fatal: unknown[] = []
  const writer = createWriter(client, (error) => fatal.push(error), sync)
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

/** A disk that has done its work when the test says so. */
function slowDisk() {
  const waiting: { succeed(): void; fail(error: Error): void }[] = []
  const sync = () => new Promise<void>((resolve, reject) => void waiting.push({ succeed: resolve, fail: reject }))
  return { sync, waiting }
}

/** Lets everything happen that needs no disk. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
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

describe('a disk that takes its time', () => {
  test('keeps everybody waiting whose work it does not have yet, refusals too', async () => {
    const { sync, waiting } = slowDisk()
    const { writer, put, stored } = openCounted(sync)
    const told: string[] = []
    const refused = writer.submit({
      decide: () => {
        throw new BillingError('limit_reached', 'no')
      },
      apply: () => {},
    })
    const all = [put(1, 1).then(() => told.push('taken')), refused.catch(() => told.push('refused'))]
    await settle()
    expect([stored(), told]).toEqual([[1], []])
    waiting[0]?.succeed()
    await Promise.all(all)
    expect(told.sort()).toEqual(['refused', 'taken'])
  })

  test('has nobody told what another wrote before that is on disk', async () => {
    const { sync, waiting } = slowDisk()
    const { writer, put, stored } = openCounted(sync)
    const first = put(1, 1)
    await settle()
    const told: unknown[] = []
    const repeated = writer.submit({ decide: stored, apply: () => {} }).then((seen) => told.push(seen))
    const read = writer.onDisk().then(() => told.push('read'))
    await settle()
    expect(told).toEqual([])
    waiting[0]?.succeed()
    await first
    await settle()
    expect(told).toEqual(['read'])
    waiting[1]?.succeed()
    await Promise.all([repeated, read])
    expect(told).toEqual(['read', [1]])
  })

  test('collects those who come meanwhile into one group', async () => {
    const { sync, waiting } = slowDisk()
    const { put, stored } = openCounted(sync)
    const all = [put(1, 1)]
    await settle()
    for (let id = 2; id <= 50; id++) all.push(put(id, id))
    await settle()
    expect(stored()).toEqual([1])
    waiting[0]?.succeed()
    await settle()
    expect([stored().length, waiting.length]).toEqual([50, 2])
    waiting[1]?.succeed()
    await Promise.all(all)
  })

  test('is waited for also by those of a failed group who were run alone', async () => {
    const { sync, waiting } = slowDisk()
    const { put } = openCounted(sync)
    const told: number[] = []
    const good = [put(1, 1), put(3, 3)].map((work, index) => work.then(() => told.push(index)))
    const bad = put(2, 5_000)
    expect(await bad.catch((error: unknown) => error)).toMatchObject({ code: 'SQLITE_CONSTRAINT_CHECK' })
    await settle()
    expect([told, waiting.length]).toEqual([[], 1])
    waiting[0]?.succeed()
    await Promise.all(good)
  })

  test('is asked once only when it fails: who waits is refused, and so is everybody after', async () => {
    const { sync, waiting } = slowDisk()
    const { writer, put, stored, fatal } = openCounted(sync)
    const refusalOf = (work: Promise<unknown>) => work.catch((error: unknown) => error)
    const first = refusalOf(put(1, 1))
    await settle()
    const second = refusalOf(put(2, 2))
    waiting[0]?.fail(new Error('EIO'))
    const refused = { code: 'storage_unavailable', retryAfterSeconds: 5 }
    expect(await first).toMatchObject(refused)
    expect(await second).toMatchObject(refused)
    expect(await refusalOf(put(3, 3))).toMatchObject(refused)
    expect(await refusalOf(writer.onDisk())).toMatchObject(refused)
    expect([fatal, writer.isTrusted(), waiting.length]).toEqual([[new Error('EIO')], false, 1])
    expect(stored()).toEqual([1])
  })
})

describe('the database', () => {
  test('is opened to sync every commit, and syncs checkpoints only once the store does that itself', async () => {
    const folder = `${import.meta.dir}/../../node_modules/.store-test-${crypto.randomUUID()}`
    const synchronous = (client: Database) => Number(client.query('PRAGMA synchronous').values()[0]?.[0])
    expect(synchronous(openSqliteStore().client)).toBe(2)
    const store = openStore(`${folder}/billing.db`, () => {})
    const linked = store.ports.ledger.change('ann', {}, () => ({
      changes: [{ type: 'customer-linked', customerId: 'cus_1', at: 1 }],
      result: 'linked',
    }))
    expect(await linked).toBe('linked')
    await store.close()
    const reopened = openSqliteStore(`${folder}/billing.db`)
    expect(await reopened.ledger.account('ann', {})).toMatchObject({ customerId: 'cus_1' })
    reopened.client.close()
    rmSync(folder, { recursive: true })
  })

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
