import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'

/** The built-in plans with what an operator may add: a pack of minutes. */
export const SELLING_CATALOGUE: Catalogue = {
  ...BUILT_IN_PLANS,
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
