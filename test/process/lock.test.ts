import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acquireLock } from '../../src/adapters/process/lock.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Another process that holds the lock, once it does. */
async function holder(databaseFile: string) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'lock-holder.ts'), databaseFile], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const { value } = await child.stdout.getReader().read()
  expect(new TextDecoder().decode(value)).toBe('held\n')
  return child
}

test('a second process is refused in words that name the file and the holder, until the first is killed', async () => {
  const databaseFile = join(folder, 'killed.db')
  const child = await holder(databaseFile)
  await Bun.sleep(150)
  const attempt = () => acquireLock(databaseFile)
  expect(attempt).toThrow(`killed.db is in use by another speech-billing (process ${child.pid})`)
  expect(attempt).toThrow('Stop that one first, or give this one another file in DATABASE_URL.')
  child.kill('SIGKILL')
  await child.exited
  const lock = acquireLock(databaseFile)
  lock.release()
})

test('of several processes that start at once exactly one gets the lock', async () => {
  const databaseFile = join(folder, 'race.db')
  const script = join(import.meta.dir, 'lock-holder.ts')
  const children = Array.from({ length: 4 }, () =>
    Bun.spawn([process.execPath, script, databaseFile], { stdout: 'pipe', stderr: 'pipe' }),
  )
  const outcomes = await Promise.all(
    children.map(async (child) => {
      const { value } = await child.stdout.getReader().read()
      return value === undefined ? new Response(child.stderr).text() : 'held'
    }),
  )
  for (const child of children) child.kill('SIGKILL')
  expect(outcomes.filter((outcome) => outcome === 'held')).toHaveLength(1)
  for (const outcome of outcomes.filter((text) => text !== 'held'))
    expect(outcome).toMatch(/is in use by another|are starting on/)
})

test('within one process it is taken once, and again after its release, which may be repeated', () => {
  const databaseFile = join(folder, 'same.db')
  const lock = acquireLock(databaseFile)
  expect(() => acquireLock(databaseFile)).toThrow('is in use by another')
  lock.release()
  lock.release()
  acquireLock(databaseFile).release()
})

test('the refusal of a second attempt leaves the lock where it was', async () => {
  const databaseFile = join(folder, 'kept.db')
  const lock = acquireLock(databaseFile)
  expect(() => acquireLock(databaseFile)).toThrow()
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'lock-holder.ts'), databaseFile], {
    stdout: 'pipe',
    stderr: 'pipe',
  })
  expect(await new Response(child.stderr).text()).toContain(`(process ${process.pid})`)
  lock.release()
})

test('a link to the database is the same database', () => {
  const databaseFile = join(folder, 'linked.db')
  writeFileSync(databaseFile, '')
  symlinkSync(databaseFile, join(folder, 'link.db'))
  const lock = acquireLock(databaseFile)
  expect(() => acquireLock(join(folder, 'link.db'))).toThrow('is in use by another')
  lock.release()
})

test('the folder of a new database is made', () => {
  acquireLock(join(folder, 'new', 'deep', 'x.db')).release()
  expect(existsSync(join(folder, 'new', 'deep'))).toBe(true)
})

test('a lock file that is something else is named', () => {
  writeFileSync(join(folder, 'odd.db.lock'), 'this is not a database, whatever its name may say\n'.repeat(20))
  expect(() => acquireLock(join(folder, 'odd.db'))).toThrow(/odd\.db\.lock cannot be used/)
})
