import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, nullable, perService, usageUnit, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe, example } from './route-document.ts'

interface Selling {
  readonly billing: Billing
  readonly publishableKey: string | null
  readonly publicPlans: boolean
}

export function plans({ billing, publishableKey, publicPlans }: Selling, guard: Guard) {
  return new Elysia({ name: 'plans' })
    .use(guard)
    .get('/payments/subscription-plans', () => ({ plans: billing.listPlans(), publishable_key: publishableKey }), {
      ...(publicPlans ? {} : { may: 'see-plans' as const }),
      query: exactly({ user_id: userId }),
      response: t.NoValidate(planList),
      detail: describe({
        tag: 'Plans',
        summary: 'The plans on sale',
        description:
          'Every plan with its prices, its features and its list rates. `null` among the features is without limit. Whether use costs money is told by `rates.*.policy`: only `bill` charges.',
        open: publicPlans,
        answers: { 200: { description: 'The plans', examples: { plans: example('One of the plans', EXAMPLE) } } },
      }),
    })
}

const interval = t.Union([t.Literal('month'), t.Literal('year')])
const price = { amount: minorUnits, currency: t.String(), interval }
const priceId = nullable(t.String({ description: 'Stripe’s id; null until Stripe has told it' }))

export const features = t.Object({
  voice_minutes: nullable(t.Number()),
  sms_messages: nullable(t.Number()),
  custom_scenarios: nullable(t.Number()),
  transcript_storage_days: t.Number(),
  advanced_analytics: t.Boolean(),
  priority_support: t.Boolean(),
  white_label: t.Boolean(),
})

const rate = t.Object({
  unit_amount_decimal: t.String({ description: 'A decimal number of minor units for one unit' }),
  unit: usageUnit,
  policy: t.Union([t.Literal('block'), t.Literal('bill'), t.Literal('allow')], {
    description: 'What happens beyond what is included',
  }),
})

const planList = t.Object({
  plans: t.Array(
    t.Object({
      plan_name: t.String(),
      display_name: t.String(),
      description: t.String(),
      price: t.Object(price),
      price_id: priceId,
      prices: t.Array(t.Object({ ...price, price_id: priceId })),
      trial_days: t.Number({ multipleOf: 1 }),
      features,
      rates: perService(rate),
    }),
  ),
  publishable_key: nullable(t.String({ description: 'For Stripe.js in the app' })),
})

const MONTHLY = { amount: 3900, currency: 'usd', interval: 'month' }
const PRICE_ID = 'price_1QpQqLKxYt3mVd0a'
const EXAMPLE = {
  plans: [
    {
      plan_name: 'pro_monthly',
      display_name: 'Pro',
      description: 'For teams that talk every day.',
      price: MONTHLY,
      price_id: PRICE_ID,
      prices: [{ ...MONTHLY, price_id: PRICE_ID }],
      trial_days: 0,
      features: {
        voice_minutes: 500,
        sms_messages: 2000,
        custom_scenarios: 10,
        transcript_storage_days: 90,
        advanced_analytics: true,
        priority_support: false,
        white_label: false,
      },
      rates: {
        voice_call: { unit_amount_decimal: '5', unit: 'minutes', policy: 'block' },
        transcription: { unit_amount_decimal: '2', unit: 'minutes', policy: 'allow' },
        sms: { unit_amount_decimal: '1', unit: 'messages', policy: 'block' },
        custom_scenario: { unit_amount_decimal: '500', unit: 'scenarios', policy: 'block' },
        api_call: { unit_amount_decimal: '0', unit: 'calls', policy: 'allow' },
      },
    },
  ],
  publishable_key: 'pk_test_51QpQqLKxYt3mVd0a',
}
