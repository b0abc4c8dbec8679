import { type CurrencyRates, decimalsOf, isRate, type Rate, unchargeable } from './money.ts'
import type { Pack } from './pack.ts'
import type { Plan, PlanPrice, ServiceTerms } from './plan.ts'
import type { KnownVersions } from './plan-version.ts'
import { SERVICE_TYPES, SERVICES, type ServiceType } from './quantity.ts'

/** The plans that are on sale, and what a unit costs where no plan says otherwise. */
export interface Catalogue {
  readonly currency: string
  readonly rates: Readonly<Record<ServiceType, Rate>>
  /** The rates in other currencies. */
  readonly currencyOptions?: Readonly<Partial<Record<ServiceType, CurrencyRates>>>
  readonly plans: readonly Plan[]
  /** Whether a payment that is disputed at the bank suspends the subscription that it paid for. */
  readonly disputesSuspend: boolean
  /** Whether a refund takes back what is unused of what was bought, where the operator does not say. */
  readonly refundsTakeBack: boolean
  /** What is sold once, on top of any plan. */
  readonly packs: readonly Pack[]
  /** The terms that were ever sold, by plan; left out where only today's are known. */
  readonly versions?: ReadonlyMap<string, KnownVersions>
}

/** What Stripe calls a price of the catalogue: its lookup key, and the plan or the plan's service that it is for. */
export interface CataloguePrice {
  readonly lookupKey: string
  readonly planName: string
  readonly service: ServiceType | null
  readonly pinnedPriceId: string | null
}

/** The Stripe price id of each lookup key, as last found at Stripe; and past prices, each under a key of its own. */
export type PriceIds = ReadonlyMap<string, string>

/** By the name that programs use; null where it is not (or no longer) in the catalogue. */
export function findPlan(catalogue: Catalogue, name: string | null): Plan | null {
  return catalogue.plans.find((plan) => plan.name === name) ?? null
}

export function findPack(catalogue: Catalogue, name: string): Pack | null {
  return catalogue.packs.find((pack) => pack.name === name) ?? null
}

/** Whether a Stripe price is the one of a lookup key, or was it before. */
export function isPriceOf(priceIds: PriceIds, lookupKey: string, priceId: string): boolean {
  return priceIds.get(lookupKey) === priceId || priceIds.has(pastPriceKey(lookupKey, priceId))
}

/**
 * Under this key stands a price that was of a plan once, beside the lookup keys of today: who bought at it keeps the plan
 * until he is moved. One that is billed by use stands under its lookup key.
 */
export function pastPriceKey(of: string, priceId: string): string {
  return `${of}${PAST}${priceId}`
}

/** Whether a key stands for a price that is sold no more, and not for a lookup key of the catalogue. */
export function isPastPriceKey(key: string): boolean {
  return key.includes(PAST)
}

const PAST = '@price_of:'

/** The lookup key of a metered price, which serves all currencies of its plan: `usage_based.voice_call`. */
export function meteredLookupKey(planName: string, service: ServiceType): string {
  return `${planName}.${service}`
}

/** The currencies that a plan is sold in, that of its first price first. */
export function currenciesOf(plan: Plan): readonly string[] {
  return [...new Set(plan.prices.map(({ currency }) => currency))]
}

/** Every Stripe price that the catalogue needs: one for each plan price, one for each service that a plan bills by use. */
export function cataloguePrices(catalogue: Catalogue): readonly CataloguePrice[] {
  return catalogue.plans.flatMap((plan) => [
    ...plan.prices.map((price) => ({
      lookupKey: price.lookupKey,
      planName: plan.name,
      service: null,
      pinnedPriceId: price.pinnedPriceId,
    })),
    ...billedServices(plan).map((service) => ({
      lookupKey: meteredLookupKey(plan.name, service),
      planName: plan.name,
      service,
      pinnedPriceId: null,
    })),
  ])
}

/** The services that a plan charges by use, in a fixed order. */
export function billedServices(plan: Plan): readonly ServiceType[] {
  return SERVICE_TYPES.filter((service) => plan.services[service].policy === 'bill')
}

