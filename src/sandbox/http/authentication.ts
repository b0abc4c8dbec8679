import { type Failure, unauthenticated } from './failure.ts'
import type { FormFields } from './form.ts'

/** Who calls: the server with a secret key, or a browser with a publishable one. */
export type Caller = 'server' | 'browser'

const noKey =
  "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we can help at https://support.stripe.com/."

/** Any test key is this one account. A live key is refused: whoever sends one has aimed at the wrong server. */
export function authenticate(request: Request, form: FormFields): Caller {
  const key = keyOf(request, form)
  if (key === undefined || key === '') throw unauthenticated(noKey)
  if (/^(sk|rk)_test_\w+$/.test(key)) return 'server'
  if (/^pk_test_\w+$/.test(key)) return 'browser'
  throw wrongKey(key)
}

/** The key or token a call carries, as Bearer, as the user of Basic or in its form. */
export function keyOf(request: Request, form: FormFields): string | undefined {
  const header = request.headers.get('authorization') ?? ''
  if (/^bearer /i.test(header)) return header.slice('bearer '.length).trim()
  if (/^basic /i.test(header)) return basicUser(header.slice('basic '.length).trim())
  return typeof form.key === 'string' ? form.key : undefined
}

function basicUser(encoded: string): string {
  return Buffer.from(encoded, 'base64').toString('utf8').split(':')[0] ?? ''
}

function wrongKey(key: string): Failure {
  return unauthenticated(`Invalid API Key provided: ${masked(key)}`)
}

// Stripe shows the kind of key and its last four characters.
function masked(key: string): string {
  if (key.length <= 12) return key
  const kind = /^[a-z]{2}_(test|live)_/.exec(key)?.[0] ?? ''
  return `${kind}${'*'.repeat(key.length - kind.length - 4)}${key.slice(-4)}`
}
