import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, noQuery, nullable, spending, text, userId, userPath } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe, example } from './route-document.ts'

/** What use may cost in an allowance period. */
export function spendingLimits({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'spending-limits' })
    .use(guard)
    .put('/payments/spending-limit', ({ body, user }) => billing.setSpendingLimit(user, body.amount), {
      may: 'manage-account',
      query: noQuery,
      body: exactly({ amount, user_id: userId }),
      response: t.NoValidate(limit),
      detail: describe({
        tag: 'Payments',
        summary: 'Limit what use may cost',
        description:
          'In each allowance period, up to what the plan allows, in the currency that the subscription is paid in; null withdraws it. At the limit the check and `enforce` refuse what would cost more (`spending_limit_reached`); what is recorded without `enforce` has happened and is charged.',
        requests: OWN,
        answers: { 200: { description: 'The limit that holds', examples: LIMITED } },
      }),
    })
    .put(
      '/admin/users/:id/spending-limit',
      ({ params, body, caller }) =>
        billing.setUsersSpendingLimit({
          user: params.id,
          operator: caller.name,
          amount: body.amount,
          reason: body.reason,
        }),
      {
        may: 'operate',
        params: userPath,
        query: noQuery,
        body: exactly({ amount, reason: text(500, 'Why; kept in the audit log') }),
        response: t.NoValidate(limit),
        detail: describe({
          tag: 'Admin',
          summary: 'Set what use may cost a user',
          description:
            'In place of the plan’s limit, below it or beyond; null brings the plan’s back. A lower limit that the user has set holds all the same.',
          requests: BEYOND,
          answers: { 200: { description: 'The limit that holds', examples: LIMITED } },
        }),
      },
    )
}

const amount = nullable(
  t.Number({
    minimum: 0,
    maximum: 99_999_999,
    multipleOf: 1,
    rule: 'must be a whole number of minor units from 0 to 99999999, or null',
    description: 'In minor units, for each allowance period; null is none',
  }),
)

const limit = t.Object({
  ...spending,
  own_limit: nullable(t.Number({ multipleOf: 1, description: 'What the user has set in this currency' })),
  allowed_limit: nullable(t.Number({ multipleOf: 1, description: 'What plan or operator allow; null is no limit' })),
})

const OWN = {
  twenty: example('Twenty dollars a period', { amount: 2000 }),
  none: example('No limit of one’s own', { amount: null }),
}

const BEYOND = { more: example('A larger customer', { amount: 500_000, reason: 'Known for years' }) }

const LIMITED = {
  own: example('Twenty dollars, of which five are spent', {
    limit: 2000,
    spent: 500,
    currency: 'usd',
    set_aside: null,
    own_limit: 2000,
    allowed_limit: 10_000,
  }),
}
