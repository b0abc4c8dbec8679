import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, noQuery, nullable, reason, time, userPath } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import { describe, example } from './route-document.ts'

/** For the operator: one more free trial, and longer ones. */
export function adminTrials({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-trials' })
    .use(guard)
    .post(
      '/admin/users/:id/trials',
      ({ params, body, caller }) => billing.allowTrial({ user: params.id, operator: caller.name, reason: body.reason }),
      {
        may: 'operate',
        params: userPath,
        query: noQuery,
        body: exactly({ reason }),
        response: t.NoValidate(allowance),
        detail: describe({
          tag: 'Admin',
          summary: 'Allow a user one more free trial',
          description:
            'Whoever had one with the same account, e-mail address or card. The next `create-subscription` with `trial` uses it up. Doing it twice is the same as once.',
          requests: { goodwill: example('After a talk', { reason: 'Could not try it out last time' }) },
          answers: {
            200: { description: 'It is allowed', examples: { allowed: example('Allowed', ALLOWED) } },
          },
        }),
      },
    )
    .post(
      '/admin/users/:id/trial-extension',
      async ({ params, body, caller, request, set }) =>
        answered(
          set,
          await billing.extendTrial({
            user: params.id,
            operator: caller.name,
            key: idempotencyKey(request, caller),
            trialEnd: body.trial_end === undefined ? null : instantOf('/trial_end', body.trial_end),
            days: body.days ?? null,
            reason: body.reason,
          }),
        ),
      {
        may: 'operate',
        params: userPath,
        query: noQuery,
        body: extension,
        response: t.NoValidate(extended),
        detail: describe({
          tag: 'Admin',
          summary: 'Let a running trial last longer',
          description:
            'Either until `trial_end`, or by so many `days`. Nothing is charged before. Kept in the audit log.',
          idempotent: true,
          refusals: ['no_subscription', 'not_trialing', 'idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
          requests: {
            days: example('By a week', { days: 7, reason: 'Was ill' }),
            until: example('Until a day', { trial_end: '2026-12-24T00:00:00Z', reason: 'Until their fair' }),
          },
          answers: {
            200: { description: 'The subscription as it is now', examples: { later: example('Later', EXTENDED) } },
          },
        }),
      },
    )
}

const allowance = t.Object({ user_id: t.String(), trial_allowed: t.Boolean() })

const extension = exactly({
  trial_end: t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be a date and time with Z or an offset, such as 2026-12-24T00:00:00Z',
      description: 'After the present end, within two years',
    }),
  ),
  days: t.Optional(
    t.Number({ minimum: 1, maximum: 730, multipleOf: 1, rule: 'must be a whole number of days from 1 to 730' }),
  ),
  reason,
})

const extended = t.Object({
  subscription_id: t.String(),
  status: t.String({ description: 'Stripe’s word' }),
  trial_end: nullable(time),
})

const ALLOWED = { user_id: 'ann', trial_allowed: true }
const EXTENDED = { subscription_id: 'sub_1QpQqLKxYt3mVd0a', status: 'trialing', trial_end: '2026-12-24T00:00:00.000Z' }
