import { Stripe } from 'stripe'
import type { Observation } from '../../domain/observation.ts'
import { isEnded } from '../../domain/subscription.ts'
import type { Told } from '../../domain/telling.ts'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import { subscriptionOf, toInvoiceEntry } from './translate/invoice.ts'
import { toPaymentIntent } from './translate/payment.ts'
import { toSubscription } from './translate/subscription.ts'
import { milliseconds, UnknownWord } from './translate/values.ts'

/**
 * What an event shows of its object by itself. Null where that is not all that we keep of it, where it is written in the
 * words of another API version, and under a test clock, which sets the time of events as it likes.
 */
export function told(event: StripeEvent, body: Uint8Array): Told | null {
  if (event.apiVersion !== Stripe.API_VERSION) return null
  try {
    const { data } = JSON.parse(new TextDecoder().decode(body)) as Stripe.Event
    return toldBy(data as Payload)
  } catch (error) {
    // It lacks what every object of its kind has, or has other words: a look at Stripe tells what holds.
    if (error instanceof TypeError || error instanceof UnknownWord) return null
    throw error
  }
}

interface Payload {
  readonly object: Stripe.Subscription | Stripe.Invoice | Stripe.PaymentIntent | Stripe.Customer
  readonly previous_attributes?: Readonly<Record<string, unknown>>
}

function toldBy({ object, previous_attributes: before }: Payload): Told | null {
  switch (object.object) {
    case 'subscription':
      return toldSubscription(object)
    case 'invoice':
      return toldInvoice(object)
    case 'payment_intent':
      return toldPayment(object)
    case 'customer': {
      const concerns = before === undefined || 'invoice_settings' in before || 'default_source' in before
      return concerns ? null : NOTHING
    }
    default:
      return null
  }
}

const NOTHING: Told = { observations: [], invoice: null }

/**
 * Whether the customer has a card for it, what its schedule plans, what its discount takes off, by which card a trial is
 * known and since when it owes, other objects tell. One that has ended needs no card any more.
 */
function toldSubscription(subscription: Stripe.Subscription): Told | null {
  const seen = toSubscription(subscription)
  const isElsewhere =
    (!seen.hasPaymentMethod && !isEnded(seen)) ||
    (subscription.schedule ?? null) !== null ||
    (subscription.test_clock ?? null) !== null ||
    subscription.items.has_more ||
    subscription.items.data.length === 0 ||
    subscription.discounts.length > 0 ||
    seen.status === 'trialing' ||
    seen.status === 'past_due' ||
    seen.status === 'unpaid'
  return isElsewhere || !isWhole(seen)
    ? null
    : { observations: [{ type: 'subscription', subscription: seen }], invoice: null }
}

/**
 * A draft is not owed yet and has no number: it enters when it is finalized. One that is about to be collected would be shown
 * as unpaid for a moment, so what comes of that is looked at.
 */
function toldInvoice(invoice: Stripe.Invoice): Told | null {
  if ((invoice.test_clock ?? null) !== null || isAboutToBePaid(invoice)) return null
  const payment = toInvoiceEntry(invoice, 0)
  const entry: readonly Observation[] = invoice.status === 'draft' ? [] : [{ type: 'entry', payment }]
  if (!isWhole(payment)) return null
  return {
    observations: entry,
    invoice: {
      subscriptionId: subscriptionOf(invoice),
      isPaid: invoice.status === 'paid',
      hasFailed: invoice.status === 'open' && invoice.attempted,
      createdAt: milliseconds(invoice.created),
    },
  }
}

function isAboutToBePaid({ status, attempted, collection_method }: Stripe.Invoice): boolean {
  return status === 'open' && !attempted && collection_method === 'charge_automatically'
}

/** Whether it pays for an invoice it does not say, unless we made it ourselves; nor what was taken back of a pack. */
function toldPayment(payment: Stripe.PaymentIntent): Told | null {
  if (!payment.metadata.intent_id || payment.customer === null) return null
  const paymentIntent = toPaymentIntent(payment)
  if (paymentIntent.pack !== null) return null
  if (!isWhole(paymentIntent) || (paymentIntent.entry && !isWhole(paymentIntent.entry))) return null
  return { observations: [{ type: 'payment-intent', paymentIntent }], invoice: null }
}

/** Fields that are missing turn up as nothing, or as a time that is no number. */
function isWhole(seen: object): boolean {
  return Object.values(seen).every((value) => value !== undefined && !Number.isNaN(value))
}
