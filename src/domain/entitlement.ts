import type { Access, AccessReason } from './access.ts'
import type { Quantity } from './quantity.ts'
import { overageOf, type UsageTerms } from './usage.ts'

/** Why something may be used, or may not: a word for programs. */
export type EntitlementReason = 'allowed' | 'limit_reached' | 'not_in_plan' | Exclude<AccessReason, 'active'>

/** How a service stands for a user at a moment. */
export interface ServiceStanding {
  readonly terms: UsageTerms
  /** What counts as used in the allowance period so far. */
  readonly used: Quantity
  /** What usable grants hold. */
  readonly granted: Quantity
}

/**
 * Whether a further use that counts as `rated` is allowed: where the plan blocks at its limit it must fit wholly, and where
 * the plan charges what goes beyond, there must be a card for that.
 */
export function judgeUse(
  access: Access,
  { terms, used, granted }: ServiceStanding,
  rated: Quantity,
): EntitlementReason {
  if (access.reason !== 'active' && !access.allowed) return access.reason
  if (terms.subscription === null) return 'no_subscription'
  if (terms.policy === 'allow' || overageOf(terms.included, used, rated) <= granted) return 'allowed'
  if (terms.policy === 'bill') return terms.subscription.hasPaymentMethod ? 'allowed' : 'payment_method_required'
  return terms.included === 0n && granted === 0n ? 'not_in_plan' : 'limit_reached'
}

/** Whether a feature that is not counted is part of the plan: true, more than none, or without limit. */
export function judgeFeature(access: Access, value: boolean | number | null): EntitlementReason {
  if (access.reason !== 'active' && !access.allowed) return access.reason
  return value === false || value === 0 ? 'not_in_plan' : 'allowed'
}
