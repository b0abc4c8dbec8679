import { invalidField } from './errors.ts'

/** Where Stripe's pages may send a user back to. */
export interface ReturnRules {
  /** Schemes, hosts and ports as a browser compares them: `https://app.example.com`. */
  origins(): readonly string[]
  /** In production nothing may go over a network in the clear. */
  readonly httpsOnly: boolean
}

/**
 * Refuses an address that lies elsewhere: somebody else's page behind our link would be taken for ours. The whole origin is
 * compared, never the beginning of the text, so `https://app.example.com.evil.test` and `https://app.example.com@evil.test`
 * are what they are.
 */
export function checkReturnUrl(rules: ReturnRules, field: string, text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (
    url === null ||
    !/^https?:$/.test(url.protocol) ||
    url.username !== '' ||
    url.password !== '' ||
    /[\s\\]/.test(text)
  )
    throw invalidField(field, 'must be a whole http or https address, such as https://app.example.com/billing')
  const origins = rules.origins()
  if (!origins.includes(url.origin))
    throw invalidField(field, `must lie under ${origins.join(' or ')}; the operator adds others to RETURN_ORIGINS`)
  if (rules.httpsOnly && url.protocol !== 'https:') throw invalidField(field, 'must begin with https://')
}
