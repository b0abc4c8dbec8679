import { expect, test } from 'bun:test'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readConfig } from '../../src/config/config.ts'

function pem(key: KeyObject): string {
  return key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString()
}

function problemWith(key: string): string | null {
  const reading = readConfig({ JWT_PUBLIC_KEY: key })
  return reading.ok ? null : reading.problems.map(({ problem }) => problem).join()
}

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const edwards = generateKeyPairSync('ed25519')

test('public keys for RS256, ES256 and EdDSA are taken', () => {
  const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  for (const { publicKey } of [rsa, elliptic, edwards]) expect(problemWith(pem(publicKey))).toBeNull()
})

test('line breaks may be written as \\n, since an env file has one line a variable', () => {
  const key = pem(edwards.publicKey).trim()
  const reading = readConfig({ JWT_PUBLIC_KEY: key.replaceAll('\n', '\\n') })
  expect(reading).toMatchObject({ ok: true, config: { jwt: { kind: 'public-key', pem: key } } })
})

test('a private key is refused', () => {
  expect(problemWith(pem(rsa.privateKey))).toContain('private key')
})

test('a key that no allowed algorithm fits is refused', () => {
  expect(problemWith(pem(generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey))).toContain('neither RS256')
  expect(problemWith(pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey))).toContain('neither RS256')
})

test('what is no PEM, or only looks like it, is refused', () => {
  expect(problemWith('c2VjcmV0')).toContain('not a public key in PEM form')
  expect(problemWith('-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----')).toContain('cannot be read')
})
