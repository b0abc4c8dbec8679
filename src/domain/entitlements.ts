import { type Access, accessOf } from './access.ts'
import type { Account } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { type EntitlementReason, judgeFeature, judgeUse } from './entitlement.ts'
import { grantsLeft, usableGrants } from './grant.ts'
import { type Instant, isoTime, isoTimeOrNull } from './period.ts'
import { type Features, featuresOf, NO_FEATURES, type OveragePolicy } from './plan.ts'
import { planBought } from './plan-version.ts'
import { amountOf, type Quantity, SERVICES, type ServiceType } from './quantity.ts'
import { spendingIn } from './spending.ts'
import { currentSubscription, isLive, type Subscription } from './subscription.ts'
import { ratedQuantity, remainingOf, termsAt, usedIn } from './usage.ts'

export interface Entitlement {
  readonly allowed: boolean
  /** In the service's unit; null is without limit, and for what is not counted. */
  readonly remaining: number | null
  readonly reason: EntitlementReason
  /** When the allowance begins anew; null when it never does. */
  readonly resets_at: string | null
}

export interface ServiceEntitlement extends Entitlement {
  readonly included: number | null
  /** What counts as used in the running allowance period. */
  readonly used: number
  readonly policy: OveragePolicy
}

/** The features that say how much of a service is included: they stand as their service does. */
export const COUNTED_FEATURES: Readonly<Partial<Record<keyof Features, ServiceType>>> = {
  voice_minutes: 'voice_call',
  sms_messages: 'sms',
  custom_scenarios: 'custom_scenario',
}

/** Whether a further `quantity` of a service may be used now. */
export function serviceEntitlement(
  catalogue: Catalogue,
  account: Account,
  service: ServiceType,
  quantity: Quantity,
  now: Instant,
): ServiceEntitlement {
  const terms = termsAt(catalogue, account.subscriptions, service, now)
  const used = terms.allowance === null ? 0n : usedIn(account.totals, service, terms.allowance)
  const granted = grantsLeft(usableGrants(account.grants, service, now))
  const access = accessOf(catalogue, account, now)
  const spending = spendingIn(terms, account)
  const reason = judgeUse(access, { service, terms, used, granted, spending }, ratedQuantity(terms, quantity))
  const left = terms.subscription === null ? 0n : remainingOf(terms.included, used)
  const { unitQuanta } = SERVICES[service]
  return {
    allowed: reason === 'allowed',
    included: terms.included === null ? null : amountOf(terms.included, unitQuanta),
    used: amountOf(used, unitQuanta),
    remaining: left === null ? null : amountOf(left + granted, unitQuanta),
    reason,
    resets_at: terms.allowance && resetOf(terms.subscription, terms.allowance.end),
    policy: terms.policy,
  }
}

/** Whether a feature may be used now; one that is counted stands as its service does. */
export function featureEntitlement(
  catalogue: Catalogue,
  account: Account,
  feature: keyof Features,
  now: Instant,
): Entitlement {
  const service = COUNTED_FEATURES[feature]
  if (service !== undefined) {
    const { allowed, remaining, reason, resets_at } = serviceEntitlement(catalogue, account, service, LEAST, now)
    return { allowed, remaining, reason, resets_at }
  }
  const reason = judgeFeature(accessOf(catalogue, account, now), featuresNow(catalogue, account)[feature])
  return { allowed: reason === 'allowed', remaining: null, reason, resets_at: null }
}

/** The least that can be used: with it the question is whether anything is left. */
export const LEAST: Quantity = 1n

/** As an answer tells it. */
export function shownAccess({ allowed, reason, since, until }: Access) {
  return { allowed, reason, since: isoTimeOrNull(since), until: isoTimeOrNull(until) }
}

/** The features of the live subscription's plan; without one there are none. */
export function featuresNow(catalogue: Catalogue, { subscriptions }: Account): Features {
  const subscription = currentSubscription(subscriptions)
  const plan = planBought(catalogue, subscription !== null && isLive(subscription) ? subscription : null)
  return plan ? featuresOf(plan) : NO_FEATURES
}

/** A subscription that ends by then has no next allowance. */
function resetOf(subscription: Subscription | null, end: Instant): string | null {
  const endsBefore = subscription?.cancelAt !== null && (subscription?.cancelAt ?? Infinity) <= end
  return endsBefore ? null : isoTime(end)
}
