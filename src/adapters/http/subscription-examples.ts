import { DISCOUNT } from './promotion-codes.ts'
import { example } from './route-document.ts'

/** A Pro subscriber in the middle of November: the guide's own numbers. */

const PERIOD = { current_period_start: '2026-11-04T09:30:00.000Z', current_period_end: '2026-12-04T09:30:00.000Z' }
const ID = 'sub_1QpQqLKxYt3mVd0a'

export const SUBSCRIBE = {
  with_card: example('With a card', {
    plan_name: 'pro_monthly',
    price_id: 'price_1QpQqLKxYt3mVd0a',
    payment_method_id: 'pm_card_visa',
  }),
  without_card: example('Without a card: the app confirms with the client secret', { plan_name: 'basic_monthly' }),
  trial: example('With a free trial, without a card', { plan_name: 'pro_monthly', trial: true }),
  on_behalf: example('By the app’s backend, for a user', {
    user_id: 'ann',
    plan_name: 'pro_monthly',
    payment_method_id: 'pm_card_visa',
  }),
}

export const STARTED = {
  active: example('Paid', {
    subscription_id: ID,
    plan_name: 'pro_monthly',
    status: 'active',
    client_secret: null,
    ...PERIOD,
    trial_end: null,
  }),
  incomplete: example('The bank asks for a confirmation', {
    subscription_id: ID,
    plan_name: 'pro_monthly',
    status: 'incomplete',
    client_secret: 'pi_3QpQqLKxYt3mVd0a_secret_9vJmF2',
    ...PERIOD,
    trial_end: null,
  }),
}

export const CANCEL = {
  at_period_end: example('At the end of the paid period', { reason: 'too_expensive', feedback: 'We will be back.' }),
  at_once: example('At once', { at_period_end: false, reason: 'unused' }),
}

export const CANCELLED = {
  at_period_end: example('It runs until the end of the period', {
    subscription_id: ID,
    plan_name: 'pro_monthly',
    status: 'active',
    cancel_at: PERIOD.current_period_end,
    ended_at: null,
    ...PERIOD,
    trial_end: null,
  }),
}

const UNUSED = { amount: 0, cost: 0, overage: 0, billable_cost: 0 }

export const STATUS = {
  active: example('An active subscription', {
    has_subscription: true,
    plan_name: 'pro_monthly',
    price_id: 'price_1QpQqLKxYt3mVd0a',
    plan_note: null,
    status: 'active',
    ...PERIOD,
    cancel_at: null,
    trial_end: null,
    pending_change: null,
    discount: DISCOUNT,
    discounts: [DISCOUNT],
    access: { allowed: true, reason: 'active', since: PERIOD.current_period_start, until: null },
    currency: 'usd',
    current_usage: {
      voice_call: { ...UNUSED, amount: 23, cost: 115, unit: 'minutes', included: 500, remaining: 477 },
      transcription: { ...UNUSED, amount: 45, cost: 90, unit: 'minutes', included: null, remaining: null },
      sms: { ...UNUSED, amount: 2, cost: 2, unit: 'messages', included: 2000, remaining: 1998 },
      custom_scenario: { ...UNUSED, unit: 'scenarios', included: 10, remaining: 10 },
      api_call: { ...UNUSED, unit: 'calls', included: null, remaining: null },
    },
    spending: { limit: null, spent: 0, currency: 'usd', set_aside: null },
    features: {
      voice_minutes: 500,
      sms_messages: 2000,
      custom_scenarios: 10,
      transcript_storage_days: 90,
      advanced_analytics: true,
      priority_support: false,
      white_label: false,
    },
  }),
}
