import { Stripe } from 'stripe'
import type { CurrencyRates } from '../../domain/money.ts'
import type {
  Found,
  SetupStep,
  WantedEndpoint,
  WantedMeter,
  WantedPortal,
  WantedPrice,
  WantedProduct,
} from '../../domain/setup.ts'
import { heldPrice } from '../../domain/setup-differences.ts'
import { OURS } from './setup-find.ts'
import { during } from './setup-refusals.ts'
import { idOf } from './translate/values.ts'

/** An endpoint that was made, and the secret that Stripe tells only then. */
export interface MadeEndpoint {
  readonly id: string
  readonly url: string
  readonly secret: string
}

interface HeldPrice {
  readonly id: string
  readonly productId: string
}

/** What later steps need of earlier ones. */
interface Workshop {
  readonly stripe: Stripe
  /** By service. */
  readonly meters: Map<string, string>
  /** By lookup key. */
  readonly prices: Map<string, HeldPrice>
  readonly made: MadeEndpoint[]
}

export function openWorkshop(stripe: Stripe, found: Found, steps: readonly SetupStep[]): Workshop {
  const subjects = steps.map(({ subject }) => subject)
  return {
    stripe,
    meters: new Map(found.meters.filter(({ isActive }) => isActive).map(({ id, eventName }) => [eventName, id])),
    prices: new Map(
      subjects.flatMap((subject) => {
        const price = subject.kind === 'price' ? heldPrice(subject, found.prices) : undefined
        return price === undefined ? [] : [[subject.name, { id: price.id, productId: price.productId }] as const]
      }),
    ),
    made: [],
  }
}

/** Does one step of the setup at Stripe. Doing it again changes nothing. */
export async function carryOutStep(workshop: Workshop, step: SetupStep): Promise<void> {
  const { subject } = step
  switch (subject.kind) {
    case 'meter':
      return carryOutMeter(workshop, step, subject)
    case 'product':
      return carryOutProduct(workshop, step, subject)
    case 'price':
      return carryOutPrice(workshop, step, subject)
    case 'portal':
      return carryOutPortal(workshop, step, subject)
    case 'webhook endpoint':
      return carryOutEndpoint(workshop, step, subject)
    case 'event destination':
      return carryOutDestination(workshop, step, subject)
  }
}

async function carryOutMeter({ stripe, meters }: Workshop, { foundId }: SetupStep, wanted: WantedMeter) {
  const call =
    foundId === null
      ? stripe.billing.meters.create({
          display_name: wanted.displayName,
          event_name: wanted.name,
          default_aggregation: { formula: 'sum' },
        })
      : stripe.billing.meters.reactivate(foundId)
  meters.set(wanted.name, (await during(`make the meter ${wanted.name}`, call)).id)
}

async function carryOutProduct({ stripe }: Workshop, { foundId }: SetupStep, wanted: WantedProduct) {
  const { name: id, displayName: name, description } = wanted
  const metadata = metadataOf(wanted)
  const call =
    foundId === null
      ? // Stripe refuses an empty text at creation, and takes it as a wish to remove one later.
        stripe.products.create({ id, name, metadata, ...(description === '' ? {} : { description }) })
      : stripe.products.update(foundId, { name, description, active: true, metadata })
  await during(`make the product ${id}`, call)
}

async function carryOutPrice(workshop: Workshop, { action, foundId, productId }: SetupStep, wanted: WantedPrice) {
  const { stripe, prices } = workshop
  const metadata = metadataOf(wanted)
  if (foundId === null) {
    const call = stripe.prices.create({ ...priceOf(workshop, wanted), product: productId ?? '', metadata })
    const made = await during(`make the price ${wanted.name}`, call)
    prices.set(wanted.name, { id: made.id, productId: idOf(made.product) ?? '' })
  } else if (action === 'archive')
    await during(`archive the price ${foundId}`, stripe.prices.update(foundId, { active: false }))
  else {
    const currency_options = optionsOf(wanted.currencyOptions)
    await during(
      `change the price ${foundId}`,
      stripe.prices.update(foundId, { active: true, metadata, currency_options }),
    )
  }
}

function metadataOf({ planName, service }: WantedPrice | WantedProduct) {
  return { ...OURS, plan_name: planName, ...(service ? { service } : {}) }
}

