import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, noQuery, nullable, promotionCode, stripeId, text, time, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** Stripe's hosted pages: one for subscribing, one for looking after everything. */
export function checkout({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'checkout' })
    .use(guard)
    .post(
      '/payments/checkout-session',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.createCheckoutSession({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            planName: body.plan_name,
            priceId: body.price_id ?? null,
            promotionCode: body.promotion_code ?? null,
            trial: body.trial ?? false,
            successUrl: body.success_url,
            cancelUrl: body.cancel_url,
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: newSession,
        response: { 201: t.NoValidate(session) },
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Subscribe on Stripe’s hosted page',
          description:
            'Send the customer to `url`; what is paid there arrives by webhook. Both return addresses must lie under `RETURN_ORIGINS`; Stripe replaces `{CHECKOUT_SESSION_ID}` in them. A page that was opened before is closed. If two are paid all the same, or one while `create-subscription` was under way, the later subscription is cancelled and given back.',
          idempotent: true,
          refusals: [
            'subscription_exists',
            'price_mismatch',
            'promotion_code_invalid',
            'trial_used',
            'idempotency_key_reused',
            'in_progress',
            'stripe_unavailable',
          ],
          requests: { page: example('A plan', REQUEST) },
          answers: { 201: { description: 'The page', examples: { page: example('Open for a day', SESSION) } } },
        }),
      },
    )
    .post(
      '/payments/portal-session',
      ({ body, user }) => billing.createPortalSession({ user, returnUrl: body.return_url }),
      {
        may: 'manage-account',
        query: noQuery,
        body: exactly({ return_url: address('Where the page leads back to'), user_id: userId }),
        response: t.NoValidate(t.Object({ url: t.String({ description: 'Good for a few minutes' }) })),
        detail: describe({
          tag: 'Subscriptions',
          summary: 'Open Stripe’s customer portal',
          description:
            'Stripe’s own page for cards, invoices, and cancelling. What is changed there arrives by webhook. The return address must lie under `RETURN_ORIGINS`.',
          refusals: ['no_subscription', 'stripe_unavailable'],
          requests: { portal: example('Back to the app', { return_url: 'https://app.example.com/billing' }) },
          answers: {
            200: {
              description: 'The page',
              examples: {
                portal: example('Send the customer there', { url: 'https://billing.stripe.com/p/session/test_1' }),
              },
            },
          },
        }),
      },
    )
}

function address(description: string) {
  return text(2_000, description)
}

const newSession = exactly({
  plan_name: text(128, 'One of the plans, by its `plan_name`'),
  price_id: t.Optional(stripeId('One of the plan’s prices; without it the plan’s first')),
  promotion_code: t.Optional(promotionCode),
  trial: t.Optional(t.Boolean({ description: 'Begin with the plan’s free trial. Default: false' })),
  success_url: address('Where the customer goes after paying'),
  cancel_url: address('Where the customer goes who does not pay'),
  user_id: userId,
})

const session = t.Object({
  checkout_session_id: t.String(),
  url: nullable(t.String({ description: 'Null once the page is over' })),
  expires_at: time,
})

const REQUEST = {
  plan_name: 'pro_monthly',
  success_url: 'https://app.example.com/welcome?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://app.example.com/plans',
}
const SESSION = {
  checkout_session_id: 'cs_test_a1QpQqLKxYt3mVd0a',
  url: 'https://checkout.stripe.com/c/pay/cs_test_a1QpQqLKxYt3mVd0a',
  expires_at: '2026-11-23T09:30:00.000Z',
}
