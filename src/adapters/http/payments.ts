import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, noQuery, nullable, stripeId, text, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** One-time payments. */
export function payments({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'payments' }).use(guard).post(
    '/payments/create-payment-intent',
    async ({ body, caller, user, request, set }) =>
      answered(
        set,
        await billing.createPaymentIntent({
          user,
          person: caller.person,
          key: idempotencyKey(request, caller),
          amount: body.amount ?? null,
          currency: body.currency ?? null,
          pack: body.pack ?? null,
          description: body.description ?? null,
          paymentMethodId: body.payment_method_id ?? null,
          metadata: body.metadata ?? {},
        }),
      ),
    {
      may: 'manage-account',
      query: noQuery,
      body: newPayment,
      response: { 201: t.NoValidate(payment) },
      detail: describe({
        tag: 'Payments',
        summary: 'Start a one-time payment',
        description:
          'With a payment method it is confirmed at once, without redirects. Without one the `client_secret` is for the app’s payment form. Without an Idempotency-Key two equal requests are two payments. With `pack` the price is that of the catalogue, and the usage that it holds is given when it is paid.',
        idempotent: true,
        refusals: ['card_declined', 'idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
        requests: REQUESTS,
        answers: { 201: { description: 'The new payment', examples: STARTED } },
      }),
    },
  )
}

const metadata = t.Record(
  t.String({ pattern: '^(?!__proto__$)[A-Za-z0-9_-]{1,40}$' }),
  text(500, 'The app’s own note on the payment', 0),
  {
    maxProperties: 20,
    additionalProperties: false,
    rule: 'must have at most 20 names of letters, digits, _ and -, each with a text',
    description: 'Kept at Stripe with the payment. At most 20 names of 40 characters with texts of 500.',
  },
)

const newPayment = exactly({
  amount: t.Optional(
    t.Number({
      minimum: 1,
      maximum: 99_999_999,
      multipleOf: 1,
      rule: 'must be a whole number of minor units from 1 to 99999999',
      description: 'In minor units of the currency: 500 is $5.00. Required without a pack, which has its own price',
    }),
  ),
  pack: t.Optional(text(64, 'What is bought: one of the `packs`, by its name. It is given when the payment is paid')),
  currency: t.Optional(
    t.String({
      pattern: '^[a-z]{3}$',
      rule: 'must be a currency in three lower-case letters',
      description: 'ISO 4217 in lower case. Default: the catalogue’s',
    }),
  ),
  description: t.Optional(text(500, 'Shown in the billing history')),
  payment_method_id: t.Optional(stripeId('A Stripe PaymentMethod, `pm_…`')),
  metadata: t.Optional(metadata),
  user_id: userId,
})

const payment = t.Object({
  payment_intent_id: t.String(),
  client_secret: nullable(t.String({ description: 'For Stripe.js, while something is left to confirm' })),
  status: t.String({ description: 'Stripe’s word' }),
  amount: minorUnits,
  currency: t.String(),
})

const REQUESTS = {
  form: example('For the app’s payment form', { amount: 500, currency: 'usd', description: 'Custom scenario set-up' }),
  at_once: example('Charged at once', {
    amount: 500,
    currency: 'usd',
    description: 'Custom scenario set-up',
    payment_method_id: 'pm_card_visa',
    metadata: { scenario: '5' },
  }),
  pack: example('A pack of the catalogue', { pack: 'minutes_100', payment_method_id: 'pm_card_visa' }),
}

const STARTED = {
  waiting: example('It waits for the payment form', {
    payment_intent_id: 'pi_3QpQqLKxYt3mVd0a',
    client_secret: 'pi_3QpQqLKxYt3mVd0a_secret_9vJmF2',
    status: 'requires_payment_method',
    amount: 500,
    currency: 'usd',
  }),
}
