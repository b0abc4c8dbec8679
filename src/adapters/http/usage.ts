import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import {
  exactly,
  minorUnits,
  noQuery,
  nullable,
  perService,
  quantity,
  serviceType,
  standing,
  text,
  usageUnit,
  userId,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import { describe } from './route-document.ts'
import * as examples from './usage-examples.ts'

export function usage({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'usage' })
    .use(guard)
    .post(
      '/payments/record-usage',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.recordUsage({
            user,
            key: idempotencyKey(request, caller),
            service: body.service_type,
            amount: body.usage_amount,
            unit: body.usage_unit,
            resourceId: body.resource_id === undefined ? null : String(body.resource_id),
            eventId: body.event_id ?? null,
            occurredAt: body.occurred_at === undefined ? null : instantOf('/occurred_at', body.occurred_at),
            enforce: body.enforce ?? false,
          }),
        ),
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

const usedAmount = exactly({
  service_type: serviceType,
  usage_amount: t.Number({
    exclusiveMinimum: 0,
    rule: 'must be a number from 0.000001 to 1,000,000',
    description: 'From 0.000001 to 1,000,000, in `usage_unit`',
  }),
  usage_unit: usageUnit,
  resource_id: t.Optional(
    t.Union(
      [
        text(128, 'What was used: a call, a transcript, a conversation'),
        t.Number({ multipleOf: 1, minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }),
      ],
      {
        rule: 'must be a text of 1 to 128 characters without NUL, or a whole number below 2^53',
        description: 'What was used: a call, a transcript, a conversation. 123 and "123" are the same.',
      },
    ),
  ),
  event_id: t.Optional(text(128, 'Tells this use from every other of the user; whoever retries sends the same')),
  occurred_at: t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be a date and time with Z or an offset, such as 2026-11-22T10:15:00Z',
      description: 'At most 35 days back and 5 minutes ahead. Default: now',
    }),
  ),
  enforce: t.Optional(t.Boolean({ description: 'Record only what fits wholly. Default: false' })),
  user_id: userId,
})

const recordedUsage = t.Object({
  usage_record_id: t.String(),
  service_type: serviceType,
  usage_amount: quantity,
  usage_unit: usageUnit,
  cost: t.Number({ multipleOf: 1, description: 'Amount × list rate, in minor units, whatever of it is charged' }),
  billing_period: t.String({ description: 'The calendar month, `YYYY-MM`' }),
  remaining: nullable(t.Number({ description: 'What is left of the allowance; null is without limit' })),
  overage: t.Number({ description: 'What of this use lies over the allowance' }),
  limit_reached: t.Boolean(),
})

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
  currency: t.String(),
  days: t.Optional(
    t.Array(
      t.Object({
        day: t.String({ description: '`YYYY-MM-DD`, UTC' }),
        services: perService(t.Object({ amount: quantity, unit: usageUnit, cost: minorUnits })),
      }),
    ),
  ),
})
