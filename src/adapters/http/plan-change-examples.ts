import { example } from './route-document.ts'

/** A Basic subscriber who wants more on the tenth day of the month. */

const PERIOD = { current_period_start: '2026-11-04T09:30:00.000Z', current_period_end: '2026-12-04T09:30:00.000Z' }
const QUOTED = '2026-11-14T09:30:00.000Z'
const BASIC = 'price_1QpQqLKxYt3mVd0b'
const PRO = 'price_1QpQqLKxYt3mVd0a'

const SUBSCRIPTION = {
  subscription_id: 'sub_1QpQqLKxYt3mVd0a',
  plan_name: 'pro_monthly',
  price_id: PRO,
  status: 'active',
  client_secret: null,
  ...PERIOD,
  cancel_at: null,
  trial_end: null,
  pending_change: null,
}

export const PREVIEW = {
  upgrade: example('More, at once', { plan_name: 'pro_monthly' }),
  downgrade: example('Less, when the paid period is over', { plan_name: 'basic_monthly', when: 'period_end' }),
}

export const PREVIEWED = {
  upgrade: example('Two thirds of the month are left', {
    plan_name: 'pro_monthly',
    price_id: PRO,
    when: 'now',
    effective_at: QUOTED,
    amount_due_now: 2000,
    currency: 'usd',
    proration_date: QUOTED,
    lines: [
      {
        description: 'Remaining time on Pro Monthly after 14 Nov 2026',
        amount: 2600,
        proration: true,
        period_start: QUOTED,
        period_end: PERIOD.current_period_end,
      },
      {
        description: 'Unused time on Basic Monthly after 14 Nov 2026',
        amount: -600,
        proration: true,
        period_start: QUOTED,
        period_end: PERIOD.current_period_end,
      },
    ],
    subtotal: 2000,
    discount: 0,
    discounts: [],
    tax: 0,
    total: 2000,
    next_invoice: { amount: 3900, date: PERIOD.current_period_end },
  }),
}

export const CHANGE = {
  as_previewed: example('As previewed', { plan_name: 'pro_monthly', proration_date: QUOTED }),
  with_another_card: example('Paid with another card', { plan_name: 'pro_monthly', payment_method_id: 'pm_card_visa' }),
  downgrade: example('Less, when the paid period is over', { plan_name: 'basic_monthly' }),
}

export const CHANGED = {
  paid: example('Paid, and in use', SUBSCRIPTION),
  to_be_confirmed: example('The bank asks for a confirmation; the old plan stays until then', {
    ...SUBSCRIPTION,
    plan_name: 'basic_monthly',
    price_id: BASIC,
    client_secret: 'pi_3QpQqLKxYt3mVd0a_secret_9vJmF2',
    pending_change: {
      plan_name: 'pro_monthly',
      price_id: PRO,
      effective_at: null,
      expires_at: '2026-11-15T08:30:00.000Z',
    },
  }),
  planned: example('Planned for the end of the period', {
    ...SUBSCRIPTION,
    pending_change: {
      plan_name: 'basic_monthly',
      price_id: BASIC,
      effective_at: PERIOD.current_period_end,
      expires_at: null,
    },
  }),
}

export const RESUME = {
  withdraw: example('Withdraw what is planned', {}),
  with_card: example('Go on after a pause, paid with another card', { payment_method_id: 'pm_card_visa' }),
}

export const RESUMED = { withdrawn: example('It goes on', SUBSCRIPTION) }
