import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import {
  exactly,
  minorUnits,
  nextCursor,
  noQuery,
  nullable,
  page,
  pageOf,
  stripeId,
  text,
  time,
  userId,
} from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** One-time payments, and the history of all that was paid. */
export function payments({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'payments' })
    .use(guard)
    .post(
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
    .post(
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
    .get('/payments/billing-history', ({ query, user }) => billing.billingHistory({ user, ...pageOf(query) }), {
      may: 'manage-account',
      query: exactly({ ...page, user_id: userId }),
      response: t.NoValidate(history),
      detail: describe({
        tag: 'Payments',
        summary: 'What was charged and given back',
        description: 'Newest first. A one-time payment enters when it is paid or has failed.',
        answers: { 200: { description: 'One page of the history', examples: HISTORY } },
      }),
    })
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

const payment = t.Object({
  payment_intent_id: t.String(),
  client_secret: nullable(t.String({ description: 'For Stripe.js, while something is left to confirm' })),
  status: t.String({ description: 'Stripe’s word' }),
  amount: minorUnits,
  currency: t.String(),
})

/** An entry of the billing history. */
export const disputeStatus = t.Union([t.Literal('open'), t.Literal('inquiry'), t.Literal('won'), t.Literal('lost')], {
  description: 'Of the latest dispute; an inquiry is only a question, for which no money has gone',
})

export const historyEntry = {
  id: t.String(),
  kind: t.Union([t.Literal('invoice'), t.Literal('payment'), t.Literal('refund')]),
  amount: minorUnits,
  currency: t.String(),
  status: t.String({ description: '`paid`, `open`, `failed`, `void`, `uncollectible`; for refunds Stripe’s word' }),
  description: nullable(t.String()),
  invoice_number: nullable(t.String()),
  hosted_invoice_url: nullable(t.String()),
  invoice_pdf: nullable(t.String()),
  refunded_amount: minorUnits,
  refund_of: nullable(t.String({ description: 'Of a refund: the entry that it gives back' })),
  disputed_amount: t.Number({
    multipleOf: 1,
    description: 'What of it is with the payer’s bank: disputes that are open or were lost',
  }),
  dispute_status: nullable(disputeStatus),
  tax: nullable(
    t.Number({
      multipleOf: 1,
      description: 'What of the amount is tax; null where none was worked out: of payments and refunds',
    }),
  ),
  amount_excluding_tax: nullable(t.Number({ multipleOf: 1, description: 'What an invoice comes to without it' })),
  created_at: time,
}

const history = t.Object({
  payments: t.Array(t.Object(historyEntry)),
  next_cursor: nextCursor,
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

const STARTED = {
  waiting: example('It waits for the payment form', {
    payment_intent_id: 'pi_3QpQqLKxYt3mVd0a',
    client_secret: 'pi_3QpQqLKxYt3mVd0a_secret_9vJmF2',
    status: 'requires_payment_method',
    amount: 500,
    currency: 'usd',
  }),
}

const HISTORY = {
  page: example('A paid invoice', {
    payments: [
      {
        id: 'in_1QpQqLKxYt3mVd0a',
        kind: 'invoice',
        amount: 3900,
        currency: 'usd',
        status: 'paid',
        description: 'Subscription creation',
        invoice_number: 'A1B2C3D4-0001',
        hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
        invoice_pdf: 'https://pay.stripe.com/invoice/acct_1/test_1/pdf',
        refunded_amount: 0,
        refund_of: null,
        disputed_amount: 0,
        dispute_status: null,
        tax: 623,
        amount_excluding_tax: 3277,
        created_at: '2026-11-04T09:30:00.000Z',
      },
    ],
    next_cursor: null,
  }),
}
