import { SignJWT } from 'jose'

export interface TokenClaims {
  readonly user: string
  /** Scopes separated by blanks; null for a user's own token. */
  readonly scope: string | null
  readonly ttlSeconds: number
  readonly issuer: string | null
  readonly audience: string | null
}

/** Signs a token as the app would: for development, for examples and for operators. `wall` is in milliseconds. */
export function signToken(secret: string, claims: TokenClaims, wall: number): Promise<string> {
  const issuedAt = Math.floor(wall / 1_000)
  const token = new SignJWT(claims.scope === null ? {} : { scope: claims.scope })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claims.user)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + claims.ttlSeconds)
  if (claims.issuer !== null) token.setIssuer(claims.issuer)
  if (claims.audience !== null) token.setAudience(claims.audience)
  return token.sign(new TextEncoder().encode(secret))
}
