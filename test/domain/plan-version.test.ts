import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { type Catalogue, findPlan } from '../../src/domain/catalogue.ts'
import type { Plan } from '../../src/domain/plan.ts'
import {
  currentVersion,
  newVersions,
  type PlanVersion,
  planBought,
  termChanges,
  withVersions,
} from '../../src/domain/plan-version.ts'
import { quantityOf, SERVICES } from '../../src/domain/quantity.ts'

const digest = (text: string) => Bun.hash(text).toString(36)
const minutes = (count: number) => quantityOf(count, SERVICES.voice_call.unitQuanta)

/** The built-in catalogue with other terms of the Pro plan. */
function selling(changes: Partial<Plan> & { readonly included?: number }): Catalogue {
  const { included, ...others } = changes
  const plans = BUILT_IN_PLANS.plans.map((plan) => {
    if (plan.name !== 'pro_monthly') return plan
    const voice = { ...plan.services.voice_call, ...(included === undefined ? {} : { included: minutes(included) }) }
    return { ...plan, ...others, services: { ...plan.services, voice_call: voice } }
  })
  return { ...BUILT_IN_PLANS, plans }
}

/** A program that was started with one catalogue after the other. */
function started(...catalogues: readonly Catalogue[]): Catalogue {
  const known: PlanVersion[] = []
  for (const [index, catalogue] of catalogues.entries()) known.push(...newVersions(catalogue, known, digest, index))
  return withVersions(catalogues.at(-1) ?? BUILT_IN_PLANS, known, digest)
}

const includedIn = (plan: Plan | null) => plan?.services.voice_call.included ?? null
const pro = (planVersion: string | null = null) => ({ planName: 'pro_monthly', planVersion })

describe('the terms that were bought', () => {
  const before = started(selling({ included: 500 }))
  const bought = currentVersion(before, 'pro_monthly')
  const after = started(selling({ included: 500 }), selling({ included: 400 }))

  test('stay when the catalogue changes, and new customers buy the new ones', () => {
    expect(includedIn(planBought(after, pro(bought)))).toBe(minutes(500))
    expect(includedIn(planBought(after, pro(currentVersion(after, 'pro_monthly'))))).toBe(minutes(400))
  })

  test('are the first that are known where nobody noted them, so that nobody loses what he has', () => {
    expect(includedIn(planBought(after, pro()))).toBe(minutes(500))
    expect(includedIn(planBought(after, pro('of-a-later-program')))).toBe(minutes(500))
  })

  test('hold under the name and the prices of today', () => {
    const renamed = started(selling({ included: 500 }), selling({ included: 400, displayName: 'Professional' }))
    expect(planBought(renamed, pro(bought))).toMatchObject({ displayName: 'Professional' })
  })

  test('hold on when the plan is not sold any more', () => {
    const without = { ...BUILT_IN_PLANS, plans: BUILT_IN_PLANS.plans.filter(({ name }) => name !== 'pro_monthly') }
    const gone = started(selling({ included: 500 }), without)
    expect(findPlan(gone, 'pro_monthly')).toBeNull()
    expect(currentVersion(gone, 'pro_monthly')).toBeNull()
    expect(includedIn(planBought(gone, pro(bought)))).toBe(minutes(500))
  })

  test('are those of today without versions, and none without a plan', () => {
    expect(includedIn(planBought(selling({ included: 7 }), pro()))).toBe(minutes(7))
    expect(planBought(after, null)).toBeNull()
    expect(planBought(after, { planName: null })).toBeNull()
  })
})

describe('a version', () => {
  test('is of terms alone: another price, name or trial makes none', () => {
    const first = newVersions(selling({}), [], digest, 0)
    expect(first).toHaveLength(BUILT_IN_PLANS.plans.length)
    const cosmetic = selling({ displayName: 'Professional', description: 'Other words.', trial: null })
    expect(newVersions(cosmetic, first, digest, 1)).toEqual([])
    expect(newVersions(selling({ graceDays: 1 }), first, digest, 1)).toHaveLength(1)
  })

  test('comes again with its terms', () => {
    const there = started(selling({ included: 500 }))
    const back = started(selling({ included: 500 }), selling({ included: 400 }), selling({ included: 500 }))
    expect(currentVersion(back, 'pro_monthly')).toBe(currentVersion(there, 'pro_monthly'))
  })
})

test('what changes is told term by term, in the words of the plans file', () => {
  const [from, to] = [
    selling({ included: 500, graceDays: 7 }),
    selling({ included: 400, graceDays: 3, spendingLimit: 900 }),
  ]
  const [one, other] = [findPlan(from, 'pro_monthly'), findPlan(to, 'pro_monthly')]
  expect(one && other && termChanges(one, other)).toEqual([
    { term: 'voice_call.included', before: 500, after: 400 },
    { term: 'grace_days', before: 7, after: 3 },
    { term: 'spending_limit', before: null, after: 900 },
  ])
})
