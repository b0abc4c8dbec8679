import { userName } from './workload.ts'

export const USERS_WITH_EVENTS = 10_000

/**
 * A change of a subscription as Stripe tells it, with all that an event must show to be believed. The events go round the
 * users, and each of a user is a second later than the one before and moves the end of the period by one.
 */
export function subscriptionEvent(id: string, index: number, time: number) {
  const user = userName(index % USERS_WITH_EVENTS)
  const round = 1 + Math.floor(index / USERS_WITH_EVENTS)
  const recurring = { interval: 'month', interval_count: 1, usage_type: 'licensed' }
  const price = { id: 'price_bench', object: 'price', active: true, currency: 'usd', unit_amount: 0, recurring }
  const period = { current_period_start: time, current_period_end: time + 2_592_000 + round }
  const item = { id: `si_${user}`, object: 'subscription_item', price, quantity: 1, ...period }
  const subscription = {
    id: `sub_${user}`,
    object: 'subscription',
    customer: `cus_${user}`,
    status: 'active',
    billing_cycle_anchor: time,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: null,
    created: time,
    start_date: time,
    ended_at: null,
    trial_end: null,
    currency: 'usd',
    default_payment_method: 'pm_bench',
    default_source: null,
    latest_invoice: `in_${user}`,
    discounts: [],
    pause_collection: null,
    pending_update: null,
    schedule: null,
    test_clock: null,
    items: { object: 'list', data: [item], has_more: false },
    metadata: { user_id: user },
    description: 'x'.repeat(1_500),
  }
  const data = { object: subscription, previous_attributes: { items: {} } }
  const about = { api_version: '2026-10-28.endive', created: time + round, livemode: false, pending_webhooks: 1 }
  return { id, object: 'event', ...about, type: 'customer.subscription.updated', data, request: { id: null } }
}
