import { Stripe } from 'stripe'
import { type Intent, stripeKey, type WishOf } from '../../domain/intent.ts'
import { isEnded, type ObservedSubscription } from '../../domain/subscription.ts'
import type { AttemptOutcome, ChangeAttempt, Gateway } from '../../ports/gateway.ts'
import { keepCharged, replacedCard, settleCard, useCard } from './cards.ts'
import { changeParameters, discountsWith } from './change-parameters.ts'
import { planAtPeriodEnd } from './planned-changes.ts'
import { reached, reachedOrMissing, refusedAttempt, wasReplayed } from './refusals.ts'
import { latestInvoice, SUBSCRIPTION_DETAILS } from './subscription-details.ts'
import { clientSecretOf } from './subscriptions.ts'
import { paymentIntentOf } from './translate/invoice.ts'
import { isLicensed, toSubscription } from './translate/subscription.ts'
import { keepCancellation, withdrawPaymentInvoice, withdrawPlans } from './withdrawals.ts'

type ChangeIntent = Intent<WishOf<'change'>>

export function planChangeGateway(stripe: Stripe): Pick<Gateway, 'changePlan' | 'callOffChange' | 'resume'> {
  return {
    callOffChange: (intent) => callOff(stripe, intent),
    changePlan: (intent) =>
      attempt(stripe, intent.wish.subscriptionId ?? '', (subscription) => change(stripe, subscription, intent)),
    resume: (intent) =>
      attempt(stripe, intent.wish.subscriptionId, (subscription) => resume(stripe, subscription, intent)),
  }
}

/** What Stripe refuses may come after other steps that it took, or because somebody else was faster: it is looked at again. */
async function attempt(
  stripe: Stripe,
  id: string,
  work: (subscription: Stripe.Subscription) => Promise<ChangeAttempt>,
): Promise<ChangeAttempt> {
  const subscription = await find(stripe, id)
  if (subscription === null) return GONE
  try {
    return await work(subscription)
  } catch (error) {
    const outcome = refusedChange(error)
    const now = await find(stripe, id)
    return now === null ? GONE : { ...seen(now), outcome }
  }
}

const GONE: ChangeAttempt = { subscription: null, outcome: { type: 'stale' }, clientSecret: null }
const SETTLED = { type: 'settled' } as const
const WAITING = { type: 'waiting' } as const
const STALE = { type: 'stale' } as const

async function change(stripe: Stripe, found: Stripe.Subscription, intent: ChangeIntent): Promise<ChangeAttempt> {
  const { wish } = intent
  if (found.status !== 'active' && found.status !== 'trialing') return { ...seen(found), outcome: STALE }
  if (goesOnWaiting(found, intent))
    return intent.tries > 1
      ? concluded(stripe, found, intent, replacedCard(found))
      : { ...seen(found), outcome: WAITING }
  const present = await withdrawPlans(stripe, found, intent)
  // It is withdrawn, was made by an earlier try, or was paid in this very moment.
  if (isMade(present, wish)) {
    await keepCharged(stripe, present, intent)
    return settled(await keepSubscription(stripe, present, intent))
  }
  if (wish.when === 'now') return changeNow(stripe, present, intent)
  const kept = await keepSubscription(stripe, present, intent)
  return settled(await planAtPeriodEnd(stripe, kept, intent))
}

/** The same change again, without another card or another preview, goes on with what waits for its confirmation. */
function goesOnWaiting(found: Stripe.Subscription, { wish, tries }: ChangeIntent): boolean {
  return (
    isWaitingFor(found, wish) && wish.when === 'now' && (tries > 1 || (!wish.isQuoted && wish.paymentMethodId === null))
  )
}

function isWaitingFor({ pending_update: pending }: Stripe.Subscription, { priceId }: WishOf<'change'>): boolean {
  return pending?.subscription_items?.some(({ price }) => price.id === priceId) === true
}

/** A wish for a plan is a wish to stay: a planned end is withdrawn. */
async function keepSubscription(stripe: Stripe, subscription: Stripe.Subscription, intent: Intent) {
  await keepCancellation(stripe, subscription, intent, 'withdraw')
  return find(stripe, subscription.id)
}

/** Only if it can be paid: until then Stripe keeps the change apart and the subscription as it is. */
async function changeNow(stripe: Stripe, present: Stripe.Subscription, intent: ChangeIntent): Promise<ChangeAttempt> {
  const former = await useCard(stripe, present, intent)
  const isEnding = await keepCancellation(stripe, present, intent, 'as-flag')
  const made = await stripe.subscriptions.update(
    present.id,
    {
      ...changeParameters(present, intent.wish),
      ...discountsWith(intent.wish.promotionCodeId),
      ...(isEnding ? { cancel_at_period_end: false } : {}),
      ...(present.status === 'trialing' ? {} : { payment_behavior: 'pending_if_incomplete' as const }),
      expand: SUBSCRIPTION_DETAILS,
    },
    { idempotencyKey: stripeKey(intent, 'change') },
  )
  return concluded(stripe, wasReplayed(made) ? await retrieve(stripe, made.id) : made, intent, former)
}

/** What came of a change at once: one that was declined is withdrawn, and unless it is paid the former card comes back. */
async function concluded(
  stripe: Stripe,
  after: Stripe.Subscription,
  intent: ChangeIntent,
  former: string | null,
): Promise<ChangeAttempt> {
  const outcome = await outcomeOf(stripe, after, intent.wish.priceId)
  if (outcome.type === 'declined') await withdrawPaymentInvoice(stripe, after, intent)
  if (former !== null) await settleCard(stripe, after.id, outcome.type === 'settled' ? null : former)
  return { ...seen(await retrieve(stripe, after.id)), outcome }
}

