import type { Stripe } from 'stripe'
import type { UserId } from '../../domain/account.ts'
import { hasCode } from '../../domain/discount.ts'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import { isEnded, type ObservedSubscription } from '../../domain/subscription.ts'
import type { TrialTerms } from '../../domain/trial.ts'
import type { CodeAttempt, Gateway, SubscriptionAttempt } from '../../ports/gateway.ts'
import { attachCard } from './cards.ts'
import { reached, reachedOrMissing, refusedAttempt, unlessSettled, wasReplayed } from './refusals.ts'
import { latestInvoice, SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { automaticTax, type TaxSettings } from './tax.ts'
import { paymentIntentOf } from './translate/invoice.ts'
import { hasPaymentMethod, toSubscription } from './translate/subscription.ts'

type Subscribing = Pick<Gateway, 'subscribe' | 'resumeSubscribing' | 'applyCode' | 'extendTrial'>
type SubscribeIntent = Intent<WishOf<'subscribe'>>

export function subscriptionGateway(stripe: Stripe, tax: TaxSettings): Subscribing {
  return {
    async subscribe(user, customerId, intent) {
      try {
        const card = await attachCard(stripe, customerId, intent)
        const made = await create(stripe, tax, user, customerId, intent, card)
        return await attemptOf(stripe, made, card !== null)
      } catch (error) {
        return { subscription: null, outcome: refusedAttempt(error), clientSecret: null }
      }
    },
    async resumeSubscribing(subscriptionId, intent) {
      const subscription = await retrieve(stripe, subscriptionId)
      if (subscription.status !== 'incomplete' || intent.wish.paymentMethodId === null)
        return attemptOf(stripe, subscription, false)
      try {
        await payWith(stripe, subscription, intent)
      } catch (error) {
        return { subscription: toSubscription(subscription), outcome: refusedAttempt(error), clientSecret: null }
      }
      return attemptOf(stripe, await retrieve(stripe, subscriptionId), true)
    },
    applyCode: (intent) => applyCode(stripe, intent),
    extendTrial: (intent) => extendTrial(stripe, intent),
  }
}

/**
 * With a card the first payment is tried at once; without one the subscription waits for the client secret. A replayed
 * answer of Stripe's shows the subscription as it was then, so it is looked at again.
 */
async function create(
  stripe: Stripe,
  tax: TaxSettings,
  user: UserId,
  customer: string,
  intent: SubscribeIntent,
  card: string | null,
): Promise<Stripe.Subscription> {
  const { priceId, meteredPriceIds, currency, trial, promotionCodeId } = intent.wish
  const made = await stripe.subscriptions.create(
    {
      customer,
      items: [{ price: priceId }, ...meteredPriceIds.map((price) => ({ price }))],
      ...(currency === undefined ? {} : { currency }),
      payment_behavior: card === null ? 'default_incomplete' : 'allow_incomplete',
      payment_settings: { save_default_payment_method: 'on_subscription' },
      metadata: { user_id: user, intent_id: intent.id },
      expand: SUBSCRIPTION_DETAILS,
      ...(card === null ? {} : { default_payment_method: card }),
      ...trialOf(trial),
      ...automaticTax(tax),
      ...(promotionCodeId === null ? {} : { discounts: [{ promotion_code: promotionCodeId }] }),
    },
    { idempotencyKey: stripeKey(intent, 'subscribe') },
  )
  return wasReplayed(made) ? retrieve(stripe, made.id) : made
}

/** Without a card by then the subscription ends, or waits for one: it is never billed to nobody. */
export function trialOf(trial: TrialTerms | null) {
  if (trial === null) return {}
  return {
    trial_period_days: trial.days,
    trial_settings: { end_behavior: { missing_payment_method: trial.withoutCard } },
  }
}

async function applyCode(stripe: Stripe, intent: Intent<WishOf<'apply-code'>>): Promise<CodeAttempt> {
  const { subscriptionId, promotionCodeId } = intent.wish
  const before = await reachedOrMissing(stripe.subscriptions.retrieve(subscriptionId, { expand: SUBSCRIPTION_DETAILS }))
  if (before === null) return { subscription: null, refusal: null }
  const seen = toSubscription(before)
  if (isEnded(seen) || hasCode(seen, promotionCodeId)) return { subscription: seen, refusal: null }
  try {
    const discounts = [{ promotion_code: promotionCodeId }]
    await stripe.subscriptions.update(
      subscriptionId,
      { discounts },
      { idempotencyKey: stripeKey(intent, 'apply-code') },
    )
  } catch (error) {
    const refusal = refusedAttempt(error)
    const path = refusal.type === 'refused' ? refusal.path : ''
    return { subscription: seen, refusal: { path, message: refusal.message } }
  }
  return { subscription: toSubscription(await retrieve(stripe, subscriptionId)), refusal: null }
}

/** One that has ended its trial meanwhile is returned as it is. */
async function extendTrial(
  stripe: Stripe,
  intent: Intent<WishOf<'extend-trial'>>,
): Promise<ObservedSubscription | null> {
  const { subscriptionId, trialEnd } = intent.wish
  const subscription = await reachedOrMissing(stripe.subscriptions.retrieve(subscriptionId))
  if (subscription === null) return null
  if (subscription.status === 'trialing')
    await reached(
      stripe.subscriptions.update(
        subscriptionId,
        { trial_end: Math.floor(trialEnd / 1_000), proration_behavior: 'none' },
        { idempotencyKey: stripeKey(intent, 'extend-trial') },
      ),
    )
  return toSubscription(await retrieve(stripe, subscriptionId))
}

/** Keeps a card for the renewals and confirms the waiting first payment with it. */
async function payWith(stripe: Stripe, subscription: Stripe.Subscription, intent: SubscribeIntent): Promise<void> {
  const card = await attachCard(stripe, toSubscription(subscription).customerId, intent)
  if (card === null) return
  const keep = { idempotencyKey: stripeKey(intent, 'keep-card') }
  await stripe.subscriptions.update(subscription.id, { default_payment_method: card }, keep)
  const payment = paymentIntentOf(latestInvoice(subscription))
  if (payment === null) return
  const confirm = { idempotencyKey: stripeKey(intent, 'confirm') }
  await unlessSettled(stripe.paymentIntents.confirm(payment, { payment_method: card }, confirm))
}

/** Whether a waiting subscription waits for its customer or was declined, only its payment tells. */
async function attemptOf(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  withCard: boolean,
): Promise<SubscriptionAttempt> {
  const seen = { subscription: toSubscription(subscription), clientSecret: clientSecretOf(subscription) }
  if (isEnded(seen.subscription)) return { ...seen, outcome: givenUp }
  if (subscription.status !== 'incomplete') return { ...seen, outcome: { type: 'settled' } }
  const payment = withCard ? paymentIntentOf(latestInvoice(subscription)) : null
  if (payment === null) return { ...seen, outcome: { type: 'waiting' } }
  const { status, last_payment_error: failure } = await reached(stripe.paymentIntents.retrieve(payment))
  if (status !== 'requires_payment_method' || failure === null) return { ...seen, outcome: { type: 'waiting' } }
  return { ...seen, outcome: { type: 'declined', message: failure.message ?? 'The card was declined.' } }
}

/** What this very wish began and then gave up was not paid: asked again, that is still the answer. */
const givenUp = { type: 'declined', message: 'The first payment was not made.' } as const

/** Of the payment that is waited for: the first one, or that of a change; when nothing is due, of the card set-up. */
export function clientSecretOf(subscription: Stripe.Subscription): string | null {
  const setupSecret = setupSecretOf(subscription)
  const waits = subscription.status === 'incomplete' || subscription.status === 'paused'
  if (!waits && subscription.pending_update === null) return setupSecret
  return latestInvoice(subscription)?.confirmation_secret?.client_secret ?? setupSecret
}

/** Stripe leaves a set-up waiting for a card though one was given by another way; one that the bank asks about is needed. */
function setupSecretOf(subscription: Stripe.Subscription): string | null {
  const setup = subscription.pending_setup_intent
  if (setup === null || typeof setup === 'string') return null
  const isNeedless = setup.status === 'requires_payment_method' && hasPaymentMethod(subscription)
  return isNeedless ? null : setup.client_secret
}

function retrieve(stripe: Stripe, subscriptionId: string): Promise<Stripe.Subscription> {
  return reached(stripe.subscriptions.retrieve(subscriptionId, { expand: SUBSCRIPTION_DETAILS }))
}
