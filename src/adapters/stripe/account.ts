import { Stripe } from 'stripe'
import { answeredAt, unavailable } from './refusals.ts'
import { during } from './setup-refusals.ts'

/** The id of the Stripe account that the key belongs to; null for a restricted key that may not ask. */
export async function accountId(stripe: Stripe): Promise<string | null> {
  try {
    return (await stripe.accounts.retrieveCurrent()).id
  } catch (error) {
    if (error instanceof Stripe.errors.StripePermissionError) return null
    throw unavailable(error)
  }
}

export interface AccountFacts {
  /** Null for a restricted key that may not ask. */
  readonly id: string | null
  /** Whether it may charge cards; null where that is not known. */
  readonly mayCharge: boolean | null
  /** Stripe's clock at the answer, to the second; null where none was told. */
  readonly stripeTime: number | null
}

/** Who the key belongs to and what time it is there. Throws `stripe_unavailable`, and in words for a key that is unknown. */
export async function lookAtAccount(stripe: Stripe): Promise<AccountFacts> {
  try {
    const account = await during('read the account', stripe.accounts.retrieveCurrent())
    return { id: account.id, mayCharge: account.charges_enabled, stripeTime: answeredAt(account) }
  } catch (error) {
    const refused = error instanceof Error && error.cause instanceof Stripe.errors.StripePermissionError
    if (!refused) throw error
    return { id: null, mayCharge: null, stripeTime: null }
  }
}
