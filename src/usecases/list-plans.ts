import type { Catalogue } from '../domain/catalogue.ts'
import type { CurrencyRates } from '../domain/money.ts'
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
    trial_days: plan.trial?.days ?? 0,
    trial_requires_card: plan.trial?.cardRequired ?? false,
    features: featuresOf(plan),
    rates: ratesOf(ports.catalogue, plan),
  }))
}

/** What is sold once, on top of any plan. */
export function listPacks({ catalogue }: Pick<Ports, 'catalogue'>) {
  return catalogue.packs.map((pack) => ({
    name: pack.name,
    display_name: pack.displayName,
    service_type: pack.service,
    amount: pack.amount,
    unit: SERVICES[pack.service].unit,
    price: pack.price,
    expires_after_days: pack.expiresAfterDays,
  }))
}

function shownPrice(price: PlanPrice) {
  return { amount: price.amount, currency: price.currency, interval: price.interval }
}

function ratesOf({ currency }: Catalogue, plan: Plan) {
  return perService((service) => ({
    unit_amount_decimal: plan.services[service].rate,
    currency,
    currency_options: currencyOptions(plan.services[service].currencyOptions),
    unit: SERVICES[service].unit,
    policy: plan.services[service].policy,
  }))
}

function currencyOptions(rates: CurrencyRates = {}) {
  return Object.fromEntries(
    Object.entries(rates).map(([currency, unit_amount_decimal]) => [currency, { unit_amount_decimal }]),
  )
}
