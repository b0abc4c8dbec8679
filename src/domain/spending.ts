import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { currencyOf } from './currency.ts'
import { type ExactAmount, exactAmount, exactCost, minorUnits } from './money.ts'
import { allowancePeriodAt, type Instant } from './period.ts'
import type { Plan } from './plan.ts'
import { planBought } from './plan-version.ts'
import { remembered } from './remembered.ts'
import { liveSubscription } from './subscription.ts'
import type { UsageTerms, UsageTotal } from './usage.ts'

/** A limit that somebody has set: an amount means nothing without its currency, and holds for what is paid in that alone. */
export interface SetLimit {
  /** Minor units. */
  readonly amount: number
  readonly currency: string
}

/** What use may cost in an allowance period at most; null is not set. */
export interface SpendingLimits {
  /** By the user, up to what the plan or the operator allows. */
  readonly user: SetLimit | null
  /** By the operator, in place of the plan's. */
  readonly operator: SetLimit | null
}

export const NO_SPENDING_LIMITS: SpendingLimits = { user: null, operator: null }

/** What holds in an allowance period: the limit, and what use has cost in it so far. */
export interface Spending {
  readonly limit: number
  readonly spent: ExactAmount
}

/** Whether any plan, as it is sold or was, limits what use may cost, so that the costs of all services must be at hand. */
export const limitsSpending = remembered(8, ({ plans, versions }: Catalogue): boolean => {
  const bought = [...(versions?.values() ?? [])].flatMap(({ byId }) => [...byId.values()])
  return plans.some(isLimited) || bought.some(isLimited)
})

function isLimited({ spendingLimit }: Plan): boolean {
  return spendingLimit !== null
}

/** The amount of a limit in a currency; null where none is set in that. */
function amountIn(limit: SetLimit | null, currency: string): number | null {
  return limit?.currency === currency ? limit.amount : null
}

/** The most that a user may set: the operator's word, else the plan's; null is no limit. */
export function allowedLimit(plan: Plan | null, { operator }: SpendingLimits, currency: string): number | null {
  return amountIn(operator, currency) ?? plan?.spendingLimit ?? null
}

/** The limit that holds; null is none. */
function limitOf(plan: Plan | null, limits: SpendingLimits, currency: string): number | null {
  const allowed = allowedLimit(plan, limits, currency)
  const own = amountIn(limits.user, currency)
  return own === null || (allowed !== null && allowed < own) ? allowed : own
}

/** What use has cost in an allowance period, exactly: rounded once, when it is shown. */
function spentIn(totals: readonly UsageTotal[], allowanceStart: Instant | null): ExactAmount {
  let spent = 0n
  for (const { allowanceStart: start, billable, service, rate } of totals)
    if (start === allowanceStart && billable !== 0n) spent += exactCost(service, billable, rate)
  return spent
}

/** How spending stands in the allowance period under these terms; null where nothing limits it. */
export function spendingIn(
  { plan, currency, allowance }: Pick<UsageTerms, 'plan' | 'currency' | 'allowance'>,
  account: Pick<Account, 'totals' | 'spendingLimits'>,
): Spending | null {
  if (allowance === null) return null
  const limit = limitOf(plan, account.spendingLimits, currency)
  return limit === null ? null : { limit, spent: spentIn(account.totals, allowance.start) }
}

/** Whether a further cost would go beyond the limit. Up to it, to the last fraction, it does not. */
export function goesBeyond({ limit, spent }: Spending, cost: ExactAmount): boolean {
  return cost > 0n && spent + cost > exactAmount(limit)
}

const THRESHOLDS = [80, 100] as const

/** The thresholds, in percent of the limit, that a cost steps over. */
export function crossedThresholds({ limit, spent }: Spending, cost: ExactAmount): readonly number[] {
  if (cost <= 0n || limit === 0) return []
  const whole = exactAmount(limit)
  return THRESHOLDS.filter((percent) => {
    const threshold = whole * BigInt(percent)
    return spent * 100n < threshold && (spent + cost) * 100n >= threshold
  })
}

/** As an answer tells it: of the running allowance period. Without a subscription nothing is spent. */
export function shownSpending(catalogue: Catalogue, account: Account, now: Instant) {
  const subscription = liveSubscription(account.subscriptions)
  const plan = planBought(catalogue, subscription)
  const spent = subscription === null ? 0n : spentIn(account.totals, allowancePeriodAt(subscription.anchor, now).start)
  const currency = currencyOf(catalogue, subscription)
  const { user } = account.spendingLimits
  const limit = subscription === null ? amountIn(user, currency) : limitOf(plan, account.spendingLimits, currency)
  const isElsewhere = user !== null && user.currency !== currency
  return { limit, spent: minorUnits(spent), currency, set_aside: isElsewhere ? user : null }
}
