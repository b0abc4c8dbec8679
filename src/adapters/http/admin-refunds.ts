import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, stripeId, text, userPath } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** For the operator: money given back. */
export function adminRefunds({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-refunds' }).use(guard).post(
    '/admin/users/:id/refunds',
    async ({ params, body, caller, request, set }) =>
      answered(
        set,
        await billing.refundPayment({
          user: params.id,
          operator: caller.name,
          key: idempotencyKey(request, caller),
          paymentId: body.payment_id,
          amount: body.amount ?? null,
          reason: body.reason ?? null,
          takeBack: body.take_back ?? null,
          note: body.note ?? null,
        }),
      ),
    {
      may: 'operate',
      params: userPath,
      query: noQuery,
      body: newRefund,
      response: { 201: t.NoValidate(refund) },
      detail: describe({
        tag: 'Admin',
        summary: 'Give a payment back',
        description:
          'Wholly, or a part of it. Of a pack the same part is taken back, as far as it is unused; `take_back: false` leaves it. The refund of an invoice changes neither subscription nor allowance. Without an Idempotency-Key two equal requests are two refunds.',
        idempotent: true,
        refusals: ['not_found', 'idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
        requests: REQUESTS,
        answers: { 201: { description: 'The refund', examples: REFUNDED } },
      }),
    },
  )
}

const newRefund = exactly({
  payment_id: stripeId('An entry of the billing history, `in_…` or `pi_…`'),
  amount: t.Optional(
    t.Number({
      minimum: 1,
      maximum: 99_999_999,
      multipleOf: 1,
      rule: 'must be a whole number of minor units from 1 to 99999999',
      description: 'In minor units. Default: all that is left',
    }),
  ),
  reason: t.Optional(
    t.Union([t.Literal('duplicate'), t.Literal('fraudulent'), t.Literal('requested_by_customer')], {
      description: 'Stripe’s three words for why',
    }),
  ),
  take_back: t.Optional(
    t.Boolean({ description: 'Whether what is unused of what was bought goes too. Default: as the plans file has it' }),
  ),
  note: t.Optional(text(500, 'Why; kept in the audit log')),
})

const refund = t.Object({
  refund_id: t.String(),
  payment_id: t.String(),
  amount: minorUnits,
  currency: t.String(),
  status: t.String({ description: 'Stripe’s word' }),
  take_back: t.Boolean(),
})

const PAYMENT = 'pi_3QpQqLKxYt3mVd0a'

const REQUESTS = {
  whole: example('All that is left of it', { payment_id: PAYMENT, reason: 'requested_by_customer' }),
  goodwill: example('Two dollars, and the minutes stay', {
    payment_id: PAYMENT,
    amount: 200,
    take_back: false,
    note: 'The line was bad for a day',
  }),
}

const REFUNDED = {
  whole: example('Given back', {
    refund_id: 're_3QpQqLKxYt3mVd0b',
    payment_id: PAYMENT,
    amount: 500,
    currency: 'usd',
    status: 'succeeded',
    take_back: true,
  }),
}
