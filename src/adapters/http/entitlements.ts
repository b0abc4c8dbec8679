import { Elysia, t } from 'elysia'
import type { Billing } from '../../billing.ts'
import { invalidField } from '../../domain/errors.ts'
import { access, exactly, nullable, perService, quantity, serviceType, spending, userId } from './fields.ts'
import type { Guard } from './guard.ts'
import { features } from './plans.ts'
import { describe, example } from './route-document.ts'

/** What a user may do: looked at before a call begins, in about a millisecond. */
export function entitlements({ billing }: { readonly billing: Billing }, guard: Guard) {
  return new Elysia({ name: 'entitlements' })
    .use(guard)
    .get('/payments/entitlements', ({ user }) => billing.entitlements(user), {
      may: 'see-entitlements',
      query: exactly({ user_id: userId }),
      response: t.NoValidate(allEntitlements),
      detail: describe({
        tag: 'Usage',
        summary: 'What a user is entitled to',
        description:
          'Access, the features of the plan, and each service of it: what is included and left of the running allowance and of grants, and whether anything may be used now. What a plan bills or allows beyond the allowance stays allowed at `remaining: 0`.',
        answers: { 200: { description: 'How the user stands', examples: ENTITLEMENTS } },
      }),
    })
    .get(
      '/payments/entitlements/check',
      ({ query: { service_type: service, feature, amount }, user }) => {
        if ((service === undefined) === (feature === undefined))
          throw invalidField('/service_type', 'name either a service_type or a feature')
        if (feature === undefined)
          return billing.checkService({
            user,
            service: service ?? 'voice_call',
            amount: amount === undefined ? null : Number(amount),
          })
        if (amount !== undefined) throw invalidField('/amount', 'goes with a service_type; a feature has none')
        return billing.checkFeature(user, feature)
      },
      {
        may: 'see-entitlements',
        query: question,
        response: t.NoValidate(entitlement),
        detail: describe({
          tag: 'Usage',
          summary: 'May this be used now?',
          description:
            'Decides as `record-usage` does with `enforce`, and reserves nothing. Reasons: `allowed`, `limit_reached`, `spending_limit_reached`, `not_in_plan`, `no_subscription`, `payment_method_required`, or Stripe’s word for a subscription that gives no access.',
          answers: { 200: { description: 'Whether, and how much is left', examples: CHECKED } },
        }),
      },
    )
}

const question = exactly({
  service_type: t.Optional(serviceType),
  amount: t.Optional(
    t.String({
      pattern: '^(0|[1-9][0-9]{0,6})([.][0-9]{1,12})?$',
      rule: 'must be a number from 0.000001 to 1,000,000',
      documentedAs: { type: 'number', exclusiveMinimum: 0, maximum: 1_000_000 },
      description: 'How much, in the service’s unit. Default: anything at all',
    }),
  ),
  feature: t.Optional(
    t.Union(
      [
        t.Literal('voice_minutes'),
        t.Literal('sms_messages'),
        t.Literal('custom_scenarios'),
        t.Literal('transcript_storage_days'),
        t.Literal('advanced_analytics'),
        t.Literal('priority_support'),
        t.Literal('white_label'),
      ],
      { description: 'A feature of the plans; one that is counted stands as its service does' },
    ),
  ),
  user_id: userId,
})

const verdict = {
  allowed: t.Boolean(),
  remaining: nullable(t.Number({ description: 'What is left of allowance and grants; null is without limit' })),
  reason: t.String({ description: 'Why, in a word for programs' }),
  resets_at: nullable(t.String({ format: 'date-time', description: 'When the allowance begins anew; null: never' })),
}

const entitlement = t.Object(verdict)

const allEntitlements = t.Object({
  plan_name: nullable(t.String()),
  access,
  features,
  spending: t.Object(spending),
  services: perService(
    t.Object({
      ...verdict,
      included: nullable(t.Number({ description: 'null is without limit' })),
      used: quantity,
      policy: t.Union([t.Literal('block'), t.Literal('bill'), t.Literal('allow')]),
    }),
  ),
})

const RESETS_AT = '2026-12-04T09:30:00.000Z'
const FREE = { allowed: true, reason: 'allowed', resets_at: RESETS_AT }

const ENTITLEMENTS = {
  pro: example('On the plan Pro, with 23 minutes used', {
    plan_name: 'pro_monthly',
    access: { allowed: true, reason: 'active', since: '2026-11-04T09:30:00.000Z', until: null },
    features: {
      voice_minutes: 500,
      sms_messages: 2000,
      custom_scenarios: 10,
      transcript_storage_days: 90,
      advanced_analytics: true,
      priority_support: false,
      white_label: false,
    },
    spending: { limit: null, spent: 0, currency: 'usd', set_aside: null },
    services: {
      voice_call: { ...FREE, included: 500, used: 23, remaining: 477, policy: 'block' },
      transcription: { ...FREE, included: null, used: 45, remaining: null, policy: 'allow' },
      sms: { ...FREE, included: 2000, used: 0, remaining: 2000, policy: 'block' },
      custom_scenario: {
        allowed: false,
        reason: 'limit_reached',
        resets_at: RESETS_AT,
        included: 10,
        used: 10,
        remaining: 0,
        policy: 'block',
      },
      api_call: { ...FREE, included: null, used: 4711, remaining: null, policy: 'allow' },
    },
  }),
}

const CHECKED = {
  fits: example('Ten voice minutes fit', { allowed: true, remaining: 477, reason: 'allowed', resets_at: RESETS_AT }),
  used_up: example('Nothing is left', { allowed: false, remaining: 0, reason: 'limit_reached', resets_at: RESETS_AT }),
  feature: example('The plan has no white label', {
    allowed: false,
    remaining: null,
    reason: 'not_in_plan',
    resets_at: null,
  }),
}
