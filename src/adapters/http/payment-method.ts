import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, nullable, stripeId, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** The card that pays. */
export function paymentMethod({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'payment-method' }).use(guard).post(
    '/payments/payment-method',
    async ({ body, caller, user, request, set }) =>
      answered(
        set,
        await billing.setPaymentMethod({
          user,
          person: caller.person,
          key: idempotencyKey(request, caller),
          paymentMethodId: body.payment_method_id,
        }),
      ),
    {
      may: 'manage-account',
      query: noQuery,
      body: newPaymentMethod,
      response: t.NoValidate(keptPaymentMethod),
      detail: describe({
        tag: 'Payments',
        summary: 'Use another card',
        description:
          'It pays the open invoices at once and is charged for all that comes. An invoice that stays `open` with a `client_secret` waits for the customer (3-D Secure). Declined, nothing has changed and the old card stays.',
        idempotent: true,
        refusals: ['card_declined', 'idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
        requests: OTHER_CARD,
        answers: { 200: { description: 'The card is kept', examples: KEPT } },
      }),
    },
  )
}

const newPaymentMethod = exactly({
  payment_method_id: stripeId('A Stripe PaymentMethod, `pm_…`'),
  user_id: userId,
})

const keptPaymentMethod = t.Object({
  payment_method_id: t.String(),
  subscription_id: nullable(t.String()),
  status: nullable(t.String({ description: 'The subscription’s, in Stripe’s word' })),
  invoices: t.Array(t.Object({ id: t.String(), amount: minorUnits, currency: t.String(), status: t.String() }), {
    description: 'What was open before, as it stands now',
  }),
  client_secret: nullable(t.String({ description: 'For Stripe.js, while something is left to confirm' })),
})

const OTHER_CARD = { card: example('A new card', { payment_method_id: 'pm_card_visa' }) }

const KEPT = {
  paid: example('It paid what was open, and the subscription is active again', {
    payment_method_id: 'pm_1QpQqLKxYt3mVd0a',
    subscription_id: 'sub_1QpQqLKxYt3mVd0a',
    status: 'active',
    invoices: [{ id: 'in_1QpQqLKxYt3mVd0b', amount: 3900, currency: 'usd', status: 'paid' }],
    client_secret: null,
  }),
}
