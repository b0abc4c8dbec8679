import type { Account, Change } from './account.ts'
import type { Intent } from './intent.ts'
import type { Instant } from './period.ts'
import { isLive, type ObservedSubscription, type Subscription } from './subscription.ts'

/**
 * The wish to undo a subscription that should not be: of two that live the one that came later, as when two checkouts were
 * paid in two tabs. It is opened once for each subscription, in the very step that sees it.
 */
export function undoSecond(account: Account, seen: Subscription, at: Instant): readonly Change[] {
  const known = account.subscriptions.find(({ id }) => id === seen.id)
  if (!isLive(seen) || (known !== undefined && isLive(known))) return []
  const others = account.subscriptions.filter((other) => other.id !== seen.id && isLive(other))
  const [first, ...later] = [seen, ...others].toSorted(inOrder)
  return first === undefined ? [] : later.map(({ id }) => undo(id, 'duplicate', at))
}

/** Stripe counts in seconds; within one, the ids decide, so that whoever looks decides the same. */
function inOrder(one: ObservedSubscription, other: ObservedSubscription): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1)
}

/** Opens the wish to end a subscription and give back what was paid for it; there is one for each, by its id. */
export function undo(subscriptionId: string, why: 'duplicate' | 'trial_used', at: Instant): Change {
  const id = `intent_undo_${subscriptionId}`
  const intent: Intent = {
    id,
    wish: { kind: 'undo', subscriptionId, why },
    person: { email: null, name: null },
    key: null,
    fingerprint: id,
    tries: 1,
    keyNumber: 1,
    keyedAt: at,
    openedAt: at,
  }
  return { type: 'intent-opened', intent }
}
