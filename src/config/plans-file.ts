import { readFileSync } from 'node:fs'
import { Settings } from 'typebox/system'
import { Check, Errors } from 'typebox/value'
import { type Catalogue, catalogueProblems } from '../domain/catalogue.ts'
import { type CurrencyRates, plainRate } from '../domain/money.ts'
import type { Pack } from '../domain/pack.ts'
import { DEFAULT_GRACE_DAYS, type Plan, type PlanPrice, type ServiceTerms } from '../domain/plan.ts'
import { perService, quantityOf, SERVICES, type ServiceType } from '../domain/quantity.ts'
import type { TrialTerms } from '../domain/trial.ts'
import { nearest } from './nearest.ts'
import { type CurrencyOptionsEntry, EXPECTED, type PackEntry, type PlanEntry, PlansFile } from './plans-schema.ts'

export type PlansReading =
  | { readonly ok: true; readonly catalogue: Catalogue }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads the catalogue from a JSON file; every problem is named with its place in the file. */
export function readPlansFile(path: string): PlansReading {
  const text = contentOf(path)
  return text === null ? refused('there is no such file, or it cannot be read') : readPlans(text)
}

/** Reads the catalogue from JSON text. */
export function readPlans(text: string): PlansReading {
  const file = parsed(text)
  if (file === undefined) return refused('is not valid JSON')
  if (!Check(PlansFile, file)) return refused(...formProblems(file))
  const catalogue = toCatalogue(file)
  const problems = catalogueProblems(catalogue)
  return problems.length === 0 ? { ok: true, catalogue } : refused(...problems)
}

function refused(...problems: readonly string[]): PlansReading {
  return { ok: false, problems }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** One sentence a field, however many rules of the schema it breaks. */
function formProblems(file: unknown): readonly string[] {
  return [...new Set(allErrors(file).flatMap(describe))]
}

/** The library stops at eight errors unless told otherwise, and only by a setting that all its users share. */
function allErrors(file: unknown) {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: 10_000 })
  try {
    return Errors(PlansFile, file)
  } finally {
    Settings.Set({ maxErrors })
  }
}

function describe(error: ReturnType<typeof Errors>[number]): readonly string[] {
  const path = pathInWords(error.instancePath)
  if (error.keyword === 'required')
    return error.params.requiredProperties.map((name) => `${child(path, name)} is missing`)
  if (error.keyword === 'additionalProperties')
    return error.params.additionalProperties.map((name) => `${child(path, name)} is not a field here${guess(name)}`)
  // An unknown field is told twice, the other time as a value where the schema allows none.
  if (error.keyword === 'boolean') return []
  return [path === '' ? 'must hold one JSON object' : `${path} ${expected(path) ?? error.message}`]
}

function guess(name: string): string {
  const meant = nearest(
    name,
    Object.keys(EXPECTED).filter((field) => /^\w+$/.test(field)),
  )
  return meant === null || meant === name ? '' : `; did you mean ${meant}?`
}

/** `/plans/0/prices/1/amount` → `plans[0].prices[1].amount` */
function pathInWords(pointer: string): string {
  const path = pointer.replaceAll(/\/(\d+)(?=\/|$)/g, '[$1]').replaceAll('/', '.')
  return path.startsWith('.') ? path.slice(1) : path
}

function child(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function expected(path: string): string | undefined {
  const [field = path, outer] = path
    .replaceAll(/\[\d+\]/g, '[]')
    .split('.')
    .reverse()
  return EXPECTED[`${outer}.${field}`] ?? EXPECTED[field]
}

function toCatalogue(file: PlansFile): Catalogue {
  return {
    currency: file.currency,
    rates: perService((service) => plainRate(file.rates[service].unit_amount_decimal)),
    currencyOptions: perService((service) => toCurrencyRates(file.rates[service].currency_options)),
    plans: file.plans.map((plan) => toPlan(file, plan)),
    disputesSuspend: file.disputes_suspend ?? true,
    refundsTakeBack: file.refunds_take_back ?? true,
    packs: (file.packs ?? []).map(toPack),
  }
}

function toPack(pack: PackEntry): Pack {
  return {
    name: pack.name,
    displayName: pack.display_name,
    service: pack.service,
    amount: pack.amount,
    price: pack.price,
    expiresAfterDays: pack.expires_after_days ?? null,
  }
}

function toPlan(file: PlansFile, plan: PlanEntry): Plan {
  return {
    name: plan.plan_name,
    displayName: plan.display_name,
    description: plan.description,
    trial: toTrial(plan),
    prices: toPrices(plan),
    services: perService((service) => toTerms(file, plan, service)),
    transcriptStorageDays: plan.transcript_storage_days,
    advancedAnalytics: plan.advanced_analytics,
    prioritySupport: plan.priority_support,
    whiteLabel: plan.white_label,
    graceDays: plan.grace_days ?? DEFAULT_GRACE_DAYS,
    spendingLimit: plan.spending_limit ?? null,
  }
}

function toTrial({ trial_days: days = 0, trial_requires_card, trial_without_card }: PlanEntry): TrialTerms | null {
  if (days === 0) return null
  return { days, cardRequired: trial_requires_card ?? false, withoutCard: trial_without_card ?? 'cancel' }
}

/** The first price is found under the plan's name; the others need names of their own. */
function toPrices(plan: PlanEntry): [PlanPrice, ...PlanPrice[]] {
  const [first, ...others] = plan.prices.map((price, index) => ({
    amount: price.amount,
    currency: price.currency,
    interval: price.interval,
    lookupKey:
      price.lookup_key ?? (index === 0 ? plan.plan_name : `${plan.plan_name}.${price.currency}.${price.interval}`),
    pinnedPriceId: price.price_id ?? null,
  }))
  if (first === undefined)
    throw new Error(`The plan ${plan.plan_name} has no price, which the schema does not let pass.`)
  return [first, ...others]
}

function toTerms(file: PlansFile, plan: PlanEntry, service: ServiceType): ServiceTerms {
  const { policy, included, billing_increment_seconds, minimum } = plan.services[service]
  const { unitQuanta, quanta } = SERVICES[service]
  return {
    policy,
    included: included === null ? null : quantityOf(included, unitQuanta),
    ...toRates(file.rates[service], plan.services[service]),
    increment:
      billing_increment_seconds === undefined ? null : BigInt(billing_increment_seconds) * (quanta.seconds ?? 1n),
    minimum: minimum === undefined ? null : quantityOf(minimum, unitQuanta),
  }
}

type RateEntry = PlansFile['rates'][ServiceType]

/** Terms with a rate of their own say it for all currencies: that of one does not go with a list price of another. */
function toRates(listed: RateEntry, own: Partial<RateEntry>): Pick<ServiceTerms, 'rate' | 'currencyOptions'> {
  const others = toCurrencyRates(own.currency_options)
  if (own.unit_amount_decimal !== undefined)
    return { rate: plainRate(own.unit_amount_decimal), currencyOptions: others }
  return {
    rate: plainRate(listed.unit_amount_decimal),
    currencyOptions: { ...toCurrencyRates(listed.currency_options), ...others },
  }
}

function toCurrencyRates(options: CurrencyOptionsEntry = {}): CurrencyRates {
  return Object.fromEntries(
    Object.entries(options).map(([currency, option]) => [currency, plainRate(option.unit_amount_decimal)]),
  )
}
