import type { Stripe } from 'stripe'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import type { ObservedSubscription } from '../../domain/subscription.ts'
import type { Gateway } from '../../ports/gateway.ts'
import { reached, reachedOrMissing, reachedOrRefused } from './refusals.ts'
import { latestInvoice, SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { hasSeveralPeriods, isLicensed, toSubscription } from './translate/subscription.ts'
import { withdrawPlans } from './withdrawals.ts'

export function cancellationGateway(stripe: Stripe): Pick<Gateway, 'abandon' | 'cancel'> {
  return {
    async abandon(subscriptionId, intent) {
      return toSubscription(await giveUp(stripe, await retrieve(stripe, subscriptionId), intent, {}))
    },
    cancel: (intent) => cancel(stripe, intent),
  }
}

async function cancel(stripe: Stripe, intent: Intent<WishOf<'cancel'>>): Promise<ObservedSubscription | null> {
  const { subscriptionId, atPeriodEnd, reason, feedback } = intent.wish
  const subscription = await reachedOrMissing(
    stripe.subscriptions.retrieve(subscriptionId, { expand: SUBSCRIPTION_DETAILS }),
  )
  if (subscription === null) return null
  const details = cancellationDetails(reason, feedback)
  if (subscription.status === 'incomplete') return toSubscription(await giveUp(stripe, subscription, intent, details))
  if (subscription.ended_at !== null) return toSubscription(subscription)
  // Stripe lets nobody set the end of a subscription that a schedule manages; and nothing may be charged for what ends.
  await withdrawPlans(stripe, subscription, intent)
  const idempotencyKey = stripeKey(intent, 'cancel')
  if (atPeriodEnd)
    await reached(
      stripe.subscriptions.update(subscriptionId, { ...endOfPeriod(subscription), ...details }, { idempotencyKey }),
    )
  else
    await reachedOrMissing(
      stripe.subscriptions.cancel(subscriptionId, { ...details, ...finalInvoice(subscription) }, { idempotencyKey }),
    )
  return toSubscription(await retrieve(stripe, subscriptionId))
}

/** Without it Stripe forgets what was used since the last invoice, and nobody would ever be billed for it. */
function finalInvoice(subscription: Stripe.Subscription): { readonly invoice_now?: true } {
  return subscription.items.data.every(isLicensed) ? {} : { invoice_now: true }
}

/** Of several intervals Stripe's flag means the end of the shortest, and the longest is what was paid for. */
function endOfPeriod(subscription: Stripe.Subscription) {
  return hasSeveralPeriods(subscription) ? { cancel_at: 'max_period_end' as const } : { cancel_at_period_end: true }
}

const FEEDBACK = new Set([
  'customer_service',
  'low_quality',
  'missing_features',
  'other',
  'switched_service',
  'too_complex',
  'too_expensive',
  'unused',
])

function cancellationDetails(reason: string | null, comment: string | null): Stripe.SubscriptionCancelParams {
  if (reason === null && comment === null) return {}
  const feedback =
    reason !== null && FEEDBACK.has(reason)
      ? (reason as Stripe.SubscriptionCancelParams.CancellationDetails.Feedback)
      : null
  return { cancellation_details: { ...(feedback ? { feedback } : {}), ...(comment ? { comment } : {}) } }
}

/**
 * Ends a subscription that was never paid. The invoice is voided first: that fails if it was paid in this very moment,
 * and then nothing is cancelled.
 */
async function giveUp(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  intent: Intent,
  details: Stripe.SubscriptionCancelParams,
): Promise<Stripe.Subscription> {
  if (subscription.status !== 'incomplete') return subscription
  const invoice = latestInvoice(subscription)
  if (invoice?.status === 'open') {
    const options = { idempotencyKey: stripeKey(intent, `void-${invoice.id}`) }
    await reachedOrRefused(stripe.invoices.voidInvoice(invoice.id, {}, options))
  }
  const current = await retrieve(stripe, subscription.id)
  if (current.status !== 'incomplete') return current
  await reachedOrRefused(stripe.subscriptions.cancel(subscription.id, details))
  return retrieve(stripe, subscription.id)
}

function retrieve(stripe: Stripe, subscriptionId: string): Promise<Stripe.Subscription> {
  return reached(stripe.subscriptions.retrieve(subscriptionId, { expand: SUBSCRIPTION_DETAILS }))
}
