import { fields, flag, need, type Parameters, text } from '../http/decode.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { SubscriptionItem } from '../wire.ts'
import { itemFields, type SentItem, subscriptionUpdate } from './subscription-parameters.ts'
import { updateSubscription } from './subscription-update.ts'

const { payment_behavior, proration_behavior, proration_date, off_session } = subscriptionUpdate
const manner = { off_session, payment_behavior, proration_behavior, proration_date }
const { deleted: _deleted, id: _id, clear_usage: _clear, ...item } = itemFields
const creation = { ...item, ...manner, subscription: text }
const updating = { ...item, ...manner }
const deleting = { clear_usage: flag, ...manner }
const path = '/v1/subscription_items'

/** Items on their own paths: each call is an update of the subscription with that one item. */
export const subscriptionItemRoutes = [
  route('GET', path, fields({ ...paging, subscription: text }), (turn, sent) => {
    const parent = need(sent.subscription, 'subscription')
    const items = referenced(turn, 'subscription', parent, 'subscription').items.data
    const accept = ({ id }: SubscriptionItem) => items.some((each) => each.id === id)
    return listing(turn, 'subscription_item', path, sent, { where: { parent }, accept })
  }),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'subscription_item', id, 'item')),
  route('POST', path, fields(creation), createItem),
  route('POST', `${path}/:id`, fields(updating), (turn, sent, id) => {
    changeOne(turn, sent, id, {})
    return retrieve(turn, 'subscription_item', id, 'item')
  }),
  route('DELETE', `${path}/:id`, fields(deleting), (turn, sent, id) => {
    changeOne(turn, sent, id, { deleted: true })
    turn.store.objects.remove('subscription_item', id)
    return { id, object: 'subscription_item', deleted: true }
  }),
]

function createItem(turn: Turn, sent: Parameters<typeof creation>): SubscriptionItem {
  const id = need(sent.subscription, 'subscription')
  const before = referenced(turn, 'subscription', id, 'subscription')
  const { subscription: _subscription, off_session: off, payment_behavior: pay, ...rest } = sent
  const { proration_behavior: behavior, proration_date: date, ...added } = rest
  const wish = { items: [added], off_session: off, payment_behavior: pay, proration_behavior: behavior }
  const after = updateSubscription(turn, definedOnly({ ...wish, proration_date: date }), id)
  const known = new Set(before.items.data.map((each) => each.id))
  return need(
    after.items.data.find((each) => !known.has(each.id)),
    'items',
  )
}

type Update = Parameters<typeof updating> & Parameters<typeof deleting>

function changeOne(turn: Turn, sent: Update, id: string, extra: Partial<SentItem>): void {
  const { subscription } = retrieve(turn, 'subscription_item', id, 'item')
  const { off_session: off, payment_behavior: pay, proration_behavior: behavior, proration_date: date, ...rest } = sent
  const wish = { off_session: off, payment_behavior: pay, proration_behavior: behavior, proration_date: date }
  updateSubscription(turn, definedOnly({ ...wish, items: [{ ...rest, ...extra, id }] }), subscription)
}

/** What was not sent must not look as if it had been. */
function definedOnly<T extends object>(wish: T): T {
  return Object.fromEntries(Object.entries(wish).filter(([, value]) => value !== undefined)) as T
}
