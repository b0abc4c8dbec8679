import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, nullable, promotionCode, stripeId, text, time, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { ISO_TIME, instantOf } from './occurrence.ts'
import * as examples from './plan-change-examples.ts'
import { describe } from './route-document.ts'

/** Another plan: looked at first, changed, and kept after all. */
export function planChanges({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'plan-changes' })
    .use(guard)
    .post(
      '/payments/preview-plan-change',
      ({ body, user }) =>
        billing.previewPlanChange({
          user,
          planName: body.plan_name,
          priceId: body.price_id ?? null,
          when: body.when ?? null,
          promotionCode: body.promotion_code ?? null,
        }),
      {
        may: 'manage-account',
        query: noQuery,
        body: exactly(wantedPlan),
        response: t.NoValidate(preview),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'What a change of plan would cost',
          description:
            'Stripe’s own reckoning, asked for with what the change itself will ask for. Send the `proration_date` on with `change-plan` within 15 minutes, and it costs exactly `amount_due_now`.',
          refusals: CHANGE_REFUSALS,
          requests: examples.PREVIEW,
          answers: { 200: { description: 'The cost now and later', examples: examples.PREVIEWED } },
        }),
      },
    )
    .post(
      '/payments/change-plan',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.changePlan({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            planName: body.plan_name,
            priceId: body.price_id ?? null,
            when: body.when ?? null,
            prorationDate: body.proration_date === undefined ? null : instantOf('/proration_date', body.proration_date),
            paymentMethodId: body.payment_method_id ?? null,
            promotionCode: body.promotion_code ?? null,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: planChange,
        response: t.NoValidate(changedSubscription),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Change the plan',
          description:
            'More takes effect at once and only if it is paid: a decline leaves the old plan as it was, and with a `client_secret` the bank wants the customer to confirm first; unconfirmed it lapses after 23 hours and nothing is owed. Less takes effect when the paid period is over. From monthly to yearly a new period begins now; from yearly to monthly when the year is over. A planned end or another planned change is withdrawn by it.',
          idempotent: true,
          refusals: [
            'card_declined',
            'payment_method_required',
            'idempotency_key_reused',
            'in_progress',
            ...CHANGE_REFUSALS,
          ],
          requests: examples.CHANGE,
          answers: { 200: { description: 'The subscription as it is now', examples: examples.CHANGED } },
        }),
      },
    )
    .post(
      '/payments/resume-subscription',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.resumeSubscription({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            paymentMethodId: body.payment_method_id ?? null,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: exactly({ payment_method_id: card, user_id: userId }),
        response: t.NoValidate(changedSubscription),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Withdraw a planned end or change, or go on after a pause',
          description:
            'Undoes a cancellation that has not taken effect, a planned change of plan, or one that waits for its payment. A paused subscription goes on with a new period, as soon as that is paid.',
          idempotent: true,
          refusals: [
            'nothing_to_resume',
            'no_subscription',
            'card_declined',
            'payment_method_required',
            'idempotency_key_reused',
            'in_progress',
            'stripe_unavailable',
          ],
          requests: examples.RESUME,
          answers: { 200: { description: 'The subscription as it is now', examples: examples.RESUMED } },
        }),
      },
    )
}

const CHANGE_REFUSALS = [
  'no_subscription',
  'plan_unchanged',
  'payment_overdue',
  'price_mismatch',
  'promotion_code_invalid',
  'stripe_unavailable',
] as const

const card = t.Optional(stripeId('A Stripe PaymentMethod, `pm_…`, to be charged; without it the one on file'))

const wantedPlan = {
  plan_name: text(128, 'One of the plans, by its `plan_name`'),
  price_id: t.Optional(
    stripeId('One of the plan’s prices; without it the one that is like the present price in currency and interval'),
  ),
  when: t.Optional(
    t.Union([t.Literal('now'), t.Literal('period_end')], {
      description: 'Default: now for more, at the end of the paid period for less',
    }),
  ),
  promotion_code: t.Optional(promotionCode),
  user_id: userId,
}

const planChange = exactly({
  ...wantedPlan,
  payment_method_id: card,
  proration_date: t.Optional(
    t.String({
      pattern: ISO_TIME,
      rule: 'must be the proration_date of a preview',
      description: 'The `proration_date` of a preview of the last 15 minutes',
    }),
  ),
})

const preview = t.Object({
  plan_name: t.String(),
  price_id: t.String(),
  when: t.Union([t.Literal('now'), t.Literal('period_end')]),
  effective_at: time,
  amount_due_now: minorUnits,
  currency: t.String(),
  proration_date: nullable(time),
  lines: t.Array(
    t.Object({
      description: nullable(t.String()),
      amount: minorUnits,
      proration: t.Boolean({ description: 'A part of a period, given back or charged' }),
      period_start: time,
      period_end: time,
    }),
  ),
  subtotal: minorUnits,
  discount: minorUnits,
  discounts: t.Array(t.Object({ code: nullable(t.String()), name: nullable(t.String()), amount: minorUnits })),
  tax: minorUnits,
  total: t.Number({ multipleOf: 1, description: 'Below zero it stands to the customer’s credit for later invoices' }),
  next_invoice: nullable(t.Object({ amount: minorUnits, date: time })),
})

export const pendingChange = t.Object({
  plan_name: nullable(t.String()),
  price_id: t.String(),
  effective_at: nullable(t.String({ format: 'date-time', description: 'null: as soon as it is paid' })),
  expires_at: nullable(t.String({ format: 'date-time', description: 'When it lapses unpaid; null for a planned one' })),
})

const changedSubscription = t.Object({
  subscription_id: t.String(),
  plan_name: nullable(t.String({ description: 'The plan in use now' })),
  price_id: nullable(t.String()),
  status: t.String({ description: 'Stripe’s word' }),
  client_secret: nullable(t.String({ description: 'For Stripe.js, while something is left to confirm' })),
  current_period_start: time,
  current_period_end: time,
  cancel_at: nullable(time),
  trial_end: nullable(time),
  pending_change: nullable(pendingChange),
})
