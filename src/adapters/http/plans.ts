import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { exactly, minorUnits, nullable, perService, quantity, serviceType, usageUnit, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { describe, example } from './route-document.ts'

interface Selling {
  readonly billing: Billing
  readonly publishableKey: string | null
  readonly publicPlans: boolean
}

/** What is on sale. */
export function plans({ billing, publishableKey, publicPlans }: Selling, guard: Guard) {
  const answer = () => ({
    plans: billing.listPlans(),
    packs: billing.listPacks(),
    publishable_key: publishableKey,
  })
  return new Elysia({ name: 'plans' }).use(guard).get('/payments/subscription-plans', () => answer(), {
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
  currency: t.String(),
  currency_options: t.Record(t.String(), t.Object({ unit_amount_decimal: t.String() }), {
    description: 'The rate of subscriptions that are paid in another currency',
  }),
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
      trial_days: t.Number({ multipleOf: 1, description: '0 is no trial' }),
      trial_requires_card: t.Boolean(),
      features,
      rates: perService(rate),
    }),
  ),
  packs: t.Array(
    t.Object({
      name: t.String(),
      display_name: t.String(),
      service_type: serviceType,
      amount: quantity,
      unit: usageUnit,
      price: t.Object({ amount: minorUnits, currency: t.String() }),
      expires_after_days: nullable(t.Number({ multipleOf: 1 })),
    }),
    { description: 'Sold once, on top of any plan, by `POST /payments/create-payment-intent`' },
  ),
  publishable_key: nullable(t.String({ description: 'For Stripe.js in the app' })),
})

const DOLLARS = { currency: 'usd', currency_options: {} }
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
      trial_days: 14,
      trial_requires_card: false,
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
        voice_call: { unit_amount_decimal: '5', ...DOLLARS, unit: 'minutes', policy: 'block' },
        transcription: { unit_amount_decimal: '2', ...DOLLARS, unit: 'minutes', policy: 'allow' },
        sms: { unit_amount_decimal: '1', ...DOLLARS, unit: 'messages', policy: 'block' },
        custom_scenario: { unit_amount_decimal: '500', ...DOLLARS, unit: 'scenarios', policy: 'block' },
        api_call: { unit_amount_decimal: '0', ...DOLLARS, unit: 'calls', policy: 'allow' },
      },
    },
  ],
  packs: [
    {
      name: 'minutes_100',
      display_name: '100 voice minutes',
      service_type: 'voice_call',
      amount: 100,
      unit: 'minutes',
      price: { amount: 500, currency: 'usd' },
      expires_after_days: 365,
    },
  ],
  publishable_key: 'pk_test_51QpQqLKxYt3mVd0a',
}
