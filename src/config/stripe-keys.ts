import { flagOf, listOf, portOf, type Report, textOf, type Variables } from './variables.ts'
import { isLoopback, webAddress } from './web-address.ts'

/** Either Stripe itself (or a host that speaks its API), or the simulator inside this program. */
export type StripeSettings =
  | { readonly kind: 'sandbox'; readonly port: number; readonly webhookSecret: string | null }
  | {
      readonly kind: 'stripe'
      readonly secretKey: string
      readonly publishableKey: string | null
      /** Never empty. An event is genuine when it is signed with any of them: secrets are rotated by overlap. */
      readonly webhookSecrets: readonly string[]
      readonly apiBase: string | null
      readonly livemode: boolean
    }

type Mode = 'test' | 'live'

const SECRET_KEY = /^(?:sk|rk)_(test|live)_\w+$/
const PUBLISHABLE_KEY = /^pk_(test|live)_\w+$/
const WEBHOOK_SECRET = /^whsec_[\w+/=-]+$/

/** The Stripe to talk to: with keys Stripe’s, without them the simulator in development; in production they are missing. */
export function readStripe(variables: Variables, production: boolean, report: Report): StripeSettings {
  const secretKey = textOf(variables, 'STRIPE_SECRET_KEY')
  const webhookSecrets = readWebhookSecrets(variables, report)
  const publishableKey = textOf(variables, 'STRIPE_PUBLISHABLE_KEY')
  const apiBase = readApiBase(variables, report)
  checkPublishableKey(publishableKey, secretKey, production, report)
  if (secretKey === null && !production) return sandbox(variables, webhookSecrets, report)
  if (webhookSecrets.length === 0) reportMissingWebhookSecret(secretKey, variables, report)
  const mode = checkSecretKey(secretKey, report)
  if (mode !== null) checkMode(mode, variables, production, report)
  return {
    kind: 'stripe',
    secretKey: secretKey ?? '',
    publishableKey,
    webhookSecrets,
    apiBase,
    livemode: mode === 'live',
  }
}

/** Where the simulator listens, also when it runs alone beside a configuration with keys. */
export function readSandboxPort(variables: Variables, report: Report): number {
  return portOf(variables, 'SANDBOX_PORT', 12_111, report)
}

function sandbox(variables: Variables, webhookSecrets: readonly string[], report: Report): StripeSettings {
  const port = readSandboxPort(variables, report)
  if (port !== 0 && port === portOf(variables, 'PORT', 8000, () => undefined))
    report('SANDBOX_PORT', 'is the same as PORT', 'Give the simulator a port of its own, or 0 for any free one.')
  if (webhookSecrets.length > 1)
    report('STRIPE_WEBHOOK_SECRET', 'holds several secrets, and the simulator has one endpoint', 'Leave one of them.')
  if (textOf(variables, 'STRIPE_API_BASE') !== null)
    report(
      'STRIPE_API_BASE',
      'names a host to call, but there is no key to call it with',
      'Set STRIPE_SECRET_KEY as well (a simulator takes any sk_test_ key), or leave both out for the built-in sandbox.',
    )
  return { kind: 'sandbox', port, webhookSecret: webhookSecrets[0] ?? null }
}

function checkSecretKey(key: string | null, report: Report): Mode | null {
  const mode = key === null ? null : modeOf(SECRET_KEY, key)
  if (key === null)
    report(
      'STRIPE_SECRET_KEY',
      'is missing, and production does not run without Stripe',
      'Take the secret key (sk_live_…) from the Stripe Dashboard, under Developers > API keys; a restricted one (rk_live_…) will do.',
    )
  else if (mode === null)
    report(
      'STRIPE_SECRET_KEY',
      key.startsWith('pk_') ? 'holds a publishable key, which can sell nothing' : 'does not look like a secret key',
      'Stripe secret keys begin with sk_test_, sk_live_, rk_test_ or rk_live_; copy the whole key again.',
    )
  return mode
}

