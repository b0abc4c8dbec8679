import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import type { TrialTerms } from '../../src/domain/trial.ts'

/** By plan. */
const TRIALS: Readonly<Record<string, TrialTerms>> = {
  basic_monthly: { days: 7, cardRequired: true, withoutCard: 'cancel' },
  pro_monthly: { days: 14, cardRequired: false, withoutCard: 'cancel' },
}

/** The built-in plans with what an operator may add: trials, and a pack of minutes. */
export const SELLING_CATALOGUE: Catalogue = {
  ...BUILT_IN_PLANS,
  plans: BUILT_IN_PLANS.plans.map((plan) => ({ ...plan, trial: TRIALS[plan.name] ?? null })),
  packs: [
    {
      name: 'minutes_100',
      displayName: '100 voice minutes',
      service: 'voice_call',
      amount: 100,
      price: { amount: 500, currency: 'usd' },
      expiresAfterDays: 365,
    },
  ],
}
