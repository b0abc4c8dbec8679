import { createPublicKey, type KeyObject } from 'node:crypto'
import { exactTextOf, type Report, textOf, type Variables } from './variables.ts'
import { isLoopback, webAddress } from './web-address.ts'

/** What the tokens of users and services are verified with. `kept`: a secret that is made once and kept in the data folder. */
export type JwtKey =
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'kept' }
  | { readonly kind: 'public-key'; readonly pem: string }
  | { readonly kind: 'jwks'; readonly url: string }

const SOURCES = ['JWT_SECRET', 'JWT_PUBLIC_KEY', 'JWT_JWKS_URL'] as const
/** RFC 7518, 3.2: a key of HS256 has at least the size of the hash. */
const LEAST_SECRET_BYTES = 32
const SECRET_CURE = 'Make one with "openssl rand -base64 48" and give the same to the app that signs the tokens.'

/** What tokens are verified with: exactly one source, and in development one that is made and kept where none is set. */
export function readJwtKey(variables: Variables, production: boolean, report: Report): JwtKey {
  const sources = SOURCES.filter((name) => textOf(variables, name) !== null)
  if (sources.length > 1)
    report(sources[1] ?? '', `stands beside ${sources[0]}, and tokens are verified with one key`, 'Leave one of them.')
  if (sources.length === 0 && production)
    report(
      'JWT_SECRET',
      'is missing, and nobody could be told from anybody else',
      `${SECRET_CURE} Or set JWT_PUBLIC_KEY or JWT_JWKS_URL.`,
    )
  const keys = [readSecret(variables, report), readPublicKey(variables, report), readJwksUrl(variables, report)]
  return keys.find((key) => key !== null) ?? { kind: 'kept' }
}

function readSecret(variables: Variables, report: Report): JwtKey | null {
  const secret = exactTextOf(variables, 'JWT_SECRET')
  if (secret === null) return null
  if (secret !== secret.trim())
    report(
      'JWT_SECRET',
      'begins or ends with a blank or a line break',
      'Remove it here and in the app: the key is taken to the byte.',
    )
  const bytes = new TextEncoder().encode(secret).length
  if (bytes < LEAST_SECRET_BYTES)
    report(
      'JWT_SECRET',
      `has ${bytes} bytes and can be guessed; at least ${LEAST_SECRET_BYTES} are needed`,
      SECRET_CURE,
    )
  return { kind: 'secret', secret }
}

function readPublicKey(variables: Variables, report: Report): JwtKey | null {
  // Many env files hold no line breaks and write \n instead.
  const pem = textOf(variables, 'JWT_PUBLIC_KEY')?.replaceAll('\\n', '\n') ?? null
  if (pem === null) return null
  const problem = publicKeyProblem(pem)
  const cure =
    'Give the key of an RSA pair (2048 bits or more), a P-256 or an Ed25519 pair as PEM: -----BEGIN PUBLIC KEY----- …, with \\n for line breaks.'
  if (problem !== null) report('JWT_PUBLIC_KEY', problem, cure)
  return { kind: 'public-key', pem }
}

function publicKeyProblem(pem: string): string | null {
  if (pem.includes('PRIVATE KEY')) return 'holds a private key, which belongs to the signer alone'
  if (!pem.startsWith('-----BEGIN PUBLIC KEY-----')) return 'is not a public key in PEM form'
  const key = publicKeyOf(pem)
  if (key === null) return 'looks like PEM but cannot be read as a public key'
  return fitsAnAlgorithm(key) ? null : 'is of a kind that neither RS256, ES256 nor EdDSA verifies with'
}

/** Null for what is no key: the library says so by throwing, and has no question to ask before. */
function publicKeyOf(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}

function fitsAnAlgorithm(key: KeyObject): boolean {
  const details = key.asymmetricKeyDetails
  if (key.asymmetricKeyType === 'rsa') return (details?.modulusLength ?? 0) >= 2048
  if (key.asymmetricKeyType === 'ec') return details?.namedCurve === 'prime256v1'
  return key.asymmetricKeyType === 'ed25519'
}

function readJwksUrl(variables: Variables, report: Report): JwtKey | null {
  const text = textOf(variables, 'JWT_JWKS_URL')
  if (text === null) return null
  const url = webAddress(text)
  if (url === null || (url.protocol === 'http:' && !isLoopback(url)))
    report(
      'JWT_JWKS_URL',
      'is not an https address',
      'Give the address of the key set, such as https://example.com/.well-known/jwks.json.',
    )
  return { kind: 'jwks', url: text }
}
