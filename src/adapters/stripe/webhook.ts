import type { Stripe } from 'stripe'
import { BillingError } from '../../domain/errors.ts'
import { EVENT_ID, type StripeEvent, UNKNOWN_OBJECT } from '../../domain/webhook-event.ts'
import { milliseconds } from './translate/values.ts'

const TOLERANCE_SECONDS = 300
/** So the SDK does not look at the time. */
const OF_ANY_AGE = 0

const NO_HEADER = 'there is no Stripe-Signature header. Only Stripe, and what signs as it does, may post here.'
const MALFORMED = 'the Stripe-Signature header is not as Stripe writes it, t=…,v1=….'
const OF_NO_SECRET = 'it matches no webhook secret. Check that STRIPE_WEBHOOK_SECRET is the secret of this endpoint.'
const TOO_OLD =
  'it was made more than five minutes ago. Unless it was delayed on the way, set the clock of this machine.'
const FROM_THE_FUTURE = 'its timestamp lies more than five minutes in the future. Set the clock of this machine.'

/**
 * Verifies a delivery over its raw bytes against every secret and tells what it is about. Refuses a forged one with
 * `invalid_signature` and a signed one that is no event with `invalid_event`. The SDK lets signatures from the future
 * pass; here the tolerance holds both ways.
 */
export function webhookVerifier(stripe: Stripe, secrets: () => readonly string[], wallTime: () => number) {
  return async (body: Uint8Array, signature: string | null): Promise<StripeEvent> => {
    if (signature === null || signature === '') throw unverified(NO_HEADER)
    if (!isWellFormed(signature)) throw unverified(MALFORMED)
    if (timestampOf(signature) * 1_000 > wallTime() + TOLERANCE_SECONDS * 1_000) throw unverified(FROM_THE_FUTURE)
    const matchesOne = async (tolerance: number) => {
      for (const secret of secrets()) if (await matches(stripe, body, signature, secret, tolerance)) return true
      return false
    }
    if (await matchesOne(TOLERANCE_SECONDS)) return toStripeEvent(body)
    throw unverified((await matchesOne(OF_ANY_AGE)) ? TOO_OLD : OF_NO_SECRET)
  }
}

async function matches(
  stripe: Stripe,
  body: Uint8Array,
  signature: string,
  secret: string,
  tolerance: number,
): Promise<boolean> {
  try {
    const verified = await stripe.webhooks.signature?.verifyHeaderAsync(body, signature, secret, tolerance)
    return verified === true
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'StripeSignatureVerificationError') return false
    throw error
  }
}

function isWellFormed(signature: string): boolean {
  const names = signature.split(',').map((part) => part.split('=')[0])
  return timestampOf(signature) > 0 && names.includes('v1')
}

function timestampOf(signature: string): number {
  return Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1] ?? 0)
}

/** Whoever reads this looks at failed deliveries in the Dashboard: the cure is another one for each. */
function unverified(why: string): BillingError {
  return new BillingError('invalid_signature', `The signature could not be verified: ${why}`)
}

/** The few fields of the envelope that we go by; a body that lacks them is no event. */
export function toStripeEvent(body: Uint8Array): StripeEvent {
  const event = asRecord(parsed(body))
  // A thin event names its object instead of showing it, or has none.
  const isThin = text(event?.object) === 'v2.core.event'
  const object = asRecord(asRecord(event?.data)?.object) ?? asRecord(event?.related_object) ?? (isThin ? {} : null)
  const id = text(event?.id)
  const type = text(event?.type)
  if (!event || !object || id === null || type === null || !EVENT_ID.test(id))
    throw new BillingError('invalid_event', 'The body is signed but is no Stripe event.')
  return {
    id,
    type,
    objectType: text(object.object) ?? text(object.type) ?? UNKNOWN_OBJECT,
    objectId: text(object.id),
    customerId: customerOf(object) ?? reference(asRecord(asRecord(event.data)?.previous_attributes)?.customer),
    paymentIntentId: reference(object.payment_intent),
    livemode: event.livemode === true,
    account: text(event.account),
    apiVersion: text(event.api_version),
    createdAt: createdAt(event.created),
  }
}

/** A customer is its own; a card that was taken off names in what it was before whose it had been. */
function customerOf(object: Readonly<Record<string, unknown>>): string | null {
  return text(object.object) === 'customer' ? text(object.id) : reference(object.customer)
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

/** Snapshot events tell seconds, thin ones an ISO time. */
function createdAt(created: unknown): number {
  if (typeof created === 'number' && Number.isSafeInteger(created)) return milliseconds(created)
  const time = typeof created === 'string' ? Date.parse(created) : Number.NaN
  return Number.isNaN(time) ? 0 : time
}

function reference(value: unknown): string | null {
  return text(value) ?? text(asRecord(value)?.id)
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}
