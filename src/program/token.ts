import type { TokenWish } from '../adapters/cli/program.ts'
import { signToken } from '../adapters/http/sign-token.ts'
import { keptSecret } from '../adapters/process/kept-secret.ts'
import type { Config } from '../config/config.ts'

/** Signs a token. Throws in words where only a public key is configured. */
export async function tokenFor(config: Config, wish: TokenWish): Promise<string> {
  const { jwt, jwtIssuer: issuer, jwtAudience: audience } = config
  if (jwt.kind === 'public-key' || jwt.kind === 'jwks')
    throw new Error(
      'Tokens are signed elsewhere: only a public key is configured here. Ask whoever holds the private one.',
    )
  const secret = jwt.kind === 'kept' ? keptSecret(config.dataFolder) : jwt.secret
  return signToken(secret, { ...wish, issuer, audience }, Date.now())
}
