import type { Change, UserId } from '../domain/account.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { moneyText } from '../domain/money.ts'
import type { UndoAttempt } from '../ports/gateway.ts'
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
  const { subscription, money, seen, isOurs } = await ports.gateway.undo(user, intent)
  const refunded_amount = money?.refunded ?? 0
  const result = { subscription_id: subscriptionId, status: subscription?.status ?? null, refunded_amount }
  const end = { status: 200, result, stored: result } as const
  // What was made at Stripe by hand is left to whoever made it; reconciling reports it.
  if (!isOurs) return settle(ports, user, intent, seen, end)
  const detail = `${subscriptionId} cancelled, ${inWords(money)}: ${WHY[why]}`
  const entry = { id: ports.newId('audit'), at: ports.clock.now(), actor: 'speech-billing', detail }
  const changes: readonly Change[] = [{ type: 'audited', entry: { ...entry, action: 'subscription-undone' } }]
  return settle(ports, user, intent, seen, { ...end, changes })
}

/** Stripe does not give back what is disputed, nor what the account cannot cover: that is left to the operator. */
function inWords(money: UndoAttempt['money']): string {
  if (money === null) return 'nothing had been paid'
  const { paid, refunded, currency } = money
  if (refunded >= paid) return `${moneyText(refunded, currency)} given back`
  return `${moneyText(paid - refunded, currency)} of what was paid could not be given back: refund it by hand`
}
