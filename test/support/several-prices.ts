import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import type { BillingInterval, PlanPrice } from '../../src/domain/plan.ts'

/** The built-in plans, with Basic and Pro sold by the year as well, and Pro also in yen. */
export const SEVERAL_PRICES: Catalogue = {
  ...BUILT_IN_PLANS,
  plans: BUILT_IN_PLANS.plans.map((plan) => {
    if (plan.name === 'basic_monthly')
      return { ...plan, prices: [...plan.prices, price('basic_monthly', 9_000, 'usd', 'year')] }
    if (plan.name !== 'pro_monthly') return plan
    const others = [price('pro_monthly', 39_000, 'usd', 'year'), price('pro_monthly', 5_800, 'jpy', 'month')]
    return { ...plan, prices: [...plan.prices, ...others] }
  }),
}

function price(planName: string, amount: number, currency: string, interval: BillingInterval): PlanPrice {
  return { amount, currency, interval, lookupKey: `${planName}.${currency}.${interval}`, pinnedPriceId: null }
}
