import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, nullable, promotionCode, stripeId, text, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** What a promotion code is worth, and its use on a running subscription. */
export function promotionCodes({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'promotion-codes' })
    .use(guard)
    .post(
      '/payments/promotion-codes/validate',
      ({ body, user }) =>
        billing.validatePromotionCode({
          user,
          code: body.code,
          planName: body.plan_name ?? null,
          priceId: body.price_id ?? null,
        }),
      {
        may: 'manage-account',
        query: noQuery,
        body: exactly({
          code: promotionCode,
          plan_name: t.Optional(text(128, 'The plan that it would be used for')),
          price_id: t.Optional(stripeId('One of the plan’s prices; without it the plan’s first')),
          user_id: userId,
        }),
        response: t.NoValidate(validity),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Check a promotion code',
          description:
            'Whether the user can use it and what it takes off; if not, `reason` is a stable word and `detail` says it in a sentence. Nothing is redeemed. Without a plan the price of the running subscription is meant.',
          refusals: ['price_mismatch', 'stripe_unavailable'],
          requests: { plan: example('Before subscribing', { code: 'WELCOME20', plan_name: 'pro_monthly' }) },
          answers: {
            200: {
              description: 'What it is worth, or why it cannot be used',
              examples: { valid: example('It can be used', VALID), expired: example('It cannot', EXPIRED) },
            },
          },
        }),
      },
    )
    .post(
      '/payments/promotion-codes/apply',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.applyPromotionCode({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            code: body.code,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: exactly({ code: promotionCode, user_id: userId }),
        response: t.NoValidate(discounted),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Use a promotion code on the running subscription',
          description:
            'From the next invoice on, in place of any discount before it. A code that is on the subscription already is not redeemed again.',
          idempotent: true,
          refusals: [
            'promotion_code_invalid',
            'no_subscription',
            'idempotency_key_reused',
            'in_progress',
            'stripe_unavailable',
          ],
          requests: { later: example('On a running subscription', { code: 'WELCOME20' }) },
          answers: {
            200: { description: 'The subscription as it is now', examples: { applied: example('Applied', APPLIED) } },
          },
        }),
      },
    )
}

/** What comes off, where something does. */
export const discount = t.Object({
  code: nullable(t.String()),
  percent_off: nullable(t.Number()),
  amount_off: nullable(minorUnits),
  currency: nullable(t.String()),
  saves: nullable(
    t.Number({ multipleOf: 1, description: 'Off what those before it leave of each period’s price, in minor units' }),
  ),
  ends_at: nullable(t.String({ format: 'date-time', description: 'null is for ever' })),
})

const discounted = t.Object({
  subscription_id: t.String(),
  plan_name: nullable(t.String()),
  status: t.String({ description: 'Stripe’s word' }),
  discount: nullable(discount),
})

const validity = t.Object({
  valid: t.Boolean(),
  code: t.String(),
  percent_off: nullable(t.Number()),
  amount_off: nullable(minorUnits),
  currency: nullable(t.String()),
  duration: nullable(t.Union([t.Literal('once'), t.Literal('repeating'), t.Literal('forever')])),
  duration_in_months: nullable(t.Number({ multipleOf: 1 })),
  amount: nullable(t.Number({ multipleOf: 1, description: 'The price without it, in minor units' })),
  first_discounted_amount: nullable(t.Number({ multipleOf: 1, description: 'The first payment with it' })),
  reason: nullable(
    t.Union(
      [
        t.Literal('not_found'),
        t.Literal('expired'),
        t.Literal('used_up'),
        t.Literal('inactive'),
        t.Literal('other_customer'),
        t.Literal('first_time_only'),
        t.Literal('wrong_currency'),
        t.Literal('minimum_amount'),
        t.Literal('other_plan'),
      ],
      { description: 'Why it cannot be used' },
    ),
  ),
  detail: nullable(t.String({ description: 'The same in a sentence' })),
})

const TERMS = { percent_off: 20, amount_off: null, currency: 'usd', duration: 'repeating', duration_in_months: 3 }
const VALID = {
  valid: true,
  code: 'WELCOME20',
  ...TERMS,
  amount: 3900,
  first_discounted_amount: 3120,
  reason: null,
  detail: null,
}
const EXPIRED = {
  ...VALID,
  valid: false,
  first_discounted_amount: null,
  reason: 'expired',
  detail: 'The promotion code has expired.',
}
export const DISCOUNT = {
  code: 'WELCOME20',
  percent_off: 20,
  amount_off: null,
  currency: 'usd',
  saves: 780,
  ends_at: '2027-02-04T09:30:00.000Z',
}
const APPLIED = {
  subscription_id: 'sub_1QpQqLKxYt3mVd0a',
  plan_name: 'pro_monthly',
  status: 'active',
  discount: DISCOUNT,
}