/** The SDK (23.1) takes this map for a list and leaves its decimals as objects: they are sent as the text that they are. */
function optionsOf(amounts: CurrencyRates) {
  const options = Object.entries(amounts).map(([currency, amount]) => [currency, { unit_amount_decimal: amount }])
  return Object.fromEntries(options) as Record<string, Stripe.PriceCreateParams.CurrencyOptions>
}

/** Prices cannot be edited: a new one takes the lookup key over in the same step. */
function priceOf(
  { meters }: Workshop,
  { name, service, currency, unitAmount, currencyOptions, interval }: WantedPrice,
) {
  const meter = service === null ? undefined : meters.get(service)
  return {
    currency,
    lookup_key: name,
    transfer_lookup_key: true,
    nickname: name,
    unit_amount_decimal: Stripe.Decimal.from(unitAmount),
    currency_options: optionsOf(currencyOptions),
    recurring: meter === undefined ? { interval } : { interval, usage_type: 'metered' as const, meter },
  }
}

async function carryOutPortal({ stripe, prices }: Workshop, { foundId }: SetupStep, { offers }: WantedPortal) {
  const features = portalFeatures(offers.flatMap((key) => prices.get(key) ?? []))
  const settings = { features, name: 'speech-billing', metadata: OURS }
  const call =
    foundId === null
      ? stripe.billingPortal.configurations.create(settings)
      : stripe.billingPortal.configurations.update(foundId, settings)
  await during('make the configuration of the customer portal', call)
}

/** What the API of this program lets customers do: a dearer plan at once and charged for the rest, a cheaper one later. */
function portalFeatures(offers: readonly HeldPrice[]) {
  const byProduct = Map.groupBy(offers, ({ productId }) => productId)
  const products = [...byProduct].map(([product, held]) => ({ product, prices: held.map(({ id }) => id) }))
  return {
    invoice_history: { enabled: true },
    payment_method_update: { enabled: true },
    subscription_cancel: {
      enabled: true,
      mode: 'at_period_end' as const,
      cancellation_reason: { enabled: true, options: [...CANCELLATION_REASONS] },
    },
    subscription_pause: { enabled: false },
    subscription_update:
      products.length === 0
        ? { enabled: false }
        : {
            enabled: true,
            default_allowed_updates: ['price' as const],
            products,
            proration_behavior: 'always_invoice' as const,
            schedule_at_period_end: {
              conditions: [{ type: 'decreasing_item_amount' as const }, { type: 'shortening_interval' as const }],
            },
          },
  }
}

const CANCELLATION_REASONS = [
  'too_expensive',
  'missing_features',
  'switched_service',
  'unused',
  'customer_service',
  'too_complex',
  'low_quality',
  'other',
] as const

async function carryOutEndpoint(
  { stripe, made }: Workshop,
  { foundId }: SetupStep,
  { name: url, types }: WantedEndpoint,
) {
  const enabled_events = types as Stripe.WebhookEndpointCreateParams.EnabledEvent[]
  const step = 'make the webhook endpoint'
  if (foundId !== null) {
    const change = { enabled_events, disabled: false, metadata: OURS }
    return void (await during(step, stripe.webhookEndpoints.update(foundId, change)))
  }
  const wanted = { url, enabled_events, api_version: Stripe.API_VERSION, metadata: OURS, description: 'speech-billing' }
  const { id, secret } = await during(step, stripe.webhookEndpoints.create(wanted))
  made.push({ id, url, secret: secret ?? '' })
}

async function carryOutDestination({ stripe, made }: Workshop, { foundId }: SetupStep, wanted: WantedEndpoint) {
  const { name: url, types } = wanted
  const destinations = stripe.v2.core.eventDestinations
  const settings = { enabled_events: [...types], metadata: OURS, name: 'speech-billing' }
  const step = 'make the event destination for meter errors'
  if (foundId !== null) {
    await during(step, destinations.update(foundId, settings))
    return void (await during(step, destinations.enable(foundId)))
  }
  const call = destinations.create({
    ...settings,
    type: 'webhook_endpoint',
    event_payload: 'thin',
    webhook_endpoint: { url },
    include: ['webhook_endpoint.signing_secret'],
  })
  const { id, webhook_endpoint } = await during(step, call)
  made.push({ id, url, secret: webhook_endpoint?.signing_secret ?? '' })
}
