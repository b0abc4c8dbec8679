import { announce, change } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Charge, Refund } from '../wire.ts'
import { plan } from './agenda.ts'
import { cardOf } from './payment-methods.ts'

/** How a refund begins: pending for a card that is made slow, else done. */
export function refundStatus(turn: Turn, charge: Charge): 'pending' | 'succeeded' {
  return aftermathOf(turn, charge) === 'refund_pending' ? 'pending' : 'succeeded'
}

/** Long enough for whoever made the refund to see how it began. */
const bankSeconds = 60

/** Plans what the bank says later about the refund of a card that is made for it. */
export function planRefund(turn: Turn, charge: Charge, refund: Refund): void {
  const aftermath = aftermathOf(turn, charge)
  if (aftermath !== 'refund_pending' && aftermath !== 'refund_fails') return
  plan(turn, charge.customer, 'settle_refund', refund.id, turn.now(charge.customer) + bankSeconds)
}

function aftermathOf(turn: Turn, charge: Charge) {
  const method = turn.store.objects.find('payment_method', charge.payment_method ?? '')
  return method?.type === 'card' ? cardOf(turn, method).aftermath : null
}

/** A pending refund goes through; one that seemed done comes back, and the charge is no longer refunded by it. */
export function settleRefund(turn: Turn, id: string): void {
  const refund = turn.store.objects.find('refund', id)
  if (!refund) return
  if (refund.status === 'pending') tell(turn, change(turn, 'refund', refund, { status: 'succeeded' }), refund)
  else if (refund.status === 'succeeded') comeBack(turn, refund)
}

function comeBack(turn: Turn, refund: Refund): void {
  const failed = change(turn, 'refund', refund, { status: 'failed', failure_reason: 'expired_or_canceled_card' })
  const charge = turn.store.objects.find('charge', refund.charge ?? '')
  if (charge) {
    change(turn, 'charge', charge, { amount_refunded: charge.amount_refunded - refund.amount, refunded: false })
  }
  tell(turn, failed, refund)
  announce(turn, 'refund.failed', failed)
}

/** A change of a refund is told under its own name and, for older applications, under the charge's. */
export function tell(turn: Turn, refund: Refund, before: Refund): void {
  announce(turn, 'refund.updated', refund, before)
  announce(turn, 'charge.refund.updated', refund, before)
}
