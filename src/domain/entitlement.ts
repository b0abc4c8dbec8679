import type { Catalogue } from './catalogue.ts'
import { findPlan } from './catalogue.ts'
import type { Instant } from './period.ts'
import { isMetered } from './plan.ts'
import { isLive, type Subscription, type SubscriptionStatus } from './subscription.ts'

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
