import type { Change, UserId } from '../domain/account.ts'
import { invalidField } from '../domain/errors.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import { moneyText } from '../domain/money.ts'
import { type Selling, type Settled, settle } from './wishes.ts'

export interface RefundAnswer {
  readonly refund_id: string
  readonly payment_id: string
  readonly amount: number
  readonly currency: string
  readonly status: string
  readonly take_back: boolean
}

/** Gives back at Stripe and keeps what Stripe then shows, with a note of who did it. */
export async function pursueRefund(
  ports: Selling,
  user: UserId,
  intent: Intent<WishOf<'refund'>>,
): Promise<Settled<RefundAnswer>> {
  const { paymentId, takeBack } = intent.wish
  const { refund, seen, outcome } = await ports.gateway.refund(user, intent)
  if (outcome.type === 'refused' || refund === null) {
    const refusal =
      outcome.type === 'refused'
        ? invalidField(outcome.path, outcome.message, outcome.reason)
        : invalidField('', 'It could not be made.')
    return settle(ports, user, intent, seen, { refusal })
  }
  const { id, amount, currency, status } = refund
  const result = { refund_id: id, payment_id: paymentId, amount, currency, status, take_back: takeBack }
  const changes = [auditOf(ports, intent, `${moneyText(amount, currency)} (${id})`)]
  return settle(ports, user, intent, seen, { status: 201, result, stored: result, changes })
}

function auditOf(ports: Selling, { wish }: Intent<WishOf<'refund'>>, refund: string): Change {
  const why = [wish.reason, wish.note].filter((words) => words !== null).join(', ')
  const kept = wish.takeBack ? '' : ', what it bought stays'
  const detail = `${refund} of ${wish.paymentId} given back${kept}${why === '' ? '' : `: ${why}`}`
  const entry = { id: ports.newId('audit'), at: ports.clock.now(), actor: wish.operator, detail }
  return { type: 'audited', entry: { ...entry, action: 'payment-refunded' } }
}
