import type { Stripe } from 'stripe'
import { type Intent, stripeKey } from '../../domain/intent.ts'
import { reached } from './refusals.ts'
import { idOf } from './translate/values.ts'

/** A wish that may bring a card. */
export type WithCard = Intent & { readonly wish: { readonly paymentMethodId: string | null } }

/** Attaches the wish's card and returns its id: test tokens become a new card each time. Null without a card. */
export async function attachCard(stripe: Stripe, customer: string, intent: WithCard): Promise<string | null> {
  const { paymentMethodId } = intent.wish
  if (paymentMethodId === null) return null
  const options = { idempotencyKey: stripeKey(intent, 'attach') }
  return (await stripe.paymentMethods.attach(paymentMethodId, { customer }, options)).id
}

/** The card that was to be replaced is noted at Stripe, so that it comes back if the change is not paid at once. */
const REPLACED = 'replaced_payment_method'
const NO_CARD = 'none'

/** Charges the given card with what is due. Returns the card that is to come back unless it is paid; null without one. */
export async function useCard(
  stripe: Stripe,
  subscription: Stripe.Subscription,
  intent: WithCard,
): Promise<string | null> {
  const card = await attachCard(stripe, idOf(subscription.customer) ?? '', intent)
  if (card === null) return null
  const known = replacedCard(subscription) ?? cardOf(subscription) ?? NO_CARD
  const metadata = { [REPLACED]: known }
  const options = { idempotencyKey: stripeKey(intent, 'use-card') }
  await reached(stripe.subscriptions.update(subscription.id, { default_payment_method: card, metadata }, options))
  return known
}

/** The card that a try which was broken off has put aside; null where there is none. */
export function replacedCard({ metadata }: Stripe.Subscription): string | null {
  return metadata[REPLACED] ?? null
}

function cardOf({ default_payment_method: card }: Stripe.Subscription): string | null {
  return typeof card === 'string' ? card : (card?.id ?? null)
}

/** The card that was charged stays when it has paid (null); else the former one comes back. */
export async function settleCard(stripe: Stripe, subscriptionId: string, former: string | null): Promise<void> {
  const back = former === null ? {} : { default_payment_method: former === NO_CARD ? '' : former }
  await reached(stripe.subscriptions.update(subscriptionId, { ...back, metadata: { [REPLACED]: '' } }))
}

/** Where an earlier try has charged the card and its answer was lost, that card stays: what it replaced must not come back. */
export async function keepCharged(stripe: Stripe, subscription: Stripe.Subscription, { tries }: Intent): Promise<void> {
  if (tries > 1 && replacedCard(subscription) !== null) await settleCard(stripe, subscription.id, null)
}
