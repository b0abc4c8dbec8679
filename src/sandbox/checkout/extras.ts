import type { Turn } from '../turn.ts'
import { lineItemsOf } from './lines.ts'

/** The line items of a session, shown only when they are asked for. */
export function checkoutExtras(turn: Turn, id: string, field: string): unknown {
  const session = field === 'line_items' ? turn.store.objects.find('checkout.session', id) : undefined
  return session && lineItemsOf(turn, session)
}

/** The same of a payment link: those of the session it would make. */
export function linkExtras(turn: Turn, id: string, field: string): unknown {
  const link = field === 'line_items' ? turn.store.objects.find('payment_link', id) : undefined
  return link && { ...lineItemsOf(turn, { ...link.sim_session, id }), url: `/v1/payment_links/${id}/line_items` }
}
