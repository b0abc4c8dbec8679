import type { Stripe } from 'stripe'
import { BillingError } from '../../domain/errors.ts'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import { milliseconds } from './translate.ts'

const TOLERANCE_SECONDS = 300

/**
 * Verifies a delivery over its raw bytes against every secret and tells what it is about. Refuses a forged one with
 * `invalid_signature` and a signed one that is no event with `invalid_event`. The SDK lets signatures from the future
 * pass; here the tolerance holds both ways.
 */
export function webhookVerifier(stripe: Stripe, secrets: () => readonly string[], wallTime: () => number) {
  return async (body: Uint8Array, signature: string | null): Promise<StripeEvent> => {
    if (signature === null || signature === '') throw forged('there is no Stripe-Signature header')
    if (timestampOf(signature) * 1_000 > wallTime() + TOLERANCE_SECONDS * 1_000)
      throw forged('its timestamp lies in the future')
    for (const secret of secrets()) if (await matches(stripe, body, signature, secret)) return toStripeEvent(body)
    throw forged('it matches no webhook secret, or it is older than five minutes')
  }
}

async function matches(stripe: Stripe, body: Uint8Array, signature: string, secret: string): Promise<boolean> {
  try {
    const verified = await stripe.webhooks.signature?.verifyHeaderAsync(body, signature, secret, TOLERANCE_SECONDS)
    return verified === true
  } catch (error) {
    if (error instanceof Error && 'type' in error && error.type === 'StripeSignatureVerificationError') return false
    throw error
  }
}

function timestampOf(signature: string): number {
  return Number(/(?:^|,)t=(\d{1,12})(?:,|$)/.exec(signature)?.[1] ?? 0)
}

function forged(why: string): BillingError {
  return new BillingError(
    'invalid_signature',
    `The signature could not be verified: ${why}. Check that STRIPE_WEBHOOK_SECRET is the secret of this endpoint.`,
  )
}

/** The few fields of the envelope that we go by; a body that lacks them is no event. */
export function toStripeEvent(body: Uint8Array): StripeEvent {
  const event = asRecord(parsed(body))
  // A thin event names its object instead of showing it, or has none.
  const isThin = text(event?.object) === 'v2.core.event'
  const object = asRecord(asRecord(event?.data)?.object) ?? asRecord(event?.related_object) ?? (isThin ? {} : null)
  const id = text(event?.id)
  const type = text(event?.type)
  if (!event || !object || id === null || type === null || !/^evt_[A-Za-z0-9_]{1,250}$/.test(id))
    throw new BillingError('invalid_event', 'The body is signed but is no Stripe event.')
  return {
    id,
    type,
    objectType: text(object.object) ?? text(object.type) ?? 'unknown',
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
