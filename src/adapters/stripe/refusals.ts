import { Stripe } from 'stripe'
import { BillingError, CustomerGone } from '../../domain/errors.ts'
import type { Instant } from '../../domain/period.ts'
import type { AttemptOutcome } from '../../ports/gateway.ts'

/** Which field of our API a parameter of Stripe's came from; what is not here, the caller never sent. */
const FIELDS: Readonly<Record<string, string>> = {
  payment_method: '/payment_method_id',
  default_payment_method: '/payment_method_id',
  'discounts[0][promotion_code]': '/promotion_code',
  amount: '/amount',
  currency: '/currency',
}

/** Stripe's codes that speak of the amount without naming a parameter. */
const AMOUNT_CODES: ReadonlySet<string> = new Set(['amount_too_small', 'amount_too_large'])

export type Refusal = Extract<AttemptOutcome, { type: 'declined' | 'refused' }>

/**
 * What a failed call means for a wish: a decline, or something that Stripe will not take, now or ever, so that the wish is
 * over. Everything else is thrown on: `stripe_unavailable` when the outcome is unknown or may change.
 */
export function refusedAttempt(error: unknown): Refusal {
  if (isAddressMissing(error)) throw addressRequired(error)
  if (error instanceof Stripe.errors.StripeCardError)
    return { type: 'declined', message: error.message || 'The card was declined.' }
  if (isCustomerGone(error)) throw new CustomerGone(error)
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return { type: 'refused', path: fieldOf(error), message: wordsFor(error), reason: reasonOf(error) }
  throw unavailable(error)
}

/** What Stripe said, for the operator alone. */
export function reasonOf({ message }: Stripe.errors.StripeInvalidRequestError): string {
  return `Stripe refused this: ${message}`
}

function isCustomerGone(error: unknown): boolean {
  if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || error.code !== 'resource_missing') return false
  return error.param === 'customer' || error.message.startsWith('No such customer')
}

function isAddressMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'customer_tax_location_invalid'
}

function addressRequired(cause: unknown): BillingError {
  return new BillingError(
    'billing_address_required',
    'Tax is worked out from where the customer is, and that is not known. Send POST /payments/billing-details with an address that has at least the country (in some countries the postal code too), then repeat the request.',
    { cause },
  )
}

/** In our own words: Stripe's may repeat what was sent, or speak of objects that are nobody's business. */
function wordsFor({ code, param, message }: Stripe.errors.StripeInvalidRequestError): string {
  if (param === 'discounts[0][promotion_code]') return 'The promotion code can no longer be used for this.'
  // Stripe gives no code for a card of another customer; nobody is to learn from our words that it is there.
  const isSomebodyElses = message.includes('already been attached to a customer')
  const words = WORDS[isSomebodyElses ? 'resource_missing' : (code ?? '')]
  if (words !== undefined) return words + boundOf(message)
  if (param === 'currency') return WORDS.invalid_currency ?? ''
  return 'Stripe will not take this request; the operator finds the reason in the log.'
}

/** Which amount it is, where Stripe tells: `Amount must be at least $0.50 usd`. */
function boundOf(message: string): string {
  const [, bound] =
    /^Amount must be (?:at least|no more than) ([^ ]{1,20}(?: [\d.,]+)?)(?: [a-z]{3})?$/.exec(message) ?? []
  return bound === undefined ? '' : ` (${bound})`
}

const WORDS: Readonly<Record<string, string>> = {
  resource_missing: 'Stripe does not know it, or it belongs to somebody else.',
  amount_too_small: 'is below the least amount that can be charged in this currency',
  amount_too_large: 'is above the greatest amount that can be charged in this currency',
  invalid_currency: 'is not a currency that can be charged',
  payment_method_unactivated: 'is of a kind that is not switched on',
  customer_max_payment_methods: 'cannot be added: there are too many already',
}

function fieldOf(error: Stripe.errors.StripeInvalidRequestError): string {
  if (AMOUNT_CODES.has(error.code ?? '')) return '/amount'
  if (/payment ?method/i.test(error.message)) return '/payment_method_id'
  return FIELDS[error.param ?? ''] ?? ''
}

/** Stripe out of reach, overloaded or refusing our key is not the caller's fault: 503, and the wish stays open. */
export function unavailable(error: unknown): unknown {
  if (isAddressMissing(error)) return addressRequired(error)
  if (error instanceof Stripe.errors.StripeAuthenticationError || error instanceof Stripe.errors.StripePermissionError)
    return new BillingError(
      'stripe_unavailable',
      'Stripe refuses the key of this service. Its operator has to mend that.',
      {
        retryAfterSeconds: 60,
        operatorDetail: 'Stripe refuses the key in STRIPE_SECRET_KEY; "speech-billing doctor" tells more.',
        cause: error,
      },
    )
  if (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeAPIError ||
    error instanceof Stripe.errors.StripeRateLimitError
  )
    return new BillingError(
      'stripe_unavailable',
      'Stripe did not answer as it should. Repeat the request, under the same Idempotency-Key if it had one.',
      { retryAfterSeconds: 5, operatorDetail: outageOf(error), cause: error },
    )
  if (isCustomerGone(error)) return new CustomerGone(error)
  if (error instanceof Stripe.errors.StripeInvalidRequestError)
    return new BillingError('validation_failed', wordsFor(error), {
      operatorDetail: reasonOf(error),
      cause: error,
    })
  return error
}

function outageOf({ statusCode }: Stripe.errors.StripeError): string {
  if (statusCode === undefined) return 'Stripe could not be reached.'
  if (statusCode === 429) return 'Stripe wants fewer calls at present (429).'
  return `Stripe answered with an error of its own (${statusCode}).`
}

/** Runs a call whose only expected failure is that Stripe cannot be reached. */
export async function reached<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw unavailable(error)
  }
}

/** The same, for an object that may not be there: then null. */
export async function reachedOrMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing') return null
    throw unavailable(error)
  }
}

/** A call that Stripe may refuse because the state has moved on: what counts is the look that follows. */
export async function reachedOrRefused(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw unavailable(error)
  }
}

/** Confirms a payment, unless it was confirmed elsewhere in this very moment: what counts is the look that follows. */
export async function unlessSettled(confirmation: Promise<unknown>): Promise<void> {
  try {
    await confirmation
  } catch (error) {
    const isSettled =
      error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'payment_intent_unexpected_state'
    if (!isSettled) throw error
  }
}

/** Whether Stripe repeated a stored answer: it shows the object as it was then. */
export function wasReplayed(made: { readonly lastResponse: { readonly headers: unknown } }): boolean {
  return made.lastResponse.headers instanceof Headers && made.lastResponse.headers.get('idempotent-replayed') === 'true'
}

/** Stripe's own time of an answer, to the second; null where none was told. */
export function answeredAt({ lastResponse }: { readonly lastResponse: { readonly headers: unknown } }): Instant | null {
  const { headers } = lastResponse
  const time = headers instanceof Headers ? Date.parse(headers.get('date') ?? '') : Number.NaN
  return Number.isNaN(time) ? null : time
}

/** Null where an object is not there, for a call whose refusals `unavailable` has put in our words already. */
export async function orMissing<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function isMissing(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Stripe.errors.StripeInvalidRequestError && cause.code === 'resource_missing'
}
