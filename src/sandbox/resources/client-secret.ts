import { ignored, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'

/** What a browser sends with a publishable key: the key itself is checked at the door. */
export const clientSecret = { client_secret: text, key: ignored }

/** With a client secret, the intent must be the one the secret belongs to. */
export function requireSecret<T extends { readonly client_secret: string | null }>(
  intent: T,
  sent: { readonly client_secret?: string | undefined },
): T {
  if (sent.client_secret === undefined || sent.client_secret === intent.client_secret) return intent
  throw invalid('The client_secret provided does not match any associated intent on this account.', 'client_secret')
}
