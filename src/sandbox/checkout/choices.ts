import { change } from '../events/record.ts'
import { invalid } from '../http/failure.ts'
import type { CheckoutWish, StoredCheckout } from '../surface-kinds.ts'
import type { Turn } from '../turn.ts'
import { shownDiscounts } from './draft.ts'
import { sumsOf } from './lines.ts'

/** Applies the code a buyer typed; an empty one takes the discount off again. */
export function applyCode(turn: Turn, session: StoredCheckout, code: string): StoredCheckout {
  if (session.status !== 'open' || session.allow_promotion_codes !== true) throw invalid('This session takes no codes.')
  if (code === '') return withCode(turn, session, null)
  const found = turn.store.objects.select('promotion_code', { lookup: code.trim() })
  const usable = found.find((candidate) => {
    const mine = candidate.customer === null || candidate.customer === session.customer
    const current = candidate.expires_at === null || candidate.expires_at > turn.now(session.customer)
    const left = candidate.max_redemptions === null || candidate.times_redeemed < candidate.max_redemptions
    return candidate.active && mine && current && left
  })
  if (!usable) throw invalid('This code is invalid.', 'code')
  const minimum = usable.restrictions.minimum_amount
  if (minimum !== null && (session.amount_subtotal ?? 0) < minimum)
    throw invalid('This code needs a larger order.', 'code')
  return withCode(turn, session, usable.id)
}

/** Takes the quantities a buyer chose, within the bounds of each line. */
export function adjust(turn: Turn, session: StoredCheckout, wanted: (item: string) => string): StoredCheckout {
  if (session.status !== 'open') throw invalid('This session is over.')
  const items = session.sim_wish.items.map((item) => {
    const quantity = Number(wanted(item.id))
    if (!item.adjustable || wanted(item.id) === '') return item
    const { minimum, maximum } = item.adjustable
    if (!Number.isInteger(quantity) || quantity < minimum || quantity > maximum) {
      throw invalid(`The quantity must be between ${minimum} and ${maximum}.`, 'quantity')
    }
    return { ...item, quantity }
  })
  return rewished(turn, session, { ...session.sim_wish, items })
}

const withCode = (turn: Turn, session: StoredCheckout, promotionCode: string | null) =>
  rewished(turn, session, { ...session.sim_wish, promotionCode })

/** The session with another wish, its sums worked out again. */
function rewished(turn: Turn, session: StoredCheckout, sim_wish: CheckoutWish): StoredCheckout {
  const { subtotal, discount, tax, total } = sumsOf(turn, { sim_wish })
  return change(turn, 'checkout.session', session, {
    sim_wish,
    amount_subtotal: subtotal,
    amount_total: total,
    discounts: shownDiscounts(sim_wish),
    total_details: { amount_discount: discount, amount_shipping: 0, amount_tax: tax },
  })
}
