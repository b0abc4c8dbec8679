import type { Change, UserId } from '../domain/account.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { type Selling, type Settled, settle } from './wishes.ts'

export interface UndoAnswer {
  readonly subscription_id: string
  readonly status: string | null
  readonly refunded_amount: number
}

const WHY = {
  duplicate: 'another subscription of the same user was there first',
  trial_used: 'somebody with the same card has had a free trial',
} as const

/** Ends a subscription that should not be, gives back what was paid for it, and notes both. */
export async function pursueUndo(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'undo'>>,
): Promise<Settled<UndoAnswer>> {
  const { subscriptionId, why } = intent.wish
  const { subscription, refunded, seen, isOurs } = await ports.gateway.undo(user, intent)
  const result = { subscription_id: subscriptionId, status: subscription?.status ?? null, refunded_amount: refunded }
  const end = { status: 200, result, stored: result } as const
  // What was made at Stripe by hand is left to whoever made it; reconciling reports it.
  if (!isOurs) return settle(ports, user, intent, seen, end)
  const money = refunded === 0 ? 'nothing had been paid' : `${refunded} in minor units given back`
  const detail = `${subscriptionId} cancelled, ${money}: ${WHY[why]}`
  const entry = { id: ports.newId('audit'), at: ports.clock.now(), actor: 'speech-billing', detail }
  const changes: readonly Change[] = [{ type: 'audited', entry: { ...entry, action: 'subscription-undone' } }]
  return settle(ports, user, intent, seen, { ...end, changes })
}
