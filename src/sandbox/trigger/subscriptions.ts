import type { Caller } from './caller.ts'
import { clockAt, customerWith, monthlyPrice, type Recipes, subscribe, subscription } from './recipe.ts'

const day = 86_400

const paused = async (at: Caller) => at.post(`subscriptions/${(await subscription(at)).id}/pause`, pausing)
const pausing = { type: 'subscription', invoicing_behavior: 'pending_invoice_item' }

/** An upgrade that waits for a payment which the buyer has to authenticate. */
async function pendingUpdate(at: Caller, more: { test_clock?: string } = {}) {
  const customer = await customerWith(at, 'pm_card_visa', more)
  const made = await subscribe(at, customer)
  const secured = await at.post('payment_methods/pm_card_authenticationRequired/attach', { customer: customer.id })
  await at.post(`subscriptions/${made.id}`, { default_payment_method: secured.id })
  const price = await monthlyPrice(at, 9900)
  return at.post(`subscriptions/${made.id}`, {
    items: [{ id: made.items.data[0]?.id ?? '', price: price.id }],
    payment_behavior: 'pending_if_incomplete',
    proration_behavior: 'always_invoice',
  })
}

async function applied(at: Caller) {
  const invoice = (await pendingUpdate(at)).latest_invoice
  const payments = await at.get(`invoice_payments?invoice=${invoice}`)
  const [first] = (payments as unknown as { data: { payment: { payment_intent: string } }[] }).data
  return at.authenticate(first?.payment.payment_intent ?? '')
}

async function expired(at: Caller) {
  const { clock, now } = await clockAt(at)
  await pendingUpdate(at, { test_clock: clock.id })
  return at.advance(clock.id, now + day)
}

export const subscriptionRecipes: Recipes = {
  'customer.subscription.created': (at) => subscription(at),
  'customer.subscription.deleted': async (at) => at.remove(`subscriptions/${(await subscription(at)).id}`),
  'customer.subscription.paused': paused,
  'customer.subscription.pending_update_applied': applied,
  'customer.subscription.pending_update_expired': expired,
  'customer.subscription.resumed': async (at) => at.post(`subscriptions/${(await paused(at)).id}/resume`),
  'customer.subscription.trial_will_end': (at) => subscription(at, { trial_period_days: 2 }),
  'customer.subscription.updated': async (at) =>
    at.post(`subscriptions/${(await subscription(at)).id}`, { metadata: { triggered: 'yes' } }),
  'subscription.payment_failed': async (at) => subscribe(at, await customerWith(at, 'pm_card_chargeCustomerFail')),
  'subscription.payment_succeeded': (at) => subscription(at),
}
