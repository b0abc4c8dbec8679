import { example } from './route-document.ts'

const PERIOD = { period_start: '2026-11-04T09:30:00.000Z', period_end: '2026-12-04T09:30:00.000Z' }
const SUMS = { subtotal: 3900, discount: 0, tax: 0, total: 3900 }

export const DETAIL = {
  invoice: example('An invoice of which a part was given back', {
    id: 'in_1QpQqLKxYt3mVd0a',
    kind: 'invoice',
    amount: 3900,
    currency: 'usd',
    status: 'paid',
    description: 'Pro Monthly',
    invoice_number: 'A1B2C3D4-0001',
    hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
    invoice_pdf: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
    refunded_amount: 1000,
    refund_of: null,
    disputed_amount: 0,
    dispute_status: null,
    amount_excluding_tax: 3900,
    created_at: '2026-11-04T09:30:00.000Z',
    ...SUMS,
    lines: [
      { description: '1 × Pro Monthly (at $39.00 / month)', quantity: 1, amount: 3900, proration: false, ...PERIOD },
    ],
    receipt_url: null,
    refunds: [
      {
        id: 're_3QpQqLKxYt3mVd0b',
        amount: 1000,
        status: 'succeeded',
        reason: 'requested_by_customer',
        created_at: '2026-11-10T12:00:00.000Z',
      },
    ],
    disputes: [],
  }),
}

export const UPCOMING = {
  by_use: example('Pay as you go: ten minutes are on Stripe’s meter, two are on their way', {
    upcoming_invoice: {
      date: '2026-12-04T09:30:00.000Z',
      currency: 'usd',
      lines: [
        { description: 'Voice minutes', quantity: 10, amount: 50, proration: false, ...PERIOD, reported: true },
        {
          description: '2 minutes of voice_call, not yet reported to Stripe',
          quantity: 2,
          amount: 10,
          proration: false,
          ...PERIOD,
          reported: false,
        },
      ],
      subtotal: 60,
      discount: 0,
      tax: 0,
      total: 60,
      amount_due: 60,
      unreported_usage: 10,
      estimated: true,
    },
    explanation: null,
  }),
  none: example('The subscription is cancelled', {
    upcoming_invoice: null,
    explanation: 'The subscription ends at 2026-12-04T09:30:00.000Z, so nothing more will be invoiced.',
  }),
}

export const HISTORY = {
  page: example('A paid invoice', {
    payments: [
      {
        id: 'in_1QpQqLKxYt3mVd0a',
        kind: 'invoice',
        amount: 3900,
        currency: 'usd',
        status: 'paid',
        description: 'Subscription creation',
        invoice_number: 'A1B2C3D4-0001',
        hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
        invoice_pdf: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
        refunded_amount: 0,
        refund_of: null,
        disputed_amount: 0,
        dispute_status: null,
        tax: 623,
        amount_excluding_tax: 3277,
        created_at: '2026-11-04T09:30:00.000Z',
      },
    ],
    next_cursor: null,
  }),
}
