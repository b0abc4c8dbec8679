import type { Stripe } from 'stripe'
import { type Intent, stripeKey } from '../../domain/intent.ts'

interface WithCard {
  readonly wish: { readonly paymentMethodId: string | null }
}

/** Attaches the wish's card and returns its id: test tokens become a new card each time. Null without a card. */
export async function attachCard(stripe: Stripe, customer: string, intent: Intent & WithCard): Promise<string | null> {
  const { paymentMethodId } = intent.wish
  if (paymentMethodId === null) return null
  const options = { idempotencyKey: stripeKey(intent, 'attach') }
  return (await stripe.paymentMethods.attach(paymentMethodId, { customer }, options)).id
}