/** The plan that a Stripe price is or once was a base price of; null for a price that is not of this catalogue. */
export function planOfPrice(catalogue: Catalogue, priceIds: PriceIds, priceId: string): Plan | null {
  const isPresent = (plan: Plan) => plan.prices.some((price) => priceIds.get(price.lookupKey) === priceId)
  const isPast = (plan: Plan) => priceIds.has(pastPriceKey(plan.name, priceId))
  return catalogue.plans.find(isPresent) ?? catalogue.plans.find(isPast) ?? null
}

/** The price of the catalogue that a Stripe price is; null for one that is not of it. */
export function findPrice(catalogue: Catalogue, priceIds: PriceIds, priceId: string): PlanPrice | null {
  const prices = catalogue.plans.flatMap((plan) => plan.prices)
  return prices.find((price) => priceIds.get(price.lookupKey) === priceId) ?? null
}

/** Everything that is wrong with a catalogue, each with the place and the cure; empty when it can be sold. */
export function catalogueProblems(catalogue: Catalogue): readonly string[] {
  const problems: string[] = []
  if (catalogue.plans.length === 0) problems.push('plans: there is none; name at least one')
  for (const name of repeated(catalogue.plans.map((plan) => plan.name)))
    problems.push(`plans: ${name} stands there twice; plan names must differ`)
  for (const key of repeated(cataloguePrices(catalogue).map((price) => price.lookupKey)))
    problems.push(`prices: the lookup key ${key} stands there twice; Stripe allows each key once`)
  for (const name of repeated(catalogue.packs.map((pack) => pack.name)))
    problems.push(`packs: ${name} stands there twice; pack names must differ`)
  for (const { name, price } of catalogue.packs) problems.push(...amountProblems(`${name}.price.amount`, price))
  for (const plan of catalogue.plans) problems.push(...planProblems(catalogue, plan))
  return problems
}

function planProblems(catalogue: Catalogue, plan: Plan): readonly string[] {
  return [
    ...plan.prices.flatMap((price, index) => amountProblems(`${plan.name}.prices[${index}].amount`, price)),
    ...limitProblems(plan),
    ...SERVICE_TYPES.flatMap((service) => termsProblems(plan.name, service, plan.services[service])),
    ...billedServices(plan).flatMap((service) => currencyProblems(catalogue, plan, service)),
  ]
}

function amountProblems(
  place: string,
  { amount, currency }: Pick<PlanPrice, 'amount' | 'currency'>,
): readonly string[] {
  const why = unchargeable(amount, currency)
  return why === null ? [] : [`${place}: ${why}`]
}

/** The limit is one number of minor units, whatever the subscription is paid in: 2000 cannot be $20.00 and ¥2,000. */
function limitProblems(plan: Plan): readonly string[] {
  const [first, ...others] = currenciesOf(plan)
  const other = others.find((currency) => decimalsOf(currency) !== decimalsOf(first ?? ''))
  if (plan.spendingLimit === null || other === undefined) return []
  return [
    `${plan.name}.spending_limit: is one number, and would be hundredths in one and not in the other of ${first} and ${other}; make a plan for each`,
  ]
}

/** What is used beyond the allowance is charged in the currency that the plan is paid in. */
function currencyProblems(catalogue: Catalogue, plan: Plan, service: ServiceType): readonly string[] {
  const { currencyOptions = {} } = plan.services[service]
  const isPriced = (currency: string) => currency === catalogue.currency || currency in currencyOptions
  return currenciesOf(plan)
    .filter((currency) => !isPriced(currency))
    .map(
      (currency) =>
        `${plan.name}.services.${service}: is billed by use and sold in ${currency}, but has no rate in it; add currency_options.${currency}.unit_amount_decimal to its rate`,
    )
}

function termsProblems(planName: string, service: ServiceType, terms: ServiceTerms): readonly string[] {
  const place = `${planName}.services.${service}`
  const problems: string[] = []
  if (![terms.rate, ...Object.values(terms.currencyOptions ?? {})].every(isRate))
    problems.push(`${place}.rate: must be minor units as a decimal string of at most 12 decimals`)
  if (terms.policy === 'bill' && terms.included === null)
    problems.push(
      `${place}: bills by use but includes everything; state what is included (0 bills from the first unit)`,
    )
  if (terms.increment !== null && SERVICES[service].quanta.seconds === undefined)
    problems.push(`${place}.billing_increment_seconds: ${service} is not counted in time; leave it out`)
  return problems
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}
