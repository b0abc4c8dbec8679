import type { Stripe } from 'stripe'
import type { EventFeed } from '../../ports/mirror.ts'
import { PAGE, pacer, patiently } from './pace.ts'
import { toStripeEvent } from './webhook.ts'

/**
 * Stripe's list of events. What `delivery_success` says is not asked: it is true of an event that any other endpoint took,
 * and of one for which there was no endpoint at all.
 */
export function stripeEventFeed(stripe: Stripe, callsPerSecond: number): EventFeed {
  const pace = pacer(callsPerSecond)
  return {
    async events(from, cursor) {
      const asked = {
        limit: PAGE,
        created: { gte: Math.floor(from / 1_000) },
        ...(cursor === null ? {} : { starting_after: cursor }),
      }
      const { data, has_more } = await patiently(pace, () => stripe.events.list(asked))
      const items = data.map((sent) => {
        const body = new TextEncoder().encode(JSON.stringify(sent))
        return { event: toStripeEvent(body), body }
      })
      return { items, nextCursor: has_more ? (data.at(-1)?.id ?? null) : null }
    },
  }
}
