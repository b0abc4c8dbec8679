import type { Stripe } from 'stripe'
import { SUBSCRIPTION_VIEW } from './translate/subscription.ts'

/** What is needed to tell how a subscription stands, its first payment included. */
export const SUBSCRIPTION_DETAILS = [
  ...SUBSCRIPTION_VIEW,
  'latest_invoice.confirmation_secret',
  'latest_invoice.payments',
  'pending_setup_intent',
]

/** Null too where it was not expanded. */
export function latestInvoice(subscription: Stripe.Subscription): Stripe.Invoice | null {
  const invoice = subscription.latest_invoice
  return invoice === null || typeof invoice === 'string' ? null : invoice
}
