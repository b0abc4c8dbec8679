import { detailsOf } from '../engine/subscription-end.ts'
import { invalid } from '../http/failure.ts'
import type { Turn } from '../turn.ts'
import type { Subscription } from '../wire.ts'
import { sentOnly } from './patches.ts'
import type { Update } from './subscription-parameters.ts'

interface EndWish {
  readonly cancel_at?: number | 'min_period_end' | 'max_period_end' | null | undefined
  readonly cancel_at_period_end?: boolean | undefined
}

/**
 * When it is to end. As recorded: cancel_at_period_end fills cancel_at with the period's end and canceled_at with now,
 * and undoing clears both.
 */
export function endPatch(turn: Turn, subscription: Subscription, wish: EndWish): Partial<Subscription> {
  const ends = subscription.items.data.map((item) => item.current_period_end)
  const cleared = { cancel_at: null, cancel_at_period_end: false, canceled_at: null, cancellation_details: null }
  if (wish.cancel_at && wish.cancel_at_period_end === true) {
    throw invalid('You may only specify one of these parameters: cancel_at, cancel_at_period_end.', 'cancel_at')
  }
  if (wish.cancel_at_period_end === true) {
    if (subscription.cancel_at_period_end) return {}
    return { ...ending(turn, subscription, Math.min(...ends)), cancel_at_period_end: true }
  }
  if (wish.cancel_at) {
    const at = moment(wish.cancel_at, ends)
    if (at <= turn.now(subscription.customer)) throw invalid('cancel_at must be in the future.', 'cancel_at')
    return { ...ending(turn, subscription, at), cancel_at_period_end: false }
  }
  const undone = wish.cancel_at === null || (wish.cancel_at_period_end === false && subscription.cancel_at !== null)
  return undone ? { ...cleared, cancellation_details: blankDetails } : {}
}

const blankDetails = { comment: null, feedback: null, feedback_option: null, reason: null }

function moment(wanted: number | 'min_period_end' | 'max_period_end', ends: readonly number[]): number {
  if (typeof wanted === 'number') return wanted
  return wanted === 'min_period_end' ? Math.min(...ends) : Math.max(...ends)
}

function ending(turn: Turn, subscription: Subscription, at: number): Partial<Subscription> {
  const reason = 'cancellation_requested'
  return {
    cancel_at: at,
    canceled_at: turn.now(subscription.customer),
    cancellation_details: { ...detailsOf(subscription), reason },
  }
}

export function cancellationDetails(subscription: Subscription, sent: Update): Partial<Subscription> {
  if (!sent.cancellation_details) return {}
  if (subscription.cancel_at === null && subscription.canceled_at === null) {
    throw invalid(
      'cancellation_details can only be set on a subscription that is canceled or about to be.',
      'cancellation_details',
    )
  }
  return { cancellation_details: { ...detailsOf(subscription), ...sentOnly(sent.cancellation_details) } }
}
