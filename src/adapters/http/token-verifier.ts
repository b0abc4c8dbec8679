import { createPublicKey, type KeyObject } from 'node:crypto'
import { jwt } from '@elysiajs/jwt'
import { Elysia } from 'elysia'
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose'

/** How the app's tokens are checked. Each kind of key has its one algorithm, whatever a token's header says. */
export type JwtSettings = (
  | { readonly kind: 'secret'; readonly secret: string }
  | { readonly kind: 'public-key'; readonly pem: string }
  | { readonly kind: 'jwks'; readonly url: string }
) & { readonly issuer: string | null; readonly audience: string | null }

export type Claims = Readonly<Record<string, unknown>>

/** The claims of a token, or null when it is not to be believed. */
export type VerifyToken = (token: string) => Promise<Claims | null>

/** The `cause` of the error that is thrown when the keys cannot be fetched: then nobody can say whether a token is good. */
export const TOKEN_KEYS_UNAVAILABLE = Symbol('token keys unavailable')

const CLOCK_SKEW_SECONDS = 30
const JWKS_TIMEOUT_MS = 3_000
const JWKS_COOLDOWN_MS = 30_000
const JWKS_AGE_MS = 600_000

/** Throws when the key itself is unusable: a public key of a kind that has no algorithm here. */
export function createTokenVerifier(settings: JwtSettings, wall: () => number): VerifyToken {
  const options = (algorithms: string[]): JWTVerifyOptions => ({
    algorithms,
    clockTolerance: CLOCK_SKEW_SECONDS,
    currentDate: new Date(wall()),
    requiredClaims: ['exp', 'sub'],
    ...(settings.issuer === null ? {} : { issuer: settings.issuer }),
    ...(settings.audience === null ? {} : { audience: settings.audience }),
  })
  if (settings.kind === 'secret') return verifyBySecret(settings.secret, options)
  if (settings.kind === 'public-key') return verifyByPublicKey(createPublicKey(settings.pem), options)
  return verifyByKeySet(new URL(settings.url), options)
}

type OptionsFor = (algorithms: string[]) => JWTVerifyOptions

function verifyBySecret(secret: string, optionsFor: OptionsFor): VerifyToken {
  const { verify } = new Elysia().use(jwt({ name: 'jwt', secret, alg: 'HS256' })).decorator.jwt
  return async (token) => (await verify(token, optionsFor(['HS256']))) || null
}

function verifyByPublicKey(key: KeyObject, optionsFor: OptionsFor): VerifyToken {
  const algorithm = algorithmOf(key)
  return (token) =>
    jwtVerify(token, key, optionsFor([algorithm])).then(
      ({ payload }) => payload,
      () => null,
    )
}

function algorithmOf(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  if (type === 'rsa') return 'RS256'
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256'
  if (type === 'ed25519') return 'EdDSA'
  throw new Error('A public key for tokens must be RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).')
}

/** A key of a set serves the algorithm of its own type only; jose looks for one that fits the header in both. */
function verifyByKeySet(url: URL, optionsFor: OptionsFor): VerifyToken {
  const keys: JWTVerifyGetKey = createRemoteJWKSet(url, {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_AGE_MS,
  })
  return (token) =>
    jwtVerify(token, keys, optionsFor(['RS256', 'ES256', 'EdDSA'])).then(({ payload }) => payload, refusedOrUnavailable)
}

/** What jose throws about a token has a class of its own; anything else came from fetching the keys. */
function refusedOrUnavailable(error: unknown): null {
  const isAboutKeys =
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === 'ERR_JOSE_GENERIC'
  if (!isAboutKeys) return null
  throw new Error('The keys that tokens are checked with cannot be fetched at the moment. Try again shortly.', {
    cause: TOKEN_KEYS_UNAVAILABLE,
  })
}
