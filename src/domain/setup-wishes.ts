import { billedServices, type Catalogue, currenciesOf, meteredLookupKey } from './catalogue.ts'
import { rateIn } from './currency.ts'
import { EVENT_TYPES, METER_ERROR_TYPES } from './event-types.ts'
import type { Plan, PlanPrice } from './plan.ts'
import { SERVICE_TYPES, SERVICES, type ServiceType } from './quantity.ts'
import type { Wanted, WantedEndpoint, WantedMeter, WantedPortal, WantedPrice, WantedProduct } from './setup.ts'

/** What the catalogue needs to be sold, in the order in which it is made. */
export function wantedForCatalogue(catalogue: Catalogue): readonly Wanted[] {
  return [
    ...wantedMeters(catalogue),
    ...catalogue.plans.flatMap((plan) => wantedForPlan(catalogue, plan)),
    wantedPortal(catalogue),
  ]
}

/** Where events of Stripe's are to be sent. Without metered prices no meter can fail. */
export function wantedEndpoints(catalogue: Catalogue, url: string, apiVersion: string): readonly WantedEndpoint[] {
  const endpoint: WantedEndpoint = { kind: 'webhook endpoint', name: url, types: EVENT_TYPES, apiVersion }
  const destination: WantedEndpoint = {
    kind: 'event destination',
    name: url,
    types: METER_ERROR_TYPES,
    apiVersion: null,
  }
  return wantedMeters(catalogue).length === 0 ? [endpoint] : [endpoint, destination]
}

function productIdOf(planName: string): string {
  return `speech_billing_${planName}`
}

/**
 * Use is billed by the month in whatever interval the plan is paid: a year is long to owe for minutes. One metered price
 * serves all currencies of its plan.
 */
function wantedPrices(catalogue: Catalogue, plan: Plan): readonly WantedPrice[] {
  const [{ currency }] = plan.prices
  const others = currenciesOf(plan).filter((other) => other !== currency)
  const base = { kind: 'price', planName: plan.name } as const
  return [
    ...plan.prices.map((price) => ({
      ...base,
      name: price.lookupKey,
      service: null,
      currency: price.currency,
      unitAmount: String(price.amount),
      currencyOptions: {},
      interval: price.interval,
      pinnedPriceId: price.pinnedPriceId,
    })),
    ...billedServices(plan).map((service) => ({
      ...base,
      name: meteredLookupKey(plan.name, service),
      service,
      currency,
      unitAmount: rateIn(catalogue, plan.services[service], currency),
      currencyOptions: Object.fromEntries(
        others.map((other) => [other, rateIn(catalogue, plan.services[service], other)]),
      ),
      interval: 'month' as const,
      pinnedPriceId: null,
    })),
  ]
}

function wantedForPlan(catalogue: Catalogue, plan: Plan): readonly Wanted[] {
  return [wantedProduct(plan), ...billedServices(plan).map(meteredProduct(plan)), ...wantedPrices(catalogue, plan)]
}

function wantedProduct({ name: planName, displayName, description }: Plan): WantedProduct {
  return { kind: 'product', name: productIdOf(planName), planName, service: null, displayName, description }
}

/** An invoice names the product of what it charges: each service has one, so that its lines can be told apart. */
function meteredProduct({ name: planName, displayName }: Plan): (service: ServiceType) => WantedProduct {
  return (service) => ({
    kind: 'product',
    name: `${productIdOf(planName)}_${service}`,
    planName,
    service,
    displayName: `${displayName}: ${SERVICES[service].label}`,
    description: '',
  })
}

function wantedMeters({ plans }: Catalogue): readonly WantedMeter[] {
  const billed = new Set(plans.flatMap(billedServices))
  return SERVICE_TYPES.filter((service) => billed.has(service)).map((service) => ({
    kind: 'meter',
    name: service,
    displayName: `${service} (${SERVICES[service].unit})`,
  }))
}

/** Stripe's portal lists at most ten products. */
const MOST_PRODUCTS = 10

/**
 * Plans that bill by use are not among the offers: a subscription of several prices cannot be switched in the portal, and
 * one that came from there would lack the metered ones. Of a product, each interval may be offered once.
 */
function wantedPortal({ plans }: Catalogue): WantedPortal {
  const flat = plans.filter((plan) => billedServices(plan).length === 0).slice(0, MOST_PRODUCTS)
  const offers = flat.flatMap((plan) => onePerInterval(plan.prices)).map(({ lookupKey }) => lookupKey)
  return { kind: 'portal', name: 'customer portal', offers: offers.toSorted() }
}

function onePerInterval(prices: readonly PlanPrice[]): readonly PlanPrice[] {
  return prices.filter((price, index) => prices.findIndex(({ interval }) => interval === price.interval) === index)
}
