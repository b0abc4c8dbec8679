import { attachedMethod } from '../engine/payment-methods.ts'
import { detailsOf } from '../engine/subscription-end.ts'
import { saveSubscription } from '../engine/subscription-store.ts'
import { invalid, unsupported } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Subscription, SubscriptionItem } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { planOf } from './plans.ts'
import { requireRecurring } from './subscription-draft.ts'
import type { SentItem, Update } from './subscription-parameters.ts'

export function updateSubscription(turn: Turn, sent: Update, id: string): Subscription {
  const before = retrieve(turn, 'subscription', id)
  requireChangeable(before, sent)
  const patch: Partial<Subscription> = {
    ...sentOnly({ collection_method: sent.collection_method, description: sent.description }),
    ...sentOnly({ days_until_due: sent.days_until_due }),
    ...defaultMethod(turn, before, sent),
    ...paymentSettings(before, sent),
    ...items(turn, before, sent),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  const patched = { ...before, ...patch, ...endPatch(turn, { ...before, ...patch }, sent) }
  const after = { ...patched, ...cancellationDetails(patched, sent) }
  planEnd(turn, after)
  return saveSubscription(turn, before, after, 'customer.subscription.updated')
}

function requireChangeable(subscription: Subscription, sent: Update): void {
  if (!['canceled', 'incomplete_expired'].includes(subscription.status)) return
  const others = Object.keys(sent).filter((name) => name !== 'metadata' && name !== 'cancellation_details')
  if (others.length > 0) {
    throw invalid('A canceled subscription can only update its cancellation_details and metadata.', others[0])
  }
}

function defaultMethod(turn: Turn, before: Subscription, sent: Update): Partial<Subscription> {
  const wanted = sent.default_payment_method
  if (wanted === undefined) return {}
  if (wanted === null) return { default_payment_method: null }
  return { default_payment_method: attachedMethod(turn, wanted, before.customer, 'default_payment_method').id }
}

function paymentSettings(before: Subscription, sent: Update): Partial<Subscription> {
  const saves = sent.payment_settings?.save_default_payment_method
  if (saves === undefined || !before.payment_settings) return {}
  return { payment_settings: { ...before.payment_settings, save_default_payment_method: saves } }
}

/** Items change without proration only so far: the next period bills the new price or quantity. */
function items(turn: Turn, before: Subscription, sent: Update): Partial<Subscription> {
  if (!sent.items) return {}
  const changed = sent.items.reduce<SubscriptionItem[]>(
    (data, item, index) => replaceItem(turn, data, item, `items[${index}]`),
    before.items.data,
  )
  if (Bun.deepEquals(changed, before.items.data, true)) return {}
  const priced = changed.some((item, index) => {
    const former = before.items.data[index]
    return former?.price.id !== item.price.id || former.quantity !== item.quantity
  })
  if (priced && sent.proration_behavior !== 'none') {
    throw unsupported('a change of items with proration (proration_behavior other than none)')
  }
  return { items: { ...before.items, data: changed } }
}

function replaceItem(turn: Turn, data: SubscriptionItem[], sent: SentItem, name: string): SubscriptionItem[] {
  if (sent.id === undefined) throw unsupported('adding an item to a subscription')
  const former = data.find((item) => item.id === sent.id)
  if (!former) throw invalid(`No such subscription item: '${sent.id}'`, `${name}[id]`, 'resource_missing')
  const price = sent.price === undefined ? former.price : referenced(turn, 'price', sent.price, `${name}[price]`)
  requireRecurring(price, name)
  if (price.recurring?.interval !== former.price.recurring?.interval) {
    throw unsupported('a change of the billing interval')
  }
  // A new price without a quantity starts again at one (a Stripe rule that surprises).
  const quantity = sent.quantity ?? (price.id === former.price.id ? former.quantity : 1)
  const metered = price.recurring?.usage_type === 'metered'
  const { quantity: _former, ...rest } = former
  const item: SubscriptionItem = {
    ...rest,
    metadata: mergeMetadata(former.metadata, sent.metadata),
    plan: planOf(price),
    price,
    ...(metered || quantity === undefined ? {} : { quantity }),
  }
  return data.map((candidate) => (candidate.id === former.id ? item : candidate))
}

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

function cancellationDetails(subscription: Subscription, sent: Update): Partial<Subscription> {
  if (!sent.cancellation_details) return {}
  if (subscription.cancel_at === null && subscription.canceled_at === null) {
    throw invalid(
      'cancellation_details can only be set on a subscription that is canceled or about to be.',
      'cancellation_details',
    )
  }
  return { cancellation_details: { ...detailsOf(subscription), ...sentOnly(sent.cancellation_details) } }
}

/** Plans the end that a subscription has been given, or forgets the plan. */
export function planEnd(turn: Turn, subscription: Subscription): void {
  const over = ['canceled', 'incomplete_expired'].includes(subscription.status)
  if (subscription.cancel_at === null || over) turn.store.dueWork.drop('cancel_subscription', subscription.id)
  else turn.store.dueWork.plan('cancel_subscription', subscription.id, subscription.cancel_at)
}
