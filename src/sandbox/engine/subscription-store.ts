import { announce } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { EventType, Subscription } from '../wire.ts'

/** Saves a subscription with its items: an item is also found by its own id, and both must show the same. */
export function saveSubscription(
  turn: Turn,
  before: Subscription,
  patch: Partial<Subscription>,
  ...types: readonly EventType[]
): Subscription {
  const after = { ...before, ...patch }
  if (Bun.deepEquals(before, after, true)) return before
  storeSubscription(turn, after)
  for (const type of types) announce(turn, type, after, type.endsWith('.updated') ? before : undefined)
  return after
}

export function storeSubscription(turn: Turn, subscription: Subscription): void {
  turn.store.objects.save('subscription', subscription)
  for (const item of subscription.items.data) turn.store.objects.save('subscription_item', item)
}
