import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './bill-examples.ts'
import { line, sums } from './bill-lines.ts'
import { exactly, minorUnits, nextCursor, nullable, page, pageOf, stripeId, time, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe } from './route-document.ts'

/** What was charged and given back: a page of it, and one entry line by line. */
export function billingHistory({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'billing-history' })
    .use(guard)
    .get('/payments/billing-history', ({ query, user }) => billing.billingHistory({ user, ...pageOf(query) }), {
      may: 'manage-account',
      query: exactly({ ...page, user_id: userId }),
      response: t.NoValidate(history),
      detail: describe({
        tag: 'Payments',
        summary: 'What was charged and given back',
        description: 'Newest first. A one-time payment enters when it is paid or has failed.',
        answers: { 200: { description: 'One page of the history', examples: examples.HISTORY } },
      }),
    })
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
}

const disputeStatus = t.Union([t.Literal('open'), t.Literal('inquiry'), t.Literal('won'), t.Literal('lost')], {
  description: 'Of the latest dispute; an inquiry is only a question, for which no money has gone',
})

const historyEntry = {
  id: t.String(),
  kind: t.Union([t.Literal('invoice'), t.Literal('payment'), t.Literal('refund')]),
  amount: minorUnits,
  currency: t.String(),
  status: t.String({ description: '`paid`, `open`, `failed`, `void`, `uncollectible`; for refunds Stripe’s word' }),
  description: nullable(t.String()),
  invoice_number: nullable(t.String()),
  hosted_invoice_url: nullable(t.String()),
  invoice_pdf: nullable(t.String()),
  refunded_amount: minorUnits,
  refund_of: nullable(t.String({ description: 'Of a refund: the entry that it gives back' })),
  disputed_amount: t.Number({
    multipleOf: 1,
    description: 'What of it is with the payer’s bank: disputes that are open or were lost',
  }),
  dispute_status: nullable(disputeStatus),
  tax: nullable(
    t.Number({
      multipleOf: 1,
      description: 'What of the amount is tax; null where none was worked out: of payments and refunds',
    }),
  ),
  amount_excluding_tax: nullable(t.Number({ multipleOf: 1, description: 'What an invoice comes to without it' })),
  created_at: time,
}

const history = t.Object({
  payments: t.Array(t.Object(historyEntry)),
  next_cursor: nextCursor,
})

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
