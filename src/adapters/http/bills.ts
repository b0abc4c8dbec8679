import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './bill-examples.ts'
import { exactly, minorUnits, nullable, stripeId, time, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { disputeStatus, historyEntry } from './payments.ts'
import { describe } from './route-document.ts'

/** What is charged, line by line: what was, and what will be. */
export function bills({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'bills' })
    .use(guard)
    .get('/payments/billing-history/:id', ({ params, user }) => billing.paymentDetail(user, params.id), {
      may: 'manage-account',
      params: exactly({ id: stripeId('An entry of the billing history: `in_…`, `pi_…` or `re_…`') }),
      query: exactly({ user_id: userId }),
      response: t.NoValidate(detail),
      detail: describe({
        tag: 'Payments',
        summary: 'One entry of the billing history',
        description:
          'With its lines, its tax, what was given back of it and whether it is disputed. Somebody else’s is not found.',
        refusals: ['not_found', 'stripe_unavailable'],
        answers: { 200: { description: 'The entry', examples: examples.DETAIL } },
      }),
    })
    .get('/payments/upcoming-invoice', ({ user }) => billing.upcomingInvoice(user), {
      may: 'manage-account',
      query: exactly({ user_id: userId }),
      response: t.NoValidate(upcoming),
      detail: describe({
        tag: 'Payments',
        summary: 'The next invoice as it stands',
        description:
          'What Stripe foresees for the end of the period, and what was used that Stripe’s meters have not been told yet (`reported: false`). The sums hold both, with tax and discounts as Stripe reckons them; until everything is reported they are `estimated`: a rounding may still fall otherwise by a minor unit. Null, with an `explanation` in words, when nothing is to come.',
        refusals: ['stripe_unavailable'],
        answers: { 200: { description: 'The next invoice', examples: examples.UPCOMING } },
      }),
    })
}

const line = {
  description: nullable(t.String()),
  quantity: nullable(t.Number()),
  amount: minorUnits,
  proration: t.Boolean({ description: 'A part of a period, given back or charged' }),
  period_start: nullable(time),
  period_end: nullable(time),
}

const sums = { subtotal: minorUnits, discount: minorUnits, total: minorUnits }

const detail = t.Object({
  ...historyEntry,
  ...sums,
  lines: t.Array(t.Object(line)),
  receipt_url: nullable(t.String()),
  refunds: t.Array(
    t.Object({
      id: t.String(),
      amount: minorUnits,
      status: t.String({ description: 'Stripe’s word' }),
      reason: nullable(t.String()),
      created_at: time,
    }),
  ),
  disputes: t.Array(
    t.Object({
      id: t.String(),
      amount: minorUnits,
      status: disputeStatus,
      reason: t.String({ description: 'What the payer says, in Stripe’s word' }),
      created_at: time,
      closed_at: nullable(time),
    }),
  ),
})

const upcoming = t.Object({
  upcoming_invoice: nullable(
    t.Object({
      date: time,
      currency: t.String(),
      lines: t.Array(t.Object({ ...line, reported: t.Boolean({ description: 'Whether Stripe knows of it' }) })),
      ...sums,
      tax: minorUnits,
      amount_due: t.Number({ multipleOf: 1, description: 'The total less the customer’s credit' }),
      unreported_usage: t.Number({
        multipleOf: 1,
        description: 'What of the subtotal Stripe has not been told yet, before tax and discounts',
      }),
      estimated: t.Boolean({ description: 'Whether something in it is not reported to Stripe yet' }),
    }),
  ),
  explanation: nullable(t.String({ description: 'Why there is none' })),
})
