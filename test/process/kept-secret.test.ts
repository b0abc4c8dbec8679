import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keptSecret } from '../../src/adapters/process/kept-secret.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'secret-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

test('it is made once, for the owner alone, and is long enough', () => {
  const data = join(folder, 'once', 'data')
  const secret = keptSecret(data)
  expect(Buffer.from(secret, 'base64url')).toHaveLength(48)
  expect(keptSecret(data)).toBe(secret)
  expect(statSync(join(data, 'jwt-secret')).mode & 0o777).toBe(0o600)
  expect(readdirSync(data)).toEqual(['jwt-secret'])
})

test('different folders have different secrets', () => {
  expect(keptSecret(join(folder, 'a'))).not.toBe(keptSecret(join(folder, 'b')))
})

test('processes that start at once get the same one', async () => {
  const data = join(folder, 'race')
  const module = join(import.meta.dir, '..', '..', 'src', 'adapters', 'process', 'kept-secret.ts')
  const script = `import { keptSecret } from ${JSON.stringify(module)}; process.stdout.write(keptSecret(${JSON.stringify(data)}))`
  const children = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, '-e', script], { stdout: 'pipe' }))
  const secrets = await Promise.all(children.map((child) => new Response(child.stdout).text()))
  expect(new Set(secrets).size).toBe(1)
  expect(secrets[0]).toHaveLength(64)
})

test('half a secret is refused, with the cure', () => {
  writeFileSync(join(folder, 'jwt-secret'), 'short')
  expect(() => keptSecret(folder)).toThrow('Delete it')
})
