import type { Stripe } from 'stripe'
import type { Observation } from '../../domain/observation.ts'
import type { Instant } from '../../domain/period.ts'
import { isOwing } from '../../domain/subscription.ts'
import type { StripeEvent } from '../../domain/webhook-event.ts'
import { PAYMENT_DETAILS } from './payments.ts'
import { answeredAt, reached, reachedOrMissing } from './refusals.ts'
import { firstTriedAt, paymentIntentOf, subscriptionOf, toInvoiceEntry } from './translate/invoice.ts'
import { refundedOf, toDispute, toPaymentIntent, toRefundEntry } from './translate/payment.ts'
import { SUBSCRIPTION_VIEW, toSubscription } from './translate/subscription.ts'
import { idOf } from './translate/values.ts'

/** Looks at the object that an event is about, and at what changes with it. */
export async function look(stripe: Stripe, event: StripeEvent): Promise<readonly Observation[]> {
  if (event.objectId === null) return []
  switch (event.objectType) {
    case 'subscription':
      return lookAtSubscription(stripe, event.objectId)
    case 'invoice':
      return lookAtInvoice(stripe, event.objectId)
    case 'payment_intent':
      return lookAtPayment(stripe, event.objectId)
    case 'charge':
    case 'refund':
      return event.paymentIntentId === null ? [] : lookAtRefunds(stripe, event.paymentIntentId)
    case 'dispute':
      return lookAtDispute(stripe, event.objectId)
    case 'checkout.session':
      return lookAtCheckout(stripe, event.objectId)
    case 'subscription_schedule':
      return lookAtScheduled(stripe, event.objectId)
    case 'payment_method':
    case 'setup_intent':
    case 'customer':
      if (event.type === 'customer.deleted') return lookAtDeleted(stripe, event.objectId)
      return event.customerId === null ? [] : lookAtSubscriptionsOf(stripe, event.customerId)
    default:
      return []
  }
}

async function lookAtSubscription(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const subscription = await reachedOrMissing(stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_VIEW }))
  if (subscription === null) return []
  const seen = toSubscription(subscription)
  const details = isOwing(seen) ? { pastDueSince: await pastDueSince(stripe, id) } : {}
  return [{ type: 'subscription', subscription: { ...seen, ...details }, ...sighting(subscription) }]
}

/** When the oldest invoice that is still unpaid was tried first: that is when it was finalized. */
async function pastDueSince(stripe: Stripe, subscription: string): Promise<Instant | null> {
  const { data } = await reached(stripe.invoices.list({ subscription, status: 'open', limit: 100 }))
  const firstTries = data.filter(({ attempted }) => attempted).map(firstTriedAt)
  return firstTries.length === 0 ? null : Math.min(...firstTries)
}

/** Whether there is a card to charge concerns all that the customer has. */
async function lookAtSubscriptionsOf(stripe: Stripe, customer: string): Promise<readonly Observation[]> {
  const subscriptions = await reachedOrMissing(stripe.subscriptions.list({ customer, limit: 100 }))
  const seen = await Promise.all((subscriptions?.data ?? []).map(({ id }) => lookAtSubscription(stripe, id)))
  return seen.flat()
}

/** Stripe deletes a customer for good. One that is there after all may have other cards than before. */
async function lookAtDeleted(stripe: Stripe, customerId: string): Promise<readonly Observation[]> {
  const customer = await reachedOrMissing(stripe.customers.retrieve(customerId))
  const isThere = customer !== null && customer.deleted !== true
  return isThere ? lookAtSubscriptionsOf(stripe, customerId) : [{ type: 'customer-deleted', customerId }]
}

/** What was bought in it; for a trial also by whom, since its card is known only now. */
export async function lookAtCheckout(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const session = await reachedOrMissing(stripe.checkout.sessions.retrieve(id))
  const [subscription, payment] = [idOf(session?.subscription), idOf(session?.payment_intent)]
  const bought = subscription ? await lookAtSubscription(stripe, subscription) : []
  return [
    ...bought,
    ...(session ? bought.flatMap((observation) => trialOf(session, observation)) : []),
    ...(payment ? await lookAtPayment(stripe, payment) : []),
  ]
}

function trialOf(session: Stripe.Checkout.Session, bought: Observation): readonly Observation[] {
  const [customerId, { trial, intent_id: intentId } = {}] = [idOf(session.customer), session.metadata ?? undefined]
  if (bought.type !== 'subscription' || customerId === null || trial === undefined || intentId === undefined) return []
  const { id: subscriptionId, trialCard } = bought.subscription
  const known = { email: session.customer_details?.email ?? null, cardFingerprint: trialCard ?? null }
  return [{ type: 'trial-checkout', customerId, subscriptionId, intentId, ...known, isAllowed: trial === 'allowed' }]
}

