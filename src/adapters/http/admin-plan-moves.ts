import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { USER_ID } from '../../domain/account.ts'
import { exactly, minorUnits, nextCursor, noQuery, nullable, text, time } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe, example } from './route-document.ts'

/** For the operator: customers are moved from a price that is no longer sold to one that is. */
export function adminPlanMoves({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'admin-plan-moves' }).use(guard).post(
    '/admin/plan-moves',
    ({ body, caller }) =>
      billing.movePlans({
        fromPriceId: body.from_price_id ?? null,
        to: body.to,
        when: body.when ?? 'period_end',
        isPreview: body.dry_run ?? false,
        operator: caller.name,
        cursor: body.cursor ?? null,
        limit: body.limit ?? USUAL_LIMIT,
      }),
    {
      may: 'operate',
      query: noQuery,
      body: wish,
      response: t.NoValidate(moves),
      detail: describe({
        tag: 'Admin',
        summary: 'Move customers to a price or the terms of today',
        description:
          'Whoever bought keeps his price and his terms when the catalogue changes. This moves those who are on a price (`from_price_id`), or without it those who bought the plan that `to` names under earlier terms: they keep their price, and `terms` tells what each loses or gains. Other rates can only hold from a new period on. It moves a page of them at a call: go on with `cursor` until `next_cursor` is null. With `dry_run` it tells who would be moved, and what for how much. Interrupted, it is begun again: who is moved is no longer on the price. Customers who have planned an end or another change are left alone. Each has an outcome of his own: `would_move`, `moved`, `planned` (for the end of the period), `waiting` (for a payment to be confirmed), `left`, `refused`.',
        refusals: ['validation_failed', 'stripe_unavailable'],
        requests: {
          look: example('Who and how much', { from_price_id: 'price_1Old', to: 'pro_monthly', dry_run: true }),
          terms: example('Whom other terms would meet', { to: 'pro_monthly', dry_run: true }),
          move: example('From the next period on', { from_price_id: 'price_1Old', to: 'pro_monthly' }),
        },
        answers: {
          200: {
            description: 'What came of each',
            examples: { moved: example('One of them', MOVES), terms: example('Other terms', TERMS) },
          },
        },
      }),
    },
  )
}

const USUAL_LIMIT = 20
const MOST_AT_ONCE = 50

const wish = exactly({
  from_price_id: t.Optional(text(255, 'The Stripe price that they are on; left out for earlier terms of the plan')),
  to: text(255, 'A plan of the catalogue, or one of its prices by id or lookup key'),
  when: t.Optional(
    t.Union([t.Literal('now'), t.Literal('period_end')], {
      rule: 'must be now or period_end',
      description: 'At once with a proration, or with the next period (the default)',
    }),
  ),
  dry_run: t.Optional(t.Boolean({ rule: 'must be true or false', description: 'Only tell what would happen' })),
  cursor: t.Optional(t.String({ pattern: USER_ID.source, rule: 'is not one that was given out' })),
  limit: t.Optional(
    t.Number({
      multipleOf: 1,
      minimum: 1,
      maximum: MOST_AT_ONCE,
      rule: `must be a whole number from 1 to ${MOST_AT_ONCE}`,
    }),
  ),
})

const price = t.Object({
  plan_name: nullable(t.String()),
  price_id: nullable(t.String()),
  amount: nullable(minorUnits),
  currency: nullable(t.String()),
  interval: nullable(t.String()),
})

const value = t.Union([t.String(), t.Number(), t.Boolean()])

const moves = t.Object({
  results: t.Array(
    t.Object({
      user_id: t.String(),
      subscription_id: nullable(t.String()),
      outcome: t.String(),
      detail: nullable(t.String({ description: 'Why it was left or refused' })),
      from: nullable(price),
      to: nullable(price),
      effective_at: nullable(time),
      amount_due_now: nullable(minorUnits),
      terms: t.Array(
        t.Object({
          term: t.String({ description: 'As in the plans file; what is counted, in the unit of its service' }),
          before: nullable(value),
          after: nullable(value),
        }),
        { description: 'What changes for a customer who keeps plan and price; null is without limit, or none' },
      ),
    }),
  ),
  next_cursor: nextCursor,
})

const MOVES = {
  results: [
    {
      user_id: 'user_123',
      subscription_id: 'sub_1Example',
      outcome: 'planned',
      detail: null,
      from: { plan_name: 'pro_monthly', price_id: 'price_1Old', amount: 3_900, currency: 'usd', interval: 'month' },
      to: { plan_name: 'pro_monthly', price_id: 'price_1New', amount: 4_900, currency: 'usd', interval: 'month' },
      effective_at: '2026-12-22T10:56:08.000Z',
      amount_due_now: null,
      terms: [],
    },
  ],
  next_cursor: null,
}

const SAME = { plan_name: 'pro_monthly', price_id: 'price_1Now', amount: 4_900, currency: 'usd', interval: 'month' }

const TERMS = {
  results: [
    {
      user_id: 'user_123',
      subscription_id: 'sub_1Example',
      outcome: 'would_move',
      detail: null,
      from: SAME,
      to: SAME,
      effective_at: '2026-12-22T10:56:08.000Z',
      amount_due_now: 0,
      terms: [{ term: 'voice_call.included', before: 500, after: 400 }],
    },
  ],
  next_cursor: null,
}
