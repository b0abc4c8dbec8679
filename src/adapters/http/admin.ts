import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { USER_ID } from '../../domain/account.ts'
import * as examples from './admin-examples.ts'
import {
  exactly,
  minorUnits,
  nextCursor,
  noQuery,
  nullable,
  page,
  pageOf,
  quantity,
  serviceType,
  text,
  time,
  usageUnit,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import { describe } from './route-document.ts'

/** For the operator: gifts, corrections, and what needs a look. */
export function admin({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin' })
    .use(guard)
    .post(
      '/admin/users/:id/grants',
      async ({ params, body, caller, request, set }) =>
        answered(
          set,
          await billing.giveGrant({
            user: params.id,
            operator: caller.name,
            key: idempotencyKey(request, caller),
            service: body.service_type,
            amount: body.amount,
            expiresAt: body.expires_at === undefined ? null : instantOf('/expires_at', body.expires_at),
            reason: body.reason,
          }),
        ),
      {
        may: 'operate',
        params: userPath,
        query: noQuery,
        body: newGrant,
        response: { 201: t.NoValidate(grant) },
        detail: describe({
          tag: 'Admin',
          summary: 'Give a user usage on top of the plan',
          description:
            'Goodwill, or a pack that was sold elsewhere. What lies over the allowance draws on grants before it counts as overage, on those that expire first before the others.',
          idempotent: true,
          refusals: ['idempotency_key_reused'],
          requests: examples.NEW_GRANT,
          answers: { 201: { description: 'The new grant', examples: examples.GRANT } },
        }),
      },
    )
    .get('/admin/users/:id/grants', ({ params }) => billing.listGrants(params.id), {
      may: 'operate',
      params: userPath,
      query: noQuery,
      response: t.NoValidate(t.Object({ grants: t.Array(grant) })),
      detail: describe({
        tag: 'Admin',
        summary: 'The grants of a user',
        description: 'Newest first, those that are used up or expired among them.',
        answers: { 200: { description: 'All of them', examples: examples.GRANTS } },
      }),
    })
    .post(
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
    .get(
      '/admin/unbilled-usage',
      ({ query }) => {
        const { limit, cursor } = pageOf(query)
        return billing.unbilledUsage(limit, cursor)
      },
      {
        may: 'operate',
        query: exactly(page),
        response: t.NoValidate(unbilled),
        detail: describe({
          tag: 'Admin',
          summary: 'Usage that Stripe does not bill',
          description:
            'What Stripe refused to count (`rejected`), and what no subscription is left to bill (`unbilled`), oldest first, with the money at stake.',
          answers: { 200: { description: 'One page', examples: examples.UNBILLED } },
        }),
      },
    )
    .get(
      '/admin/audit-log',
      ({ query }) => {
        const { limit, cursor } = pageOf(query)
        return billing.auditLog(limit, cursor)
      },
      {
        may: 'operate',
        query: exactly(page),
        response: t.NoValidate(auditLog),
        detail: describe({
          tag: 'Admin',
          summary: 'What operators did',
          description: 'Newest first: who gave, corrected or changed what, for whom, when and why.',
          answers: { 200: { description: 'One page', examples: examples.AUDIT_LOG } },
        }),
      },
    )
}

export const userPath = exactly({
  id: t.String({
    pattern: USER_ID.source,
    rule: 'must be 1 to 128 letters, digits or any of _ . : @ -',
    description: 'The user’s id in the app',
  }),
})

const reason = text(500, 'Why; kept in the audit log')

const newGrant = exactly({
  service_type: serviceType,
  amount: t.Number({
    exclusiveMinimum: 0,
    rule: 'must be a number from 0.000001 to 1,000,000',
    description: 'From 0.000001 to 1,000,000, in the service’s unit',
  }),
  expires_at: t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be a date and time with Z or an offset, such as 2026-12-31T23:59:59Z',
      description: 'Default: it does not expire',
    }),
  ),
  reason,
})

const grant = t.Object({
  grant_id: t.String(),
  service_type: serviceType,
  amount: quantity,
  remaining: quantity,
  taken_back: t.Number({ description: 'What was unused when its payment was given back' }),
  unit: usageUnit,
  granted_at: time,
  expires_at: nullable(time),
  reason: t.String(),
  payment_id: nullable(t.String({ description: 'The payment that bought it; null for a gift' })),
})

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

const unbilled = t.Object({
  reports: t.Array(
    t.Object({
      report_id: t.String({ description: 'Its identifier at Stripe' }),
      user_id: t.String(),
      service_type: serviceType,
      subscription_id: t.String(),
      amount: quantity,
      unit: usageUnit,
      amount_at_stake: minorUnits,
      currency: t.String(),
      state: t.Union([t.Literal('rejected'), t.Literal('unbilled')]),
      reason: nullable(t.String()),
      occurred_at: time,
    }),
  ),
  amount_at_stake: t.Number({
    multipleOf: 1,
    description: 'Of all on this page in the catalogue’s currency, in minor units',
  }),
  currency: t.String(),
  other_currencies: t.Array(t.Object({ currency: t.String(), amount_at_stake: minorUnits })),
  next_cursor: nextCursor,
})

const auditLog = t.Object({
  entries: t.Array(
    t.Object({
      id: t.String(),
      at: time,
      actor: t.String({ description: 'The operator’s token: `operator:` and its `sub`' }),
      action: t.String(),
      user_id: nullable(t.String({ description: 'Whom it was about; null where that is nobody known' })),
      detail: t.String(),
    }),
  ),
  next_cursor: nextCursor,
})
