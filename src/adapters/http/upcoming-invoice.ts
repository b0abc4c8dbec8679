import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import * as examples from './bill-examples.ts'
import { line, sums } from './bill-lines.ts'
import { exactly, minorUnits, nullable, time, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe } from './route-document.ts'

/** What the next invoice will charge. */
export function upcomingInvoice({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'upcoming-invoice' })
    .use(guard)
    .get('/payments/upcoming-invoice', ({ user }) => billing.upcomingInvoice(user), {
      may: 'manage-account',
      query: exactly({ user_id: userId }),
      response: t.NoValidate(upcoming),
      detail: describe({
        tag: 'Payments',
        summary: 'The next invoice as it stands',
        description:
          'What Stripe foresees for the end of the period, and what was used that Stripe’s meters have not been told yet (`reported: false`). The sums hold both, with tax and discounts as Stripe reckons them; until everything is reported they are `estimated`: a rounding may still fall otherwise by a minor unit. Null, with an `explanation` in words, when nothing is to come.',
        refusals: ['stripe_unavailable'],
        answers: { 200: { description: 'The next invoice', examples: examples.UPCOMING } },
      }),
    })
}

const upcoming = t.Object({
  upcoming_invoice: nullable(
    t.Object({
      date: time,
      currency: t.String(),
      lines: t.Array(t.Object({ ...line, reported: t.Boolean({ description: 'Whether Stripe knows of it' }) })),
      ...sums,
      tax: minorUnits,
      amount_due: t.Number({ multipleOf: 1, description: 'The total less the customer’s credit' }),
      unreported_usage: t.Number({
        multipleOf: 1,
        description: 'What of the subtotal Stripe has not been told yet, before tax and discounts',
      }),
      estimated: t.Boolean({ description: 'Whether something in it is not reported to Stripe yet' }),
    }),
  ),
  explanation: nullable(t.String({ description: 'Why there is none' })),
})
