import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './admin-examples.ts'
import { exactly, minorUnits, noQuery, quantity, reason, serviceType, text, usageUnit, userPath } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe } from './route-document.ts'

/** For the operator: taking back a part of what was recorded. */
export function adminCorrections({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-corrections' }).use(guard).post(
    '/admin/users/:id/usage-corrections',
    async ({ params, body, caller, request, set }) =>
      answered(
        set,
        await billing.correctUsage({
          user: params.id,
          operator: caller.name,
          key: idempotencyKey(request, caller),
          recordId: body.usage_record_id,
          amount: body.usage_amount,
          unit: body.usage_unit,
          reason: body.reason,
        }),
      ),
    {
      may: 'operate',
      params: userPath,
      query: noQuery,
      body: newCorrection,
      response: { 201: t.NoValidate(correction) },
      detail: describe({
        tag: 'Admin',
        summary: 'Take back a part of a recorded use, or all of it',
        description:
          'Booked in the same period and at the same rate as the record, so that every total is what it would be had only the rest been used: overage and what is charged shrink first, then what grants covered, which they get back. What Stripe’s meter was told too much is told it as a negative amount. Without an Idempotency-Key two equal requests are two corrections.',
        idempotent: true,
        refusals: ['not_found', 'idempotency_key_reused'],
        requests: examples.NEW_CORRECTION,
        answers: { 201: { description: 'The correction', examples: examples.CORRECTION } },
      }),
    },
  )
}

const newCorrection = exactly({
  usage_record_id: text(128, 'The record that says too much'),
  usage_amount: t.Number({
    exclusiveMinimum: 0,
    rule: 'must be a number from 0.000001 to 1,000,000',
    description: 'How much of it was too much, in `usage_unit`; at most what is left of the record',
  }),
  usage_unit: usageUnit,
  reason,
})

const correction = t.Object({
  usage_record_id: t.String({ description: 'Of the correction' }),
  corrects: t.String(),
  service_type: serviceType,
  usage_amount: t.Number({ description: 'Negative, as all that follows' }),
  usage_unit: usageUnit,
  cost: minorUnits,
  currency: t.String(),
  billing_period: t.String({ description: 'The calendar month, `YYYY-MM`' }),
  overage: quantity,
  billable_cost: t.Number({ multipleOf: 1, description: 'What is charged no more, in minor units' }),
})
