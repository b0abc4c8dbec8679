import type { Stripe } from 'stripe'
import type {
  Found,
  FoundEndpoint,
  FoundMeter,
  FoundPortal,
  FoundPrice,
  FoundProduct,
  Wanted,
} from '../../domain/setup.ts'
import { reachedOrMissing } from './refusals.ts'
import { during } from './setup-refusals.ts'
import { idOf } from './translate/values.ts'

/** What objects that we made carry in their metadata. */
export const OURS = { managed_by: 'speech-billing' } as const

/** Stripe takes at most ten lookup keys in one question. */
const KEYS_AT_ONCE = 10

/** What Stripe has of the kinds that are wanted; others are not asked for. */
export async function findSetup(stripe: Stripe, wanted: readonly Wanted[]): Promise<Found> {
  const wants = (kind: Wanted['kind']) => wanted.some((one) => one.kind === kind)
  const [meters, products, prices, portal, endpoints, destinations] = await Promise.all([
    wants('meter') ? findMeters(stripe) : [],
    findProducts(stripe, wanted),
    findWantedPrices(stripe, wanted),
    wants('portal') ? findPortal(stripe) : null,
    wants('webhook endpoint') ? findEndpoints(stripe) : [],
    wants('event destination') ? findDestinations(stripe) : [],
  ])
  return { meters, products, prices, portal, endpoints, destinations }
}

/** Of these prices the ones that somebody is subscribed to, or will be by a change that is planned. */
export async function pricesInUse(stripe: Stripe, prices: readonly string[]): Promise<ReadonlySet<string>> {
  const inUse = new Set<string>()
  for (const price of prices) {
    const { data } = await during('read subscriptions', stripe.subscriptions.list({ price, limit: 1 }))
    if (data.length > 0) inUse.add(price)
  }
  if (prices.some((price) => !inUse.has(price))) for (const price of await plannedPrices(stripe)) inUse.add(price)
  return inUse
}

/** Stripe lists schedules by no price. */
async function plannedPrices(stripe: Stripe): Promise<readonly string[]> {
  const listed = stripe.subscriptionSchedules.list({ limit: 100 })
  const schedules = await during('read subscription schedules', Array.fromAsync(listed))
  return schedules
    .filter(({ status }) => status === 'active' || status === 'not_started')
    .flatMap(({ phases }) => phases.flatMap(({ items }) => items.map(({ price }) => idOf(price) ?? '')))
}

/** The endpoints of the whole account, with what they send and in which version. */
async function findEndpoints(stripe: Stripe): Promise<readonly FoundEndpoint[]> {
  const found = await during('read webhook endpoints', Array.fromAsync(stripe.webhookEndpoints.list({ limit: 100 })))
  return found.map((endpoint) => ({
    id: endpoint.id,
    url: endpoint.url,
    types: endpoint.enabled_events,
    apiVersion: endpoint.api_version,
    isEnabled: endpoint.status === 'enabled',
    isOurs: isOurs(endpoint.metadata),
  }))
}

/** The destinations of thin events. Those of whole ones are the endpoints under another name. */
async function findDestinations(stripe: Stripe): Promise<readonly FoundEndpoint[]> {
  const listed = stripe.v2.core.eventDestinations.list({ include: ['webhook_endpoint.url'] })
  const found = await during('read event destinations', Array.fromAsync(listed))
  return found
    .filter(({ event_payload }) => event_payload === 'thin')
    .map((destination) => ({
      id: destination.id,
      url: destination.webhook_endpoint?.url ?? '',
      types: destination.enabled_events,
      apiVersion: null,
      isEnabled: destination.status === 'enabled',
      isOurs: isOurs(destination.metadata),
    }))
}

async function findMeters(stripe: Stripe): Promise<readonly FoundMeter[]> {
  const meters = await during('read meters', Array.fromAsync(stripe.billing.meters.list({ limit: 100 })))
  return meters.map((meter) => ({
    id: meter.id,
    eventName: meter.event_name,
    isActive: meter.status === 'active',
    oddities: meterOddities(meter),
  }))
}

/** What usage is reported as: values that are added up by customer. None of it can be changed later. */
function meterOddities(meter: Stripe.Billing.Meter): readonly string[] {
  const { default_aggregation, customer_mapping, value_settings } = meter
  const compared: readonly (readonly [string, string, string])[] = [
    ['it aggregates by', default_aggregation.formula, 'sum'],
    ['its customer comes from', customer_mapping.event_payload_key, 'stripe_customer_id'],
    ['its value comes from', value_settings.event_payload_key, 'value'],
  ]
  return compared
    .filter(([, there, here]) => there !== here)
    .map(([what, there, here]) => `${what} ${there}, not ${here}`)
}

