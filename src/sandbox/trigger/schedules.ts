import type { Caller, Parameters } from './caller.ts'
import { clockAt, customerWith, monthlyPrice, type Recipes } from './recipe.ts'

const day = 86_400
const monthLong = { interval: 'month', interval_count: 1 }

const schedule = async (at: Caller, more: Parameters = {}, customer: Parameters = {}) => {
  const price = await monthlyPrice(at)
  return at.post('subscription_schedules', {
    customer: (await customerWith(at, 'pm_card_visa', customer)).id,
    start_date: 'now',
    end_behavior: 'release',
    phases: [{ items: [{ price: price.id }], duration: monthLong }],
    ...more,
  })
}

/** One that has not begun. */
const waiting = async (at: Caller) => schedule(at, { start_date: Math.floor(Date.now() / 1_000) + 30 * day })

/** One whose subscription ends since its renewal is not paid, however often it is tried. */
async function delinquent(at: Caller) {
  const { clock, now } = await clockAt(at)
  const customer = await customerWith(at, 'pm_card_visa', { test_clock: clock.id })
  const price = await monthlyPrice(at)
  const items = [{ price: price.id }]
  await at.post('subscription_schedules', {
    customer: customer.id,
    start_date: 'now',
    phases: [{ items, duration: { interval: 'month', interval_count: 6 } }],
  })
  const failing = await at.post('payment_methods/pm_card_chargeCustomerFail/attach', { customer: customer.id })
  await at.post(`customers/${customer.id}`, { invoice_settings: { default_payment_method: failing.id } })
  return at.advance(clock.id, now + 55 * day)
}

async function lived(at: Caller, days: number, more: Parameters = {}) {
  const { clock, now } = await clockAt(at)
  await schedule(at, more, { test_clock: clock.id })
  return at.advance(clock.id, now + days * day)
}

export const scheduleRecipes: Recipes = {
  'subscription_schedule.aborted': delinquent,
  'subscription_schedule.canceled': async (at) => at.post(`subscription_schedules/${(await waiting(at)).id}/cancel`),
  'subscription_schedule.completed': (at) => lived(at, 32, { end_behavior: 'cancel' }),
  'subscription_schedule.created': waiting,
  'subscription_schedule.expiring': (at) => lived(at, 27),
  'subscription_schedule.released': async (at) => at.post(`subscription_schedules/${(await waiting(at)).id}/release`),
  'subscription_schedule.updated': async (at) =>
    at.post(`subscription_schedules/${(await waiting(at)).id}`, { metadata: { triggered: 'yes' } }),
}