async function callOff(stripe: Stripe, intent: ChangeIntent): Promise<ObservedSubscription | null> {
  const found = await find(stripe, intent.wish.subscriptionId ?? '')
  if (found === null || isEnded(toSubscription(found))) return found && toSubscription(found)
  if (isWaitingFor(found, intent.wish)) await withdrawPaymentInvoice(stripe, found, intent)
  const former = replacedCard(found)
  if (former !== null) await settleCard(stripe, found.id, former)
  return toSubscription(await retrieve(stripe, found.id))
}

async function resume(
  stripe: Stripe,
  found: Stripe.Subscription,
  intent: Intent<WishOf<'resume'>>,
): Promise<ChangeAttempt> {
  if (isEnded(toSubscription(found))) return { ...seen(found), outcome: STALE }
  if (found.status === 'paused') return resumePaused(stripe, found, intent)
  const { cancelAt, pendingChange } = toSubscription(found)
  const isHeld = found.pause_collection !== null
  await keepCharged(stripe, found, intent)
  // An earlier try may have withdrawn everything: then this is done as well.
  if (cancelAt === null && pendingChange === null && !isHeld)
    return { ...seen(found), outcome: intent.tries > 1 ? SETTLED : STALE }
  const present = await withdrawPlans(stripe, found, intent)
  if (isHeld) await reached(stripe.subscriptions.update(found.id, { pause_collection: '' }))
  return settled(await keepSubscription(stripe, present, intent))
}

/** It goes on when its first invoice is paid, in a new period. */
async function resumePaused(
  stripe: Stripe,
  paused: Stripe.Subscription,
  intent: Intent<WishOf<'resume'>>,
): Promise<ChangeAttempt> {
  if (!toSubscription(paused).hasPaymentMethod && intent.wish.paymentMethodId === null)
    return { ...seen(paused), outcome: { type: 'payment-method-required' } }
  const former = await useCard(stripe, paused, intent)
  await stripe.subscriptions.resume(
    paused.id,
    { billing_cycle_anchor: { type: 'now' }, payment_behavior: 'resume_on_payment_success' },
    { idempotencyKey: stripeKey(intent, 'resume') },
  )
  const after = await retrieve(stripe, paused.id)
  const outcome = after.status === 'paused' ? await paymentOutcome(stripe, after) : SETTLED
  if (outcome.type === 'declined') await withdrawPaymentInvoice(stripe, after, intent)
  if (former !== null) await settleCard(stripe, after.id, outcome.type === 'settled' ? null : former)
  return { ...seen(await retrieve(stripe, paused.id)), outcome }
}

/** A change is made when the subscription has the price; where it waits, its payment tells what for. */
async function outcomeOf(stripe: Stripe, after: Stripe.Subscription, priceId: string): Promise<AttemptOutcome> {
  if (after.pending_update !== null) return paymentOutcome(stripe, after)
  return hasPrice(after, priceId) ? SETTLED : { type: 'declined', message: 'The change was not paid in time.' }
}

async function paymentOutcome(stripe: Stripe, subscription: Stripe.Subscription): Promise<AttemptOutcome> {
  const payment = paymentIntentOf(latestInvoice(subscription))
  if (payment === null) return { type: 'declined', message: 'There is no card to charge.' }
  const { status, last_payment_error: failure } = await reached(stripe.paymentIntents.retrieve(payment))
  if (status !== 'requires_payment_method') return WAITING
  return { type: 'declined', message: failure?.message ?? 'The card was declined.' }
}

/** A change of terms alone is made when what is billed by use has the prices of the new ones. */
export function isMade(
  present: Stripe.Subscription,
  { priceId, meteredPriceIds, isOfTerms }: WishOf<'change'>,
): boolean {
  if (!hasPrice(present, priceId)) return false
  if (isOfTerms !== true) return true
  const metered = present.items.data.filter((item) => !isLicensed(item)).map(({ price }) => price.id)
  return metered.length === meteredPriceIds.length && metered.every((id) => meteredPriceIds.includes(id))
}

function hasPrice(subscription: Stripe.Subscription, priceId: string): boolean {
  const licensed = subscription.items.data.filter(isLicensed)
  return licensed.length === 1 && licensed[0]?.price.id === priceId
}

function settled(subscription: Stripe.Subscription | null): ChangeAttempt {
  return subscription === null ? GONE : { ...seen(subscription), outcome: SETTLED }
}

function seen(subscription: Stripe.Subscription) {
  return { subscription: toSubscription(subscription), clientSecret: clientSecretOf(subscription) }
}

/** Without any card Stripe refuses the request itself instead of declining a payment. */
function refusedChange(error: unknown): ChangeAttempt['outcome'] {
  const isCardMissing =
    error instanceof Stripe.errors.StripeInvalidRequestError && /no attached payment source/.test(error.message)
  return isCardMissing ? { type: 'payment-method-required' } : refusedAttempt(error)
}

function find(stripe: Stripe, id: string): Promise<Stripe.Subscription | null> {
  return reachedOrMissing(stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_DETAILS }))
}

function retrieve(stripe: Stripe, id: string): Promise<Stripe.Subscription> {
  return reached(stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_DETAILS }))
}
