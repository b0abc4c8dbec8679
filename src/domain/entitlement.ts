import type { Catalogue } from './catalogue.ts'
import { findPlan } from './catalogue.ts'
import type { Instant } from './period.ts'
import { isMetered } from './plan.ts'
import type { Quantity } from './quantity.ts'
import { isLive, type Subscription, type SubscriptionStatus } from './subscription.ts'
import { overageOf, type UsageTerms } from './usage.ts'

export type AccessReason =
  | 'active'
  | 'no_subscription'
  | 'payment_method_required'
  | Exclude<SubscriptionStatus, 'active'>

export interface Access {
  readonly allowed: boolean
  readonly reason: AccessReason
  /** Since when it stands so; null when there never was a subscription. */
  readonly since: Instant | null
}

/** One table from status to access: past due still works while Stripe retries, unpaid and paused do not. */
const ALLOWED: Readonly<Record<SubscriptionStatus, boolean>> = {
  trialing: true,
  active: true,
  past_due: true,
  unpaid: false,
  paused: false,
  incomplete: false,
  incomplete_expired: false,
  canceled: false,
}

/** Whether the service may be used, and why. A plan that charges by use needs something to charge. */
export function accessOf(catalogue: Catalogue, subscription: Subscription | null): Access {
  if (subscription === null) return { allowed: false, reason: 'no_subscription', since: null }
  const since = subscription.statusSince
  if (!ALLOWED[subscription.status]) return { allowed: false, reason: subscription.status, since }
  if (needsPaymentMethod(catalogue, subscription)) return { allowed: false, reason: 'payment_method_required', since }
  return { allowed: true, reason: subscription.status, since }
}

function needsPaymentMethod(catalogue: Catalogue, subscription: Subscription): boolean {
  const plan = findPlan(catalogue, subscription.planName)
  return isLive(subscription) && plan !== null && isMetered(plan) && !subscription.hasPaymentMethod
}

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

/** Whether a further use that counts as `rated` is allowed: it must fit wholly where the plan blocks at its limit. */
export function judgeUse(
  access: Access,
  { terms, used, granted }: ServiceStanding,
  rated: Quantity,
): EntitlementReason {
  if (access.reason !== 'active' && !access.allowed) return access.reason
  if (terms.subscription === null) return 'no_subscription'
  if (terms.policy !== 'block' || overageOf(terms.included, used, rated) <= granted) return 'allowed'
  return terms.included === 0n && granted === 0n ? 'not_in_plan' : 'limit_reached'
}

/** Whether a feature that is not counted is part of the plan: true, more than none, or without limit. */
export function judgeFeature(access: Access, value: boolean | number | null): EntitlementReason {
  if (access.reason !== 'active' && !access.allowed) return access.reason
  return value === false || value === 0 ? 'not_in_plan' : 'allowed'
}
