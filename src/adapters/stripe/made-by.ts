import type { Stripe } from 'stripe'
import type { Intent, WishOf } from '../../domain/intent.ts'
import { isMade } from './plan-changes.ts'
import { reachedOrMissing, unavailable } from './refusals.ts'

/** Search would lag by a minute or more; the list does not. It goes back to when the wish was opened. */
export async function customerMadeBy(stripe: Stripe, intent: Intent): Promise<string | null> {
  const created = { gte: Math.floor(intent.openedAt / 1_000) - CLOCK_SKEW_SECONDS }
  return firstOf(stripe.customers.list({ created, limit: 100 }), intent)
}

/** Stripe's clock and ours may differ by so much. */
const CLOCK_SKEW_SECONDS = 300

export async function madeBy(stripe: Stripe, intent: Intent, customer: string): Promise<string | null> {
  switch (intent.wish.kind) {
    case 'pay':
      return firstOf(stripe.paymentIntents.list({ customer, limit: 100 }), intent)
    case 'checkout':
      return firstOf(stripe.checkout.sessions.list({ customer, limit: 100 }), intent)
    case 'change':
      if (intent.wish.subscriptionId !== null) return changedBy(stripe, intent.wish.subscriptionId, intent.wish)
      break
  }
  return firstOf(stripe.subscriptions.list({ customer, status: 'all', limit: 100 }), intent)
}

/** A change leaves no mark of its own: it is made when the subscription is what it was to become. */
async function changedBy(stripe: Stripe, id: string, wish: WishOf<'change'>): Promise<string | null> {
  const found = await reachedOrMissing(stripe.subscriptions.retrieve(id))
  return found !== null && isMade(found, wish) ? id : null
}

interface Marked {
  readonly id: string
  readonly metadata: Stripe.Metadata | null
}

async function firstOf(objects: AsyncIterable<Marked>, intent: Intent): Promise<string | null> {
  try {
    for await (const object of objects) if (object.metadata?.intent_id === intent.id) return object.id
    return null
  } catch (error) {
    throw unavailable(error)
  }
}
