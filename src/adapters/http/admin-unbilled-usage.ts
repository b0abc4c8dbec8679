import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './admin-examples.ts'
import {
  exactly,
  minorUnits,
  nextCursor,
  nullable,
  page,
  pageOf,
  quantity,
  serviceType,
  time,
  usageUnit,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { describe } from './route-document.ts'

/** For the operator: what Stripe will not bill. */
export function adminUnbilledUsage({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-unbilled-usage' }).use(guard).get(
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
}

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
