import { type Catalogue, findPlan } from './catalogue.ts'
import type { Instant } from './period.ts'
import type { Plan, ServiceTerms } from './plan.ts'
import { amountOf, SERVICE_TYPES, SERVICES, type ServiceType } from './quantity.ts'
import type { Subscription } from './subscription.ts'

/** A plan as it was sold from a moment on. Its terms are what a version is of; names and prices may change within one. */
export interface PlanVersion {
  /** Short, and the same for the same terms. */
  readonly id: string
  readonly plan: Plan
  readonly since: Instant
}

/** The terms of one plan that are known. */
export interface KnownVersions {
  /** The one that is sold; null where the plan is not sold any more. */
  readonly current: string | null
  /** The one that holds for those who bought before versions were kept. */
  readonly first: Plan
  readonly byId: ReadonlyMap<string, Plan>
}

/** What of a plan was bought: without a version, the first that is known of it. */
export type BoughtPlan = Pick<Subscription, 'planName' | 'planVersion'>

/**
 * The plan with the terms that were bought, which outlive their place in the catalogue; null without a plan. Everything that
 * concerns a subscription asks this, and only what is sold asks the catalogue itself.
 */
export function planBought(catalogue: Catalogue, bought: BoughtPlan | null): Plan | null {
  if (bought === null || bought.planName === null) return null
  const versions = catalogue.versions?.get(bought.planName)
  if (versions === undefined) return findPlan(catalogue, bought.planName)
  const version = bought.planVersion ? versions.byId.get(bought.planVersion) : undefined
  return version ?? versions.first
}

/** What is bought by buying the plan now; null where no versions are kept. */
export function currentVersion(catalogue: Catalogue, planName: string | null): string | null {
  return (planName === null ? null : catalogue.versions?.get(planName)?.current) ?? null
}

/** The plans whose terms were never seen before. `digest` shortens a text to an id. */
export function newVersions(
  { plans }: Catalogue,
  known: readonly PlanVersion[],
  digest: (text: string) => string,
  since: Instant,
): readonly PlanVersion[] {
  return plans
    .map((plan): PlanVersion => ({ id: digest(termsText(plan)), plan, since }))
    .filter(({ id, plan }) => !known.some((version) => version.id === id && version.plan.name === plan.name))
}

/** The catalogue together with the terms that were ever sold, oldest first. */
export function withVersions(
  catalogue: Catalogue,
  known: readonly PlanVersion[],
  digest: (text: string) => string,
): Catalogue {
  const names = new Set(known.map(({ plan }) => plan.name))
  const versions = [...names].flatMap((name) => {
    const sold = findPlan(catalogue, name)
    const own = known.filter(({ plan }) => plan.name === name)
    const byId = new Map(own.map(({ id, plan }) => [id, sold ? { ...sold, ...termsOf(plan) } : plan]))
    const [first] = byId.values()
    return first === undefined ? [] : [[name, { current: sold && digest(termsText(sold)), first, byId }] as const]
  })
  return { ...catalogue, versions: new Map(versions) }
}

/** What a customer keeps. Name, description, prices and trial are those of the sale. */
function termsOf({ name: _, displayName: __, description: ___, trial: ____, prices: _____, ...terms }: Plan) {
  return terms
}

/** Each term by its name in the plans file, as it is shown. */
function namedTerms(plan: Plan): ReadonlyMap<string, TermValue> {
  const { services, ...others } = termsOf(plan)
  return new Map<string, TermValue>([
    ...SERVICE_TYPES.flatMap((service) => namedServiceTerms(service, services[service])),
    ...Object.entries(others)
      .map(([name, value]) => [snakeCase(name), value] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  ])
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

type TermValue = string | number | boolean | null

function namedServiceTerms(service: ServiceType, terms: ServiceTerms): readonly (readonly [string, TermValue])[] {
  const { unitQuanta } = SERVICES[service]
  const inCurrencies = Object.entries(terms.currencyOptions ?? {}).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const shown = (quantity: bigint | null) => (quantity === null ? null : amountOf(quantity, unitQuanta))
  return [
    [`${service}.policy`, terms.policy],
    [`${service}.included`, shown(terms.included)],
    [`${service}.rate`, terms.rate],
    ...inCurrencies.map(([currency, rate]) => [`${service}.rate.${currency}`, rate] as const),
    [`${service}.billing_increment`, shown(terms.increment)],
    [`${service}.minimum`, shown(terms.minimum)],
  ]
}

/** The same text for the same terms, in whatever order a file has them. */
function termsText(plan: Plan): string {
  return JSON.stringify([...namedTerms(plan)])
}

/** A term that differs. Null is without limit, or none. */
export interface TermChange {
  /** As the plans file has it: `voice_call.included`. */
  readonly term: string
  readonly before: TermValue
  readonly after: TermValue
}

/** What changes for whoever goes from one plan's terms to another's. */
export function termChanges(from: Plan, to: Plan): readonly TermChange[] {
  const [before, after] = [namedTerms(from), namedTerms(to)]
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((term) => {
    const change = { term, before: before.get(term) ?? null, after: after.get(term) ?? null }
    return change.before === change.after ? [] : [change]
  })
}
