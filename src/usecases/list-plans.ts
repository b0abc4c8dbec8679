import { featuresOf, type Plan, type PlanPrice } from '../domain/plan.ts'
import { perService, SERVICES } from '../domain/quantity.ts'
import type { Ports } from '../ports.ts'

/** The plans on sale with their prices, features and rates. A price id is null until Stripe has told it. */
export function listPlans(ports: Pick<Ports, 'catalogue' | 'priceIds'>) {
  const priceIds = ports.priceIds()
  return ports.catalogue.plans.map((plan) => ({
    plan_name: plan.name,
    display_name: plan.displayName,
    description: plan.description,
    price: shownPrice(plan.prices[0]),
    price_id: priceIds.get(plan.prices[0].lookupKey) ?? null,
    prices: plan.prices.map((price) => ({ ...shownPrice(price), price_id: priceIds.get(price.lookupKey) ?? null })),
    trial_days: 0,
    features: featuresOf(plan),
    rates: ratesOf(plan),
  }))
}

function shownPrice(price: PlanPrice) {
  return { amount: price.amount, currency: price.currency, interval: price.interval }
}

function ratesOf(plan: Plan) {
  return perService((service) => ({
    unit_amount_decimal: plan.services[service].rate,
    unit: SERVICES[service].unit,
    policy: plan.services[service].policy,
  }))
}