async function lookAtScheduled(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const schedule = await reachedOrMissing(stripe.subscriptionSchedules.retrieve(id))
  const subscription = idOf(schedule?.subscription) ?? schedule?.released_subscription ?? null
  return subscription === null ? [] : lookAtSubscription(stripe, subscription)
}

/** Whatever Stripe made strictly later than its answer happened after it. */
function sighting(answer: Parameters<typeof answeredAt>[0]) {
  const seenAt = answeredAt(answer)
  return seenAt === null ? {} : { seenAt }
}

/** With an invoice its subscription may have moved; some accounts send only the invoice's events. */
async function lookAtInvoice(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const invoice = await reachedOrMissing(stripe.invoices.retrieve(id, { expand: ['payments'] }))
  if (invoice === null) return []
  const payment = invoice.status === 'paid' ? paymentIntentOf(invoice) : null
  const paid = payment && (await reached(stripe.paymentIntents.retrieve(payment, { expand: PAYMENT_DETAILS })))
  const subscription = subscriptionOf(invoice)
  // A draft is not owed yet and has no number: it enters when it is finalized.
  const entry: readonly Observation[] =
    invoice.status === 'draft'
      ? []
      : [{ type: 'entry', payment: toInvoiceEntry(invoice, paid ? refundedOf(paid) : 0), ...sighting(invoice) }]
  return [...entry, ...(subscription ? await lookAtSubscription(stripe, subscription) : [])]
}

/** The payment of an invoice is not an entry of its own: the invoice is. */
async function lookAtPayment(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const payment = await reachedOrMissing(stripe.paymentIntents.retrieve(id, { expand: PAYMENT_DETAILS }))
  if (payment === null) return []
  const invoice = payment.metadata.intent_id ? null : await invoiceOf(stripe, id)
  if (invoice !== null) return lookAtInvoice(stripe, invoice)
  if (payment.customer === null) return []
  const refunds = refundedOf(payment) === 0 ? [] : await refundsOf(stripe, id)
  return [{ type: 'payment-intent', paymentIntent: toPaymentIntent(payment, refunds), ...sighting(payment) }]
}

async function refundsOf(stripe: Stripe, payment_intent: string): Promise<readonly Stripe.Refund[]> {
  return (await reached(stripe.refunds.list({ payment_intent, limit: 100 }))).data
}

async function invoiceOf(stripe: Stripe, paymentIntent: string): Promise<string | null> {
  const payment = { type: 'payment_intent', payment_intent: paymentIntent } as const
  const { data } = await reached(stripe.invoicePayments.list({ payment, limit: 1 }))
  return idOf(data[0]?.invoice)
}

/** What a payment looks like once something was given back: its refunds, and what they were given back of. */
export async function lookAtRefunds(stripe: Stripe, paymentIntentId: string): Promise<readonly Observation[]> {
  const payment = await reachedOrMissing(stripe.paymentIntents.retrieve(paymentIntentId))
  const customerId = idOf(payment?.customer)
  if (customerId === null) return []
  const refunds = await refundsOf(stripe, paymentIntentId)
  const seen = await lookAtPayment(stripe, paymentIntentId)
  const paid = seen.find(({ type }) => type === 'entry' || type === 'payment-intent')
  const refundOf = paid?.type === 'entry' ? paid.payment.id : paymentIntentId
  return [
    ...refunds.map((refund): Observation => ({ type: 'entry', payment: toRefundEntry(refund, customerId, refundOf) })),
    ...seen,
  ]
}

/** A dispute names no customer either; its payment does, or the invoice that was paid with it. */
async function lookAtDispute(stripe: Stripe, id: string): Promise<readonly Observation[]> {
  const dispute = await reachedOrMissing(stripe.disputes.retrieve(id, { expand: ['charge'] }))
  if (dispute === null || typeof dispute.charge === 'string') return []
  const payment = idOf(dispute.payment_intent)
  const invoice = payment && (await invoiceOf(stripe, payment))
  const paid = invoice === null ? null : await reachedOrMissing(stripe.invoices.retrieve(invoice))
  const customerId = idOf(dispute.charge.customer) ?? idOf(paid?.customer)
  if (customerId === null) return []
  const seen = {
    customerId,
    paymentId: invoice ?? payment ?? dispute.charge.id,
    subscriptionId: paid && subscriptionOf(paid),
  }
  return [{ type: 'dispute', dispute: toDispute(dispute, seen) }]
}
