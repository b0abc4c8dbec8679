import type { Stripe } from 'stripe'
import type { UserId } from '../../domain/account.ts'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import type { Observation } from '../../domain/observation.ts'
import { isEnded } from '../../domain/subscription.ts'
import type { Gateway } from '../../ports/gateway.ts'
import { lookAtRefunds } from './look.ts'
import { reached, reachedOrMissing, reachedOrRefused } from './refusals.ts'
import { latestInvoice, SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { paymentIntentOf } from './translate/invoice.ts'
import { toSubscription } from './translate/subscription.ts'
import { withdrawPlans } from './withdrawals.ts'

type UndoIntent = Intent<WishOf<'undo'>>

/**
 * Cancels at once and gives the last payment back whole; done twice it is the same as once. A change that waits for its
 * payment is withdrawn first: cancelling would leave its invoice open, to be paid for nothing.
 */
export function undoGateway(stripe: Stripe): Pick<Gateway, 'undo'> {
  return {
    async undo(user, intent) {
      const found = await retrieve(stripe, intent.wish.subscriptionId)
      if (found === null) return { subscription: null, money: null, seen: [], isOurs: false }
      const isOurs = found.metadata.intent_id !== undefined
      if (!isOurs) return { subscription: toSubscription(found), money: null, seen: [], isOurs }
      const present = isEnded(toSubscription(found)) ? found : await end(stripe, found, intent)
      const invoice = await lastPaidInvoice(stripe, present)
      const payment = invoice !== null && invoice.amount_paid > 0 ? paymentIntentOf(invoice) : null
      if (payment !== null) await refund(stripe, user, intent, payment)
      const now = (await retrieve(stripe, found.id)) ?? found
      const subscription = toSubscription(now)
      const back = payment === null ? [] : await lookAtRefunds(stripe, payment)
      const money = payment === null || invoice === null ? null : { ...moneyOf(invoice), refunded: refundedIn(back) }
      // Seen last, since the look at the payment brings the subscription along without what we did to it.
      const seen = [
        ...back.filter(({ type }) => type !== 'subscription'),
        { type: 'subscription', subscription } as const,
      ]
      return { subscription, money, seen, isOurs }
    },
  }
}

/** Returns it as it was just before its end. */
async function end(stripe: Stripe, found: Stripe.Subscription, intent: UndoIntent): Promise<Stripe.Subscription> {
  const present = await withdrawPlans(stripe, found, intent)
  const idempotencyKey = stripeKey(intent, 'undo-cancel')
  await reachedOrMissing(stripe.subscriptions.cancel(found.id, {}, { idempotencyKey }))
  return present
}

/** Not always the latest one: that may be the invoice of a change which was never paid. */
async function lastPaidInvoice(stripe: Stripe, subscription: Stripe.Subscription): Promise<Stripe.Invoice | null> {
  const latest = latestInvoice(subscription)
  if (latest === null || latest.status === 'paid') return latest
  const { data } = await reached(
    stripe.invoices.list({ subscription: subscription.id, status: 'paid', limit: 1, expand: ['data.payments'] }),
  )
  return data[0] ?? null
}

function retrieve(stripe: Stripe, id: string): Promise<Stripe.Subscription | null> {
  return reachedOrMissing(stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_DETAILS }))
}

/** What cannot be given back is seen in the look that follows: some of it was before, or the bank has it in dispute. */
async function refund(stripe: Stripe, user: UserId, intent: UndoIntent, payment_intent: string): Promise<void> {
  const metadata = { user_id: user, intent_id: intent.id, take_back: 'true' }
  const { data } = await reached(stripe.refunds.list({ payment_intent, limit: 100 }))
  if (data.some((made) => made.metadata?.intent_id === intent.id)) return
  await reachedOrRefused(
    stripe.refunds.create(
      { payment_intent, reason: 'duplicate', metadata },
      { idempotencyKey: stripeKey(intent, 'undo-refund') },
    ),
  )
}

function moneyOf({ amount_paid: paid, currency }: Stripe.Invoice) {
  return { paid, currency }
}

function refundedIn(seen: readonly Observation[]): number {
  return Math.max(0, ...seen.map((each) => (each.type === 'entry' ? each.payment.refundedAmount : 0)))
}