/** Neither may development charge real cards by mistake, nor production sell for play money. */
function checkMode(mode: Mode, variables: Variables, production: boolean, report: Report): void {
  const allowsTestKeys = flagOf(variables, 'ALLOW_TEST_KEYS', report)
  if (mode === 'live' && !production)
    report(
      'STRIPE_SECRET_KEY',
      'is a live key, and in development it would charge real cards',
      'Use a test key (sk_test_…), or set APP_ENV=production where real customers are served.',
    )
  if (mode === 'test' && production && !allowsTestKeys)
    report(
      'STRIPE_SECRET_KEY',
      'is a test key, and in production nobody would be charged',
      'Use the live key (sk_live_…), or set ALLOW_TEST_KEYS=true where that is meant, as on a staging machine.',
    )
}

function checkPublishableKey(key: string | null, secretKey: string | null, production: boolean, report: Report): void {
  if (key === null) {
    if (production)
      report(
        'STRIPE_PUBLISHABLE_KEY',
        'is missing, and without it no customer can enter a card',
        'Copy the publishable key (pk_live_…) from the Stripe Dashboard, under Developers > API keys.',
      )
    return
  }
  const mode = modeOf(PUBLISHABLE_KEY, key)
  const secretMode = secretKey === null ? null : modeOf(SECRET_KEY, secretKey)
  const cure = 'Copy the publishable key (pk_…) that stands beside your secret key in the Stripe Dashboard.'
  if (mode === null && SECRET_KEY.test(key))
    report('STRIPE_PUBLISHABLE_KEY', 'holds a secret key, and would show it to every visitor', cure)
  else if (mode === null) report('STRIPE_PUBLISHABLE_KEY', 'does not look like a publishable key', cure)
  else if (secretKey === null)
    report(
      'STRIPE_PUBLISHABLE_KEY',
      'stands without STRIPE_SECRET_KEY',
      'Set both, or neither for the built-in sandbox.',
    )
  else if (secretMode !== null && mode !== secretMode)
    report(
      'STRIPE_PUBLISHABLE_KEY',
      `is a ${mode} key beside a ${secretMode} secret key`,
      'Use two keys of the same mode.',
    )
}

function readWebhookSecrets(variables: Variables, report: Report): readonly string[] {
  const secrets = listOf(variables, 'STRIPE_WEBHOOK_SECRET')
  if (secrets.some((secret) => !WEBHOOK_SECRET.test(secret)))
    report(
      'STRIPE_WEBHOOK_SECRET',
      'is not of the form whsec_…',
      `Several are separated by commas. ${webhookCure(variables)}`,
    )
  return secrets
}

function reportMissingWebhookSecret(secretKey: string | null, variables: Variables, report: Report): void {
  const reason =
    secretKey === null ? '' : ' beside STRIPE_SECRET_KEY: no event of Stripe could be told from a forged one'
  report('STRIPE_WEBHOOK_SECRET', `is missing${reason}`, webhookCure(variables))
}

function webhookCure(variables: Variables): string {
  const port = portOf(variables, 'PORT', 8000, () => undefined)
  const own = textOf(variables, 'STRIPE_API_BASE') === null ? '' : ', also for a simulator,'
  return (
    `In development run "stripe listen --forward-to localhost:${port}/payments/stripe-webhook" and take the secret it prints; ` +
    `otherwise${own} run "speech-billing stripe setup", or take the signing secret of your endpoint from the Stripe Dashboard, ` +
    'under Developers > Webhooks.'
  )
}

function readApiBase(variables: Variables, report: Report): string | null {
  const text = textOf(variables, 'STRIPE_API_BASE')
  if (text === null) return null
  const url = webAddress(text)
  const cure = 'Give a scheme, a host and a port and nothing more, such as http://127.0.0.1:12111.'
  if (url === null || url.origin !== text.replace(/\/$/, '').toLowerCase())
    report('STRIPE_API_BASE', 'is not the address of a host', cure)
  else if (url.protocol === 'http:' && !isLoopback(url))
    report(
      'STRIPE_API_BASE',
      'would send the key unencrypted to another machine',
      'Use https, or a host on this machine.',
    )
  return url?.origin ?? null
}

function modeOf(pattern: RegExp, key: string): Mode | null {
  const mode = pattern.exec(key)?.[1]
  return mode === 'test' || mode === 'live' ? mode : null
}
