import { Database } from 'bun:sqlite'
import { afterEach, describe, expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { checkpoints } from '../../src/adapters/sqlite/checkpoints.ts'
import { openDatabase } from '../../src/adapters/sqlite/database.ts'

const folder = join(import.meta.dir, `../../node_modules/.checkpoints-test-${process.pid}`)
const MOST_PAGES = 20
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A database with a table, and how to add a row of about a page to it. `look` is what a writer does after each commit. */
function open(name: string, copied = `${name}.db`) {
  const file = join(folder, `${name}.db`)
  const { $client: client } = openDatabase(file)
  client.run('CREATE TABLE texts (text TEXT)')
  const copies = checkpoints(client, join(folder, copied), { mostPages: MOST_PAGES, lookEveryMs: 0 })
  const write = client.prepare('INSERT INTO texts VALUES (?)')
  const state = () => client.query('PRAGMA wal_checkpoint(NOOP)').values()[0]?.map(Number) ?? []
  return {
    file,
    client,
    copies,
    wal: () => ({ pages: state()[1] ?? 0, copied: state()[2] ?? 0 }),
    async commit() {
      write.run('x'.repeat(3_000))
      await copies.afterCommit()
      // The thread answers between two turns of the event loop.
      await new Promise(setImmediate)
    },
  }
}

async function commitUntil(isSo: () => boolean, commit: () => Promise<void>): Promise<number> {
  for (let commits = 1; commits < 100_000; commits++) {
    await commit()
    if (isSo()) return commits
  }
  throw new Error('It has not come to that.')
}

describe('checkpoints', () => {
  test('are made in a thread once the WAL is long, so that it begins anew', async () => {
    const { client, copies, wal, commit } = open('anew')
    await commitUntil(() => wal().pages >= MOST_PAGES, commit)
    const longest = wal().pages
    await commitUntil(() => wal().pages < longest, commit)
    expect(wal().pages).toBeLessThan(MOST_PAGES)
    await copies.close()
    client.close()
  })

  test('leave what a reader still needs, and are not tried again before as much has been added', async () => {
    const { file, client, copies, wal, commit } = open('reader')
    const reader = new Database(file, { readonly: true })
    reader.run('BEGIN')
    const rows = () => reader.query('SELECT count(*) FROM texts').values()[0]?.[0]
    const before = rows()
    await commitUntil(() => wal().pages > 3 * MOST_PAGES, commit)
    expect(rows()).toBe(before)
    reader.run('COMMIT')
    reader.close()
    const longest = wal().pages
    await commitUntil(() => wal().pages < longest, commit)
    await copies.close()
    client.close()
  })

  test('do not outlive the store: closing waits for the thread, and whoever opens the file finds every row', async () => {
    const { file, client, copies, commit } = open('closed')
    for (let commits = 0; commits < 2 * MOST_PAGES; commits++) await commit()
    await copies.close()
    client.close()
    const reopened = new Database(file, { readonly: true })
    expect(reopened.query('SELECT count(*) FROM texts').values()).toEqual([[2 * MOST_PAGES]])
    reopened.close()
  })

  test('that fail on a disk that cannot be trusted are told to whoever commits next', async () => {
    await Bun.write(join(folder, 'other.db'), 'x'.repeat(100_000))
    const { client, copies, commit } = open('spoilt', 'other.db')
    const failure = await commitUntil(() => false, commit).catch((error: unknown) => error)
    expect(String(failure)).toContain('not a database')
    await copies.close()
    client.close()
  })
})
