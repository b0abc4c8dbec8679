import { attachedMethod, defaultMethodOf } from '../engine/payment-methods.ts'
import { terminal } from '../engine/subscription-end.ts'
import { startSubscription } from '../engine/subscription-start.ts'
import { fields, flag, ignored, need, oneOf, type Parameters, text, timeRange } from '../http/decode.ts'
import { Failure } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Customer, Subscription } from '../wire.ts'
import { addInvoiceItems } from './added-items.ts'
import { billBackdated } from './backdating.ts'
import { cancelSubscription } from './subscription-cancel.ts'
import { draftSubscription } from './subscription-draft.ts'
import { endPatch } from './subscription-ending.ts'
import {
  type Creation,
  subscriptionCancellation,
  subscriptionCreation,
  subscriptionUpdate,
} from './subscription-parameters.ts'
import { deleteDiscount, migrate, pause, pausing, resume, resuming } from './subscription-pausing.ts'
import { updateSubscription } from './subscription-update.ts'

const filters = {
  ...paging,
  automatic_tax: fields({ enabled: flag }),
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  current_period_end: timeRange,
  current_period_start: timeRange,
  customer: text,
  price: text,
  status: oneOf(
    'active',
    'all',
    'canceled',
    'ended',
    'incomplete',
    'incomplete_expired',
    'past_due',
    'paused',
    'trialing',
    'unpaid',
  ),
  test_clock: text,
}
const path = '/v1/subscriptions'

export const subscriptionRoutes = [
  route('POST', path, fields(subscriptionCreation), createSubscription),
  route('GET', path, fields(filters), listSubscriptions),
  route('GET', `${path}/search`, searching, (turn, sent) =>
    search(turn, 'subscription', sent, `${path}/search`, ['status', 'created', 'canceled_at']),
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'subscription', id)),
  route('POST', `${path}/:id`, fields(subscriptionUpdate), updateSubscription),
  route('DELETE', `${path}/:id`, fields(subscriptionCancellation), cancelSubscription),
  route('POST', `${path}/:id/resume`, fields(resuming), resume),
  route('POST', `${path}/:id/pause`, fields(pausing), pause),
  route('POST', `${path}/:id/migrate`, fields({ billing_mode: ignored }), migrate),
  route('DELETE', `${path}/:id/discount`, fields({}), deleteDiscount),
]

function createSubscription(turn: Turn, sent: Creation): Subscription {
  const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer')
  const behavior = sent.payment_behavior ?? 'allow_incomplete'
  const drafted = draftSubscription(turn, sent, customer)
  const own = sent.default_payment_method
    ? attachedMethod(turn, sent.default_payment_method, customer.id, 'default_payment_method').id
    : null
  const draft = { ...drafted, ...endPatch(turn, drafted, sent), default_payment_method: own }
  const method = own ?? defaultMethodOf(customer)
  if (method === null && behavior !== 'default_incomplete') requireNothingToPay(draft, customer)
  const offSession = sent.off_session === true
  const free = draft.billing_cycle_anchor > draft.created && sent.proration_behavior === 'none'
  if (sent.proration_behavior !== 'none') billBackdated(turn, draft)
  if (sent.add_invoice_items) addInvoiceItems(turn, customer, draft, sent.add_invoice_items)
  return startSubscription(turn, draft, { customer, method, behavior, offSession, free })
}

// Wording as recorded: a 400 that names no parameter.
function requireNothingToPay(draft: Subscription, customer: Customer): void {
  if (draft.collection_method === 'send_invoice' || draft.status === 'trialing') return
  const due = draft.items.data.some(
    (item) => item.price.recurring?.usage_type !== 'metered' && item.price.unit_amount !== 0 && item.quantity !== 0,
  )
  if (!due || customer.default_source !== null) return
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'resource_missing',
    message:
      'This customer has no attached payment source or default payment method. Please consider adding a default ' +
      'payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.',
  })
}

function listSubscriptions(turn: Turn, sent: Parameters<typeof filters>) {
  const accept = (subscription: Subscription) => {
    const items = subscription.items.data
    const end = Math.min(...items.map((item) => item.current_period_end))
    const start = Math.max(...items.map((item) => item.current_period_start))
    return (
      hasStatus(subscription, sent.status) &&
      (sent.automatic_tax?.enabled === undefined ||
        subscription.automatic_tax.enabled === sent.automatic_tax.enabled) &&
      (sent.test_clock === undefined || subscription.test_clock === sent.test_clock) &&
      (sent.price === undefined || items.some((item) => item.price.id === sent.price)) &&
      (sent.collection_method === undefined || subscription.collection_method === sent.collection_method) &&
      within(end, sent.current_period_end) &&
      within(start, sent.current_period_start)
    )
  }
  return listing(turn, 'subscription', path, sent, { where: { customer: sent.customer }, accept })
}

// Without a status Stripe lists what has not been canceled; an expired first payment counts as that here.
function hasStatus(subscription: Subscription, wanted: string | undefined): boolean {
  if (wanted === 'all') return true
  const ended = terminal(subscription)
  if (wanted === 'ended') return ended
  return wanted === undefined ? !ended : subscription.status === wanted
}

const within = (at: number, range: { readonly from?: number; readonly to?: number } | undefined) =>
  at >= (range?.from ?? Number.NEGATIVE_INFINITY) && at <= (range?.to ?? Number.POSITIVE_INFINITY)
