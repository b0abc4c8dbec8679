import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './admin-drift-examples.ts'
import { count, exactly, minorUnits, noQuery, nullable, time } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe } from './route-document.ts'

/** For the operator: whether we and Stripe hold the same. */
export function adminDrift({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-drift' })
    .use(guard)
    .get('/admin/drift', () => billing.driftState(), {
      may: 'operate',
      query: noQuery,
      response: t.NoValidate(state),
      detail: describe({
        tag: 'Admin',
        summary: 'What differs from Stripe',
        description:
          'The last comparison of every customer, subscription, invoice, payment, refund, dispute and meter with Stripe: what we hold, what Stripe holds, what it means and what money hangs on it; the first 1,000 differences. `running` is the comparison under way, if there is one.',
        answers: { 200: { description: 'The last report', examples: examples.DRIFT } },
      }),
    })
    .post(
      '/admin/drift',
      ({ body, caller, set }) => {
        set.status = 202
        return billing.checkDrift(caller.name, body.repair === true)
      },
      {
        may: 'operate',
        query: noQuery,
        body: wish,
        response: { 202: t.NoValidate(run) },
        detail: describe({
          tag: 'Admin',
          summary: 'Compare everything with Stripe',
          description:
            'Begins a comparison in the background, or joins the one that is under way. With `repair` what differs is taken over from Stripe, and what a meter has too little or too much of is made up for with the next invoice; nothing is cancelled, refunded or deleted. Doing it again changes nothing.',
          refusals: ['in_progress'],
          requests: examples.WISH,
          answers: { 202: { description: 'It runs; GET /admin/drift tells how far it is', examples: examples.RUN } },
        }),
      },
    )
}

const wish = exactly({ repair: t.Optional(t.Boolean({ description: 'Default false: only look' })) })

const counts = t.Object({
  customers: count,
  subscriptions: count,
  invoices: count,
  payments: count,
  refunds: count,
  disputes: count,
  meters: count,
})

const run = t.Object({
  started_at: time,
  repair: t.Boolean(),
  step: t.String({ description: 'What is being compared' }),
  compared: nullable(counts),
  differences: t.Number({ multipleOf: 1, description: 'Found so far' }),
})

const report = t.Object({
  started_at: time,
  finished_at: time,
  repair: t.Boolean(),
  compared: counts,
  foreign: t.Object(
    {
      customers: count,
      subscriptions: count,
      invoices: count,
      payments: count,
      named: t.Array(t.String(), { description: 'The first of the customers' }),
    },
    { description: 'At Stripe, of customers who are nobody here: no drift' },
  ),
  total: t.Number({ multipleOf: 1, description: 'How many differences there were' }),
  left: t.Number({
    multipleOf: 1,
    description: 'How many of them are left: not mended, or to be decided by the operator',
  }),
  by_kind: t.Record(t.String(), count),
  drift: t.Array(t.Object({ currency: t.String(), amount: minorUnits }), { description: 'The money, by currency' }),
  differences: t.Array(
    t.Object({
      kind: t.String({ description: 'As `subscription_status`' }),
      user_id: t.String(),
      customer_id: t.String(),
      object_id: t.String({ description: 'Stripe’s id; the service where it is a meter' }),
      here: t.String(),
      at_stripe: t.String(),
      meaning: t.String(),
      amount: minorUnits,
      currency: t.String(),
      outcome: t.Union([t.Literal('mended'), t.Literal('left')]),
    }),
  ),
})

const state = t.Object({
  running: nullable(run),
  failure: nullable(t.String({ description: 'What kept the last one from its report' })),
  report: nullable(report),
})
