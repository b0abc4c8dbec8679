import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { recall, remember } from './memory.ts'

/** Keeps in mind which subscriptions of a customer usage has to be compared with. */
export function noteThresholds(turn: Turn, subscription: Subscription): void {
  const known = recall(turn, 'thresholds', subscription.customer) ?? []
  const others = known.filter((id) => id !== subscription.id)
  const ids = hasThreshold(subscription) ? [...others, subscription.id] : others
  if (ids.length !== known.length) remember(turn, 'thresholds', subscription.customer, ids)
}

const hasThreshold = ({ billing_thresholds, items }: Subscription) =>
  billing_thresholds !== null || items.data.some((item) => item.billing_thresholds !== null)
