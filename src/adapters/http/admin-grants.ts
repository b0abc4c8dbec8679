import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './admin-examples.ts'
import { exactly, noQuery, nullable, quantity, reason, serviceType, time, usageUnit, userPath } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import { describe } from './route-document.ts'

/** For the operator: usage on top of a plan, as a gift or sold elsewhere. */
export function adminGrants({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-grants' })
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
}

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
