import { expireSession, settleSession } from '../checkout/endings.ts'
import type { Turn } from '../turn.ts'
import { settleDebit } from './debits.ts'
import { settleRefund } from './refunds.ts'

/** What time brings about around payments and pages. */
export const surfaceTasks = {
  settle_debit: (turn: Turn, id: string) => {
    const intent = settleDebit(turn, id)
    if (intent) settleSession(turn, intent)
  },
  settle_refund: settleRefund,
  expire_checkout_session: (turn: Turn, id: string) => {
    const session = turn.store.objects.find('checkout.session', id)
    if (session?.status === 'open') expireSession(turn, session)
  },
}
