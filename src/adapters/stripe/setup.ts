import { Stripe } from 'stripe'
import { billedServices, type Catalogue, meteredLookupKey } from '../../domain/catalogue.ts'
import type { Plan, PlanPrice } from '../../domain/plan.ts'
import { SERVICES, type ServiceType } from '../../domain/quantity.ts'
import { reachedOrMissing } from './refusals.ts'

/**
 * Makes what the catalogue needs at Stripe: a product for each plan, its prices under their lookup keys, a meter for each
 * service that is billed by use. Running it again changes nothing; a price that differs is replaced and its key moved,
 * since Stripe's prices cannot be edited.
 */
export async function setUpCatalogue(stripe: Stripe, catalogue: Catalogue): Promise<void> {
  const meters = await setUpMeters(stripe, catalogue)
  for (const plan of catalogue.plans) {
    const product = await setUpProduct(stripe, plan)
    for (const price of plan.prices)
      if (price.pinnedPriceId === null) await setUpPrice(stripe, basePrice(product, price))
    for (const service of billedServices(plan)) {
      const meter = meters.get(service)
      if (meter !== undefined) await setUpPrice(stripe, meteredPrice(product, plan, service, meter))
    }
  }
}

async function setUpProduct(stripe: Stripe, plan: Plan): Promise<string> {
  const id = `speech_billing_${plan.name}`
  const known = await reachedOrMissing(stripe.products.retrieve(id))
  if (known === null) await stripe.products.create({ id, name: plan.displayName, description: plan.description })
  return id
}

async function setUpMeters(stripe: Stripe, catalogue: Catalogue): Promise<ReadonlyMap<ServiceType, string>> {
  const wanted = new Set(catalogue.plans.flatMap(billedServices))
  const known = await stripe.billing.meters.list({ status: 'active', limit: 100 })
  const meters = new Map<ServiceType, string>()
  for (const service of wanted) {
    const meter = known.data.find((candidate) => candidate.event_name === service) ?? (await makeMeter(stripe, service))
    meters.set(service, meter.id)
  }
  return meters
}

function makeMeter(stripe: Stripe, service: ServiceType): Promise<Stripe.Billing.Meter> {
  return stripe.billing.meters.create({
    display_name: `${service} (${SERVICES[service].unit})`,
    event_name: service,
    default_aggregation: { formula: 'sum' },
  })
}

type WantedPrice = Stripe.PriceCreateParams & {
  readonly lookup_key: string
  readonly unit_amount_decimal: Stripe.Decimal
}

function basePrice(product: string, price: PlanPrice): WantedPrice {
  return {
    product,
    currency: price.currency,
    lookup_key: price.lookupKey,
    unit_amount_decimal: Stripe.Decimal.from(String(price.amount)),
    recurring: { interval: price.interval },
  }
}

function meteredPrice(product: string, plan: Plan, service: ServiceType, meter: string): WantedPrice {
  const [{ currency, interval }] = plan.prices
  return {
    product,
    currency,
    lookup_key: meteredLookupKey(plan.name, service),
    nickname: `${service} by the ${SERVICES[service].unit.replace(/s$/, '')}`,
    unit_amount_decimal: Stripe.Decimal.from(plan.services[service].rate),
    recurring: { interval, usage_type: 'metered', meter },
  }
}

async function setUpPrice(stripe: Stripe, wanted: WantedPrice): Promise<void> {
  const { data } = await stripe.prices.list({ lookup_keys: [wanted.lookup_key], active: true, limit: 1 })
  if (data[0] !== undefined && isSame(data[0], wanted)) return
  await stripe.prices.create({ ...wanted, transfer_lookup_key: true })
}

function isSame(price: Stripe.Price, wanted: WantedPrice): boolean {
  return (
    price.currency === wanted.currency &&
    String(price.unit_amount_decimal) === wanted.unit_amount_decimal.toString() &&
    price.recurring?.interval === wanted.recurring?.interval
  )
}
