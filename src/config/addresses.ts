import type { StripeSettings } from './stripe-keys.ts'
import { listOf, portOf, type Report, textOf, type Variables } from './variables.ts'
import { isLoopback, webAddress } from './web-address.ts'

/** Where the program listens, and the addresses under which it is known. */
export interface Addresses {
  readonly host: string
  readonly port: number
  readonly publicUrl: string | null
  readonly corsOrigins: readonly string[]
  readonly returnOrigins: readonly string[]
}

const HOST = /^[A-Za-z0-9.:_-]+$/

/** Where to listen and under what addresses. Whatever is wrong is reported; what is returned then stands in for it. */
export function readAddresses(variables: Variables, production: boolean, report: Report): Addresses {
  const publicUrl = readPublicUrl(variables, report)
  const returnOrigins = readOrigins(variables, 'RETURN_ORIGINS', report)
  return {
    host: readHost(variables, production, report),
    port: portOf(variables, 'PORT', 8000, report),
    publicUrl,
    corsOrigins: readOrigins(variables, 'CORS_ORIGINS', report),
    returnOrigins: returnOrigins.length > 0 || publicUrl === null ? returnOrigins : [new URL(publicUrl).origin],
  }
}

/** Where Stripe reaches this program; null where it cannot: on one's own machine, unless a simulator there is asked for. */
export function stripeWebhookUrl({
  publicUrl,
  port,
  stripe,
}: Pick<Addresses, 'publicUrl' | 'port'> & { readonly stripe: StripeSettings }): string | null {
  const base = publicUrl ?? `http://localhost:${port}`
  const isReached = !isLoopback(new URL(base)) || (isOnThisMachine(stripe) && new URL(base).port !== '0')
  return isReached ? `${base}/payments/stripe-webhook` : null
}

/** Such a Stripe is a simulator, and goes by the clock of this machine. */
export function isOnThisMachine(stripe: StripeSettings): boolean {
  return stripe.kind === 'stripe' && stripe.apiBase !== null && isLoopback(new URL(stripe.apiBase))
}

function readHost(variables: Variables, production: boolean, report: Report): string {
  const host = textOf(variables, 'HOST') ?? (production ? '0.0.0.0' : '127.0.0.1')
  if (!HOST.test(host))
    report(
      'HOST',
      'is not an address to listen on',
      'Give an address of this machine, such as 127.0.0.1, without a scheme or port.',
    )
  return host
}

function readPublicUrl(variables: Variables, report: Report): string | null {
  const text = textOf(variables, 'PUBLIC_URL')
  if (text === null) return null
  const url = webAddress(text)
  if (url !== null && url.search === '' && url.hash === '') return url.href.replace(/\/+$/, '')
  report(
    'PUBLIC_URL',
    'is not a plain http or https address',
    'Give the address under which others reach this program, such as https://billing.example.com.',
  )
  return null
}

function readOrigins(variables: Variables, name: string, report: Report): readonly string[] {
  const entries = listOf(variables, name)
  if (entries.some((entry) => webAddress(entry) === null || originOf(entry) !== entry.replace(/\/$/, '').toLowerCase()))
    report(
      name,
      'holds something that is not an origin',
      'Separate origins by commas, each a scheme and a host and nothing more: https://app.example.com. A * is not taken.',
    )
  return entries.map(originOf)
}

function originOf(text: string): string {
  return webAddress(text)?.origin ?? ''
}
