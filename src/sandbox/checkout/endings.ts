import { announce, change } from '../events/record.ts'
import type { StoredCheckout } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import type { PaymentIntent } from '../wire.ts'

/** Nobody can pay it any more. */
export function expireSession(turn: Turn, session: StoredCheckout): StoredCheckout {
  turn.store.dueWork.drop('expire_checkout_session', session.id)
  return change(turn, 'checkout.session', session, { status: 'expired' }, 'checkout.session.expired')
}

/** A payment by bank account has come to its end, and with it the session that waited for it. */
export function settleSession(turn: Turn, intent: PaymentIntent): void {
  const [session] = turn.store.objects.select('checkout.session', { lookup: intent.id })
  if (session?.status !== 'complete' || session.payment_status !== 'unpaid') return
  if (intent.status === 'succeeded') {
    change(turn, 'checkout.session', session, { payment_status: 'paid' }, 'checkout.session.async_payment_succeeded')
  } else {
    announce(turn, 'checkout.session.async_payment_failed', session)
  }
}
