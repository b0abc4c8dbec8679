import { type Report, textOf, type Variables } from './variables.ts'
import { isLoopback, webAddress } from './web-address.ts'

/** Where the app is told of thresholds, and what the messages are signed with. */
export interface AppWebhookPlace {
  readonly url: string
  readonly secret: string
}

const SECRET = /^whsec_[A-Za-z0-9+/]+={0,2}$/
/** Standard Webhooks: a key has 24 to 64 bytes. */
const [LEAST_BYTES, MOST_BYTES] = [24, 64]
const SECRET_CURE = 'Make one with: echo "whsec_$(openssl rand -base64 32)", and give the same to the app.'

/** Both variables or neither: unsigned messages could be anybody's. */
export function readAppWebhook(variables: Variables, report: Report): AppWebhookPlace | null {
  const url = textOf(variables, 'APP_WEBHOOK_URL')
  const secret = textOf(variables, 'APP_WEBHOOK_SECRET')
  if (url !== null) checkUrl(url, report)
  if (secret !== null) checkSecret(secret, report)
  if (url !== null && secret === null)
    report('APP_WEBHOOK_SECRET', 'is missing, and the app could not tell our messages from forged ones', SECRET_CURE)
  if (url === null && secret !== null)
    report(
      'APP_WEBHOOK_URL',
      'is missing beside APP_WEBHOOK_SECRET',
      'Give the address of the app’s endpoint, or leave out both.',
    )
  return url !== null && secret !== null ? { url, secret } : null
}

function checkUrl(text: string, report: Report): void {
  const url = webAddress(text)
  if (url !== null && (url.protocol === 'https:' || isLoopback(url))) return
  report(
    'APP_WEBHOOK_URL',
    'is not an https address',
    'Give the address of the app’s endpoint, such as https://app.example.com/billing-events; http only on this machine.',
  )
}

function checkSecret(secret: string, report: Report): void {
  const bytes = SECRET.test(secret) ? Buffer.from(secret.slice('whsec_'.length), 'base64').length : 0
  if (bytes >= LEAST_BYTES && bytes <= MOST_BYTES) return
  report(
    'APP_WEBHOOK_SECRET',
    `is not whsec_ and a key of ${LEAST_BYTES} to ${MOST_BYTES} bytes in base64`,
    SECRET_CURE,
  )
}
