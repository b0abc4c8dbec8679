import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import {
  exactly,
  nextCursor,
  nullable,
  page,
  pageOf,
  quantity,
  serviceType,
  text,
  time,
  usageUnit,
  userId,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import { describe, example } from './route-document.ts'

/** The single uses of a user. */
export function usageRecords({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'usage-records' }).use(guard).get(
    '/payments/usage-records',
    ({ query, user }) =>
      billing.usageRecords({
        user,
        service: query.service_type ?? null,
        resourceId: query.resource_id ?? null,
        from: query.from === undefined ? null : instantOf('/from', query.from),
        to: query.to === undefined ? null : instantOf('/to', query.to),
        ...pageOf(query),
      }),
    {
      may: 'manage-account',
      query: filter,
      response: t.NoValidate(records),
      detail: describe({
        tag: 'Usage',
        summary: 'Single uses',
        description:
          'The latest day first, and within a day what was recorded last. What is recorded while you page does not come into the pages that follow. A page may have fewer entries than asked for; only `next_cursor: null` is the end.',
        answers: { 200: { description: 'One page', examples: RECORDS } },
      }),
    },
  )
}

const moment = (description: string) =>
  t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be a date and time with Z or an offset, such as 2026-11-22T10:15:00Z',
      description,
    }),
  )

const filter = exactly({
  service_type: t.Optional(serviceType),
  resource_id: t.Optional(text(128, 'What was used')),
  from: moment('Used at this moment or later'),
  to: moment('Used before this moment'),
  ...page,
  cursor: t.Optional(
    t.String({
      pattern: '^[A-Za-z0-9_.-]{1,2048}$',
      rule: 'must be the next_cursor of an earlier answer',
      description: 'The `next_cursor` of the page before',
    }),
  ),
  user_id: userId,
})

const records = t.Object({
  usage_records: t.Array(
    t.Object({
      usage_record_id: t.String(),
      service_type: serviceType,
      usage_amount: t.Number({ description: 'Negative in a correction' }),
      usage_unit: usageUnit,
      resource_id: nullable(t.String()),
      event_id: nullable(t.String()),
      corrects: nullable(t.String({ description: 'The record that this one corrects; null for a use' })),
      cost: t.Number({ multipleOf: 1, description: 'Amount × list rate, in minor units' }),
      overage: quantity,
      billable_cost: t.Number({ multipleOf: 1, description: 'What of the cost is charged, in minor units' }),
      currency: t.String(),
      plan_name: nullable(t.String()),
      occurred_at: time,
      recorded_at: time,
    }),
  ),
  next_cursor: nextCursor,
})

const RECORDS = {
  page: example('A call', {
    usage_records: [
      {
        usage_record_id: 'usage_01jd9k3v7x8y2m4n6p0r',
        service_type: 'voice_call',
        usage_amount: 23,
        usage_unit: 'minutes',
        resource_id: 'CA1',
        event_id: null,
        corrects: null,
        cost: 115,
        overage: 0,
        billable_cost: 0,
        currency: 'usd',
        plan_name: 'pro_monthly',
        occurred_at: '2026-11-22T10:15:00.000Z',
        recorded_at: '2026-11-22T10:15:01.250Z',
      },
    ],
    next_cursor: null,
  }),
}
