import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import {
  access,
  exactly,
  noQuery,
  nullable,
  perService,
  promotionCode,
  spending,
  standing,
  stripeId,
  text,
  time,
  userId,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { pendingChange } from './plan-changes.ts'
import { features } from './plans.ts'
import { discount } from './promotion-codes.ts'
import { describe } from './route-document.ts'
import * as examples from './subscription-examples.ts'

/** Subscribing, cancelling, and how a user stands. */
export function subscriptions({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'subscriptions' })
    .use(guard)
    .post(
      '/payments/create-subscription',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.subscribe({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            planName: body.plan_name,
            priceId: body.price_id ?? null,
            paymentMethodId: body.payment_method_id ?? null,
            promotionCode: body.promotion_code ?? null,
            trial: body.trial ?? false,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: newSubscription,
        response: { 201: t.NoValidate(startedSubscription) },
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Subscribe to a plan',
          description:
            'With a card the first payment is tried at once; `incomplete` with a `client_secret` means that the bank wants the customer to confirm it (3-D Secure). Without a card the first payment waits for the `client_secret`. However often it is sent, a user has at most one live subscription.',
          idempotent: true,
          refusals: [
            'card_declined',
            'subscription_exists',
            'price_mismatch',
            'promotion_code_invalid',
            'trial_used',
            'payment_method_required',
            'idempotency_key_reused',
            'in_progress',
            'stripe_unavailable',
          ],
          requests: examples.SUBSCRIBE,
          answers: { 201: { description: 'The new subscription', examples: examples.STARTED } },
        }),
      },
    )
    .post(
      '/payments/cancel-subscription',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.cancelSubscription({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            atPeriodEnd: body.at_period_end ?? true,
            reason: body.reason ?? null,
            feedback: body.feedback ?? null,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: cancellation,
        response: t.NoValidate(cancelledSubscription),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Cancel the subscription',
          description:
            'At the end of the paid period unless `at_period_end` is false. Doing it twice is the same as once.',
          idempotent: true,
          refusals: ['no_subscription', 'idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
          requests: examples.CANCEL,
          answers: { 200: { description: 'The subscription as it is now', examples: examples.CANCELLED } },
        }),
      },
    )
    .get('/payments/subscription-status', ({ user }) => billing.subscriptionStatus(user), {
      may: 'manage-account',
      query: exactly({ user_id: userId }),
      response: t.NoValidate(status),
      detail: describe({
        tag: 'Subscriptions',
        summary: 'How a user stands',
        description:
          'Subscription, access, features, and what was used in the running allowance period; without a subscription, in the calendar month. `cost` is amount × list rate; what of it is charged is `billable_cost`. The `status` is Stripe’s word, null if there never was a subscription.',
        answers: { 200: { description: 'The standing', examples: examples.STATUS } },
      }),
    })
}

const newSubscription = exactly({
  plan_name: text(128, 'One of the plans, by its `plan_name`'),
  price_id: t.Optional(stripeId('One of the plan’s prices; without it the plan’s first')),
  payment_method_id: t.Optional(stripeId('A Stripe PaymentMethod, `pm_…`')),
  promotion_code: t.Optional(promotionCode),
  trial: t.Optional(
    t.Boolean({ description: 'Begin with the plan’s free trial, once for each person. Default: false' }),
  ),
  user_id: userId,
})

const startedSubscription = t.Object({
  subscription_id: t.String(),
  plan_name: t.String(),
  status: t.String({ description: 'Stripe’s word' }),
  client_secret: nullable(t.String({ description: 'For Stripe.js, while something is left to confirm' })),
  current_period_start: time,
  current_period_end: time,
  trial_end: nullable(time),
})

const cancellation = exactly({
  at_period_end: t.Optional(t.Boolean({ description: 'false ends it at once. Default: true' })),
  reason: t.Optional(
    t.Union(
      [
        t.Literal('customer_service'),
        t.Literal('low_quality'),
        t.Literal('missing_features'),
        t.Literal('other'),
        t.Literal('switched_service'),
        t.Literal('too_complex'),
        t.Literal('too_expensive'),
        t.Literal('unused'),
      ],
      { description: 'Stripe’s eight words for why' },
    ),
  ),
  feedback: t.Optional(text(500, 'The customer’s own words')),
  user_id: userId,
})

const cancelledSubscription = t.Object({
  subscription_id: t.String(),
  plan_name: nullable(t.String()),
  status: t.String({ description: 'Stripe’s word' }),
  cancel_at: nullable(time),
  ended_at: nullable(time),
  current_period_start: time,
  current_period_end: time,
  trial_end: nullable(time),
})

const status = t.Object({
  has_subscription: t.Boolean(),
  plan_name: nullable(t.String()),
  price_id: nullable(t.String()),
  plan_note: nullable(t.String({ description: 'What is odd about its price; null for one that is on sale' })),
  status: nullable(t.String()),
  current_period_start: nullable(time),
  current_period_end: nullable(time),
  cancel_at: nullable(time),
  trial_end: nullable(time),
  pending_change: nullable(pendingChange),
  discount: nullable(discount),
  discounts: t.Array(discount, {
    description: 'All of them, in the order in which they come off; `discount` is the first',
  }),
  access,
  currency: t.String({ description: 'Of all costs below: the subscription’s, without one the catalogue’s' }),
  current_usage: perService(t.Object(standing)),
  spending: t.Object(spending),
  features,
})
