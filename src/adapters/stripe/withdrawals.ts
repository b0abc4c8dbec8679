import type { Stripe } from 'stripe'
import { type Intent, stripeKey } from '../../domain/intent.ts'
import { reached, reachedOrRefused } from './refusals.ts'
import { latestInvoice, SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { hasSeveralPeriods } from './translate/subscription.ts'

/** Withdraws a change that is planned or waits for its payment. Returns the subscription as it then is. */
export async function withdrawPlans(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  intent: Intent,
): Promise<Stripe.Subscription> {
  const isWaiting = subscription.pending_update !== null
  if (isWaiting) await withdrawPaymentInvoice(stripe, subscription, intent)
  const isReleased = await releaseSchedule(stripe, subscription, intent)
  if (!isWaiting && !isReleased) return subscription
  return reached(stripe.subscriptions.retrieve(subscription.id, { expand: SUBSCRIPTION_DETAILS }))
}

/** Voiding its invoice ends a change that waits. If it was paid in this very moment that fails, and the change stands. */
export async function withdrawPaymentInvoice(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  intent: Intent,
): Promise<void> {
  const invoice = latestInvoice(subscription)
  if (invoice?.status !== 'open') return
  const options = { idempotencyKey: stripeKey(intent, `void-${invoice.id}`) }
  await reachedOrRefused(stripe.invoices.voidInvoice(invoice.id, {}, options))
}

/**
 * Lets the subscription go from its schedule: while it has one, Stripe refuses to change its end. One that this very wish
 * has made stays.
 */
async function releaseSchedule(
  stripe: Stripe,
  { schedule }: Pick<Stripe.Subscription, 'schedule'>,
  intent: Intent,
): Promise<boolean> {
  if (schedule === null) return false
  const id = typeof schedule === 'string' ? schedule : schedule.id
  if (typeof schedule !== 'string' && schedule.metadata?.intent_id === intent.id) return false
  const options = { idempotencyKey: stripeKey(intent, `release-${id}`) }
  await reachedOrRefused(stripe.subscriptionSchedules.release(id, {}, options))
  return true
}

/**
 * Withdraws a planned end; `as-flag` leaves it, in the form that can be withdrawn together with a change that is paid
 * later. Cancelled in the portal it stands as a date, which Stripe does not take into such a change. Where a year is paid
 * and use by the month, the flag would mean the end of the month: then the end is withdrawn first. Tells whether there is
 * one to be withdrawn with the change.
 */
export async function keepCancellation(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  intent: Intent,
  way: 'withdraw' | 'as-flag',
): Promise<boolean> {
  const { cancel_at, cancel_at_period_end: isFlag } = subscription
  if (cancel_at === null && !isFlag) return false
  if (way === 'as-flag' && isFlag) return true
  if (way === 'as-flag' && hasSeveralPeriods(subscription)) {
    await keepCancellation(stripe, subscription, intent, 'withdraw')
    return false
  }
  const idempotencyKey = stripeKey(intent, `cancellation-${way}`)
  const wanted = way === 'as-flag' ? { cancel_at_period_end: true } : isFlag ? { cancel_at_period_end: false } : UNDATED
  await reached(stripe.subscriptions.update(subscription.id, wanted, { idempotencyKey }))
  return true
}

const UNDATED = { cancel_at: '' } as const
