import type { Config } from '../config/config.ts'
import { type Finding, ok, problem, warning } from '../domain/finding.ts'

/** Whether tokens can be verified, and meant for this program. */
export async function tokenFindings({ jwt, jwtIssuer, jwtAudience }: Config): Promise<readonly Finding[]> {
  switch (jwt.kind) {
    case 'kept':
      return [ok('tokens', 'Verified with a secret that is made and kept in the data folder (HS256).')]
    case 'secret':
      return [ok('tokens', 'Verified with JWT_SECRET (HS256).')]
    case 'public-key':
      return [ok('tokens', 'Verified with JWT_PUBLIC_KEY.'), ...claimFindings(jwtIssuer, jwtAudience)]
    case 'jwks':
      return [await keySetFinding(jwt.url), ...claimFindings(jwtIssuer, jwtAudience)]
  }
}

/** A signer usually signs for several programs, and then only these claims tell for which. */
export function claimFindings(issuer: string | null, audience: string | null): readonly Finding[] {
  if (issuer !== null || audience !== null) return []
  const detail =
    'Neither JWT_ISSUER nor JWT_AUDIENCE is set: any token of this signer is taken, also those for other programs.'
  return [warning('token claims', detail, 'Set them to what the claims "iss" and "aud" of your tokens hold.')]
}

const PATIENCE_MS = 5_000

async function keySetFinding(url: string): Promise<Finding> {
  const cure = 'Check JWT_JWKS_URL and the way there; without the keys every call is refused.'
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const body: unknown = await response.json()
    const keys =
      typeof body === 'object' && body !== null && 'keys' in body && Array.isArray(body.keys) ? body.keys : []
    if (response.ok && keys.length > 0) return ok('tokens', `Verified with the ${keys.length} keys of ${url}.`)
    return problem('tokens', `${url} answers ${response.status} and ${keys.length} keys.`, cure)
  } catch (error) {
    return problem('tokens', `${url} cannot be asked: ${error instanceof Error ? error.message : String(error)}`, cure)
  }
}
