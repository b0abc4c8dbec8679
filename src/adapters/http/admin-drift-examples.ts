import { example } from './route-document.ts'

const AT = '2026-11-22T10:15:00.000Z'
const COMPARED = {
  customers: 412,
  subscriptions: 398,
  invoices: 3_120,
  payments: 57,
  refunds: 4,
  disputes: 1,
  meters: 90,
}
const ONE_RUN = { started_at: AT, repair: true, step: 'invoices', compared: { ...COMPARED, meters: 0 }, differences: 1 }

export const WISH = {
  look: example('Only look', {}),
  repair: example('Mend what can be mended', { repair: true }),
}

export const RUN = { running: example('Under way', ONE_RUN) }

export const DRIFT = {
  one: example('A subscription that was cancelled in the Stripe Dashboard', {
    running: null,
    failure: null,
    report: {
      started_at: AT,
      finished_at: '2026-11-22T10:15:42.000Z',
      repair: false,
      compared: COMPARED,
      foreign: { customers: 2, subscriptions: 1, invoices: 7, payments: 0, named: ['cus_QxA1', 'cus_QxB2'] },
      total: 1,
      left: 1,
      by_kind: { subscription_status: 1 },
      drift: [{ currency: 'usd', amount: 3_900 }],
      differences: [
        {
          kind: 'subscription_status',
          user_id: 'ann',
          customer_id: 'cus_QpXkLKxYt3mVd0',
          object_id: 'sub_1QpQqLKxYt3mVd0a',
          here: 'status active, ended_at none',
          at_stripe: 'status canceled, ended_at 2026-11-20T08:00:00.000Z',
          meaning: 'We grant or refuse what Stripe does not.',
          amount: 3_900,
          currency: 'usd',
          outcome: 'left',
        },
      ],
    },
  }),
}
