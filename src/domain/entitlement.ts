import type { Access, AccessReason } from './access.ts'
import { exactCost } from './money.ts'
import type { Quantity, ServiceType } from './quantity.ts'
import { goesBeyond, type Spending } from './spending.ts'
import { overageOf, type UsageTerms } from './usage.ts'

/** Why something may be used, or may not: a word for programs. */
export type EntitlementReason =
  | 'allowed'
  | 'limit_reached'
  | 'spending_limit_reached'
  | 'not_in_plan'
  | Exclude<AccessReason, 'active'>

/** How a service stands for a user at a moment. */
export interface ServiceStanding {
  readonly terms: UsageTerms
  /** What counts as used in the allowance period so far. */
  readonly used: Quantity
  /** What usable grants hold. */
  readonly granted: Quantity
  readonly service: ServiceType
  /** What use may cost in the allowance period, and has cost; null where nothing limits it. */
  readonly spending: Spending | null
}

/**
 * Whether a further use that counts as `rated` is allowed: where the plan blocks at its limit it must fit wholly, and where
 * the plan charges what goes beyond, there must be a card for that, and the spending limit must allow it.
 */
export function judgeUse(access: Access, standing: ServiceStanding, rated: Quantity): EntitlementReason {
  const { terms, used, granted } = standing
  if (access.reason !== 'active' && !access.allowed) return access.reason
  if (terms.subscription === null) return 'no_subscription'
  const overage = overageOf(terms.included, used, rated)
  if (terms.policy === 'allow' || overage <= granted) return 'allowed'
  if (terms.policy === 'bill') {
    if (!terms.subscription.hasPaymentMethod) return 'payment_method_required'
    return isAffordable(standing, overage - granted) ? 'allowed' : 'spending_limit_reached'
  }
  return terms.included === 0n && granted === 0n ? 'not_in_plan' : 'limit_reached'
}

function isAffordable({ service, spending, terms }: ServiceStanding, billable: Quantity): boolean {
  return spending === null || !goesBeyond(spending, exactCost(service, billable, terms.rate))
}

/** Whether a feature that is not counted is part of the plan: true, more than none, or without limit. */
export function judgeFeature(access: Access, value: boolean | number | null): EntitlementReason {
  if (access.reason !== 'active' && !access.allowed) return access.reason
  return value === false || value === 0 ? 'not_in_plan' : 'allowed'
}
