import { Elysia, type Static, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, noQuery, nullable, text, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { answered, idempotencyKey } from './idempotency.ts'
import { describe, example } from './route-document.ts'

/** Who is billed, and where. */
export function billingDetails({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'billing-details' })
    .use(guard)
    .get('/payments/billing-details', ({ user }) => billing.billingDetails(user), {
      may: 'manage-account',
      query: exactly({ user_id: userId }),
      response: t.NoValidate(details),
      detail: describe({
        tag: 'Payments',
        summary: 'Who is billed',
        description: 'As it stands at Stripe; all null for a user who is no customer yet.',
        refusals: ['stripe_unavailable'],
        answers: { 200: { description: 'The details', examples: { business: example('A business', DETAILS) } } },
      }),
    })
    .post(
      '/payments/billing-details',
      async ({ body, caller, user, request, set }) =>
        answered(
          set,
          await billing.setBillingDetails({
            user,
            person: caller.person,
            key: idempotencyKey(request, caller),
            name: body.name ?? null,
            address: body.address === undefined ? null : addressOf(body.address),
            ...(body.tax_id === undefined ? {} : { taxId: body.tax_id }),
          }),
        ),
      {
        may: 'manage-account',
        query: noQuery,
        body: newDetails,
        response: t.NoValidate(details),
        detail: describe({
          tag: 'Payments',
          summary: 'Say who is billed, and where',
          description:
            'What invoices show and, with `STRIPE_AUTOMATIC_TAX`, what tax is worked out from: without a country nothing can be sold then. What is left out stays as it is; an address is taken as a whole; `tax_id: null` takes the tax id away.',
          idempotent: true,
          refusals: ['idempotency_key_reused', 'in_progress', 'stripe_unavailable'],
          requests: {
            business: example('A business', REQUEST),
            country: example('The least that tax needs', { address: { country: 'US', postal_code: '94107' } }),
          },
          answers: { 200: { description: 'As it is now', examples: { business: example('A business', DETAILS) } } },
        }),
      },
    )
}

const part = t.Optional(text(200, 'As on an envelope'))
const address = exactly({
  line1: part,
  line2: part,
  city: part,
  state: part,
  postal_code: part,
  country: t.String({
    pattern: '^[A-Z]{2}$',
    rule: 'must be a country in two capital letters, such as DE',
    description: 'ISO 3166, two letters',
  }),
})

function addressOf({ line1, line2, city, state, postal_code, country }: Static<typeof address>) {
  return {
    line1: line1 ?? null,
    line2: line2 ?? null,
    city: city ?? null,
    state: state ?? null,
    postalCode: postal_code ?? null,
    country,
  }
}

const newDetails = exactly({
  name: t.Optional(text(256, 'Of the person or the business')),
  address: t.Optional(address),
  tax_id: t.Optional(
    nullable(
      exactly({
        type: t.String({
          pattern: '^[a-z]{2}_[a-z0-9_]{1,20}$',
          rule: 'must be a kind of tax id in Stripe’s words, such as eu_vat',
          description: 'Stripe’s word: `eu_vat`, `gb_vat`, `us_ein`',
        }),
        value: text(64, 'The number itself'),
      }),
    ),
  ),
  user_id: userId,
})

const field = nullable(t.String())
const details = t.Object({
  name: field,
  address: nullable(
    t.Object({ line1: field, line2: field, city: field, state: field, postal_code: field, country: field }),
  ),
  tax_id: nullable(t.Object({ type: t.String(), value: t.String() })),
})

const REQUEST = {
  name: 'Beispiel GmbH',
  address: { line1: 'Musterstraße 1', city: 'Berlin', postal_code: '10115', country: 'DE' },
  tax_id: { type: 'eu_vat', value: 'DE123456789' },
}
const DETAILS = { ...REQUEST, address: { ...REQUEST.address, line2: null, state: null } }
