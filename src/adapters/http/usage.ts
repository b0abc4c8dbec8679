import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, perService, quantity, standing, usageUnit, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe } from './route-document.ts'
import * as examples from './usage-examples.ts'
import { recordedUsage, usedAmount, useOf } from './use.ts'

/** Recording what was used, and summing it up. */
export function usage({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'usage' })
    .use(guard)
    .post(
      '/payments/record-usage',
      async ({ body, caller, user, request, set }) =>
        answered(set, await billing.recordUsage(useOf(body, user, idempotencyKey(request, caller)))),
      {
        may: 'record-usage',
        query: noQuery,
        body: usedAmount,
        response: { 200: t.NoValidate(recordedUsage), 201: t.NoValidate(recordedUsage) },
        detail: describe({
          tag: 'Usage',
          summary: 'Record what was used',
          description:
            'A use is known by its `event_id`; without one, calls, transcripts and scenarios are known by their `resource_id`, and happen once. Recorded again it answers the first record. What has happened is always stored, also over the limit; with `enforce` only what fits wholly is.',
          idempotent: true,
          refusals: [
            'usage_conflict',
            'limit_reached',
            'no_subscription',
            'no_access',
            'payment_method_required',
            'idempotency_key_reused',
          ],
          requests: examples.REQUESTS,
          answers: {
            200: { description: 'It was recorded before: the first record', examples: examples.RECORDED },
            201: { description: 'The new record', examples: examples.RECORDED },
          },
        }),
      },
    )
    .get(
      '/payments/usage-summary',
      ({ query, user }) =>
        billing.usageSummary({ user, period: query.period ?? 'current', byDay: query.group_by === 'day' }),
      {
        may: 'manage-account',
        query: period,
        response: t.NoValidate(summary),
        detail: describe({
          tag: 'Usage',
          summary: 'What was used in a period',
          description:
            '`current` is the running allowance period, with what is included and left of it. A calendar month belongs to no allowance: there `included` and `remaining` are null, and the costs are as they were fixed when recorded.',
          answers: { 200: { description: 'The summary', examples: examples.SUMMARY } },
        }),
      },
    )
}

const period = exactly({
  period: t.Optional(
    t.String({
      pattern: '^(current|[1-9][0-9]{3}-(0[1-9]|1[0-2]))$',
      rule: 'must be current or a month such as 2026-11',
      description: '`current` (the default) or a calendar month, `YYYY-MM`',
    }),
  ),
  group_by: t.Optional(t.Literal('day', { description: 'Adds `days`, one entry for each day with usage' })),
  user_id: userId,
})

const summary = t.Object({
  period: t.String(),
  services: perService(t.Object(standing)),
  total_cost: minorUnits,
  billable_total: minorUnits,
  currency: t.String({
    description:
      'The subscription’s. Of a calendar month that of all its use; where there are several, or none, that of today',
  }),
  other_currencies: t.Array(t.Object({ currency: t.String(), total_cost: minorUnits, billable_total: minorUnits }), {
    description: 'What use of a calendar month cost in other currencies, which is in none of the costs above',
  }),
  days: t.Optional(
    t.Array(
      t.Object({
        day: t.String({ description: '`YYYY-MM-DD`, UTC' }),
        services: perService(t.Object({ amount: quantity, unit: usageUnit, cost: minorUnits })),
      }),
    ),
  ),
})
