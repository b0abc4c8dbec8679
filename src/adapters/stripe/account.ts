import { Stripe } from 'stripe'
import { unavailable } from './refusals.ts'

/** The id of the Stripe account that the key belongs to; null for a restricted key that may not ask. */
export async function accountId(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null
    throw unavailable(error)
  }
}