async function findProducts(stripe: Stripe, wanted: readonly Wanted[]): Promise<readonly FoundProduct[]> {
  const ids = wanted.flatMap((one) => (one.kind === 'product' ? [one.name] : []))
  if (ids.length === 0) return []
  const products = await during('read products', Array.fromAsync(stripe.products.list({ ids, limit: 100 })))
  return products.map(({ id, active, name, description }) => ({
    id,
    isActive: active,
    displayName: name,
    description: description ?? '',
  }))
}

async function findWantedPrices(stripe: Stripe, wanted: readonly Wanted[]): Promise<readonly FoundPrice[]> {
  const prices = wanted.filter((one) => one.kind === 'price')
  const keys = prices.filter(({ pinnedPriceId }) => pinnedPriceId === null).map(({ name }) => name)
  const found: Stripe.Price[] = []
  for (let index = 0; index < keys.length; index += KEYS_AT_ONCE) {
    const lookup_keys = keys.slice(index, index + KEYS_AT_ONCE)
    found.push(
      ...(await during(
        'read prices',
        Array.fromAsync(stripe.prices.list({ lookup_keys, limit: 100, expand: ['data.currency_options'] })),
      )),
    )
  }
  for (const { pinnedPriceId } of prices) {
    const price =
      pinnedPriceId &&
      (await during(
        'read prices',
        reachedOrMissing(stripe.prices.retrieve(pinnedPriceId, { expand: ['currency_options'] })),
      ))
    if (price) found.push(price)
  }
  // An archived price may still hold a key beside the active one.
  return found.toSorted((one, other) => Number(other.active) - Number(one.active)).map(toFoundPrice)
}

function toFoundPrice(price: Stripe.Price): FoundPrice {
  const { recurring } = price
  return {
    id: price.id,
    lookupKey: price.lookup_key,
    productId: idOf(price.product) ?? '',
    isActive: price.active,
    currency: price.currency,
    unitAmount: amountText(price.unit_amount_decimal),
    currencyOptions: Object.fromEntries(
      Object.entries(price.currency_options ?? {})
        .filter(([currency]) => currency !== price.currency)
        .map(([currency, option]) => [currency, amountText(option.unit_amount_decimal)]),
    ),
    interval: intervalOf(recurring),
    meterId: recurring?.meter ?? null,
    planName: price.metadata.plan_name ?? null,
    oddities: price.transform_quantity === null ? [] : ['it charges by packages'],
  }
}

function amountText(amount: Stripe.Decimal | null): string {
  return amount === null ? 'in tiers' : String(amount)
}

function intervalOf(recurring: Stripe.Price['recurring']): string {
  if (recurring === null) return 'once'
  return recurring.interval_count === 1 ? recurring.interval : `${recurring.interval_count} ${recurring.interval}s`
}

async function findPortal(stripe: Stripe): Promise<FoundPortal | null> {
  const listed = stripe.billingPortal.configurations.list({ active: true, limit: 100, expand: [PORTAL_PRODUCTS] })
  const configurations = await during('read portal configurations', Array.fromAsync(listed))
  const ours = configurations.find(({ metadata }) => isOurs(metadata ?? undefined))
  if (ours === undefined) return null
  const update = ours.features.subscription_update
  const offers = (update.products ?? []).flatMap(({ prices }) => prices)
  return { id: ours.id, offers, oddities: portalOddities(ours.features, offers.length > 0) }
}

const PORTAL_PRODUCTS = 'data.features.subscription_update.products'

/** What customers can do there that the API of this program does not let them, or the other way round. */
function portalOddities(features: Stripe.BillingPortal.Configuration['features'], offersPlans: boolean) {
  const { subscription_cancel: cancel, subscription_update: update, subscription_pause: pause } = features
  const conditions = update.schedule_at_period_end.conditions.map(({ type }) => type)
  const rules: readonly (readonly [boolean, string])[] = [
    [cancel.enabled && cancel.mode === 'at_period_end', 'customers should be able to cancel at the end of the period'],
    [features.payment_method_update.enabled, 'customers should be able to change their card'],
    [features.invoice_history.enabled, 'customers should see their invoices'],
    [!(pause?.enabled ?? false), 'customers should not be able to pause'],
    [update.enabled === offersPlans, `switching plans should be ${offersPlans ? 'on' : 'off'}`],
    [
      !offersPlans ||
        (update.proration_behavior === 'always_invoice' &&
          conditions.includes('decreasing_item_amount') &&
          conditions.includes('shortening_interval')),
      'a dearer plan should be charged at once, a cheaper one begin with the next period',
    ],
  ]
  return rules.filter(([holds]) => !holds).map(([, why]) => why)
}

function isOurs(metadata: Stripe.Metadata | undefined): boolean {
  return metadata?.managed_by === OURS.managed_by
}
