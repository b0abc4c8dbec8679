import type { Stripe } from 'stripe'
import type { StripeCustomer } from '../../../domain/drift.ts'

/** Whose it is stands in the metadata, where we or `stripe adopt` have written it. */
export function toCustomer(customer: Stripe.Customer | Stripe.DeletedCustomer): StripeCustomer {
  if (customer.deleted) return { id: customer.id, user: null, isDeleted: true }
  return { id: customer.id, user: customer.metadata.user_id || null, isDeleted: false }
}
