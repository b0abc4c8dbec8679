import type { CurrencyRates, Rate } from './money.ts'
import { amountOf, type Quantity, SERVICES, type ServiceType } from './quantity.ts'
import type { TrialTerms } from './trial.ts'

/**
 * What happens when the included allowance is used up. `block`: no more is allowed, and what was used all the same is
 * shown but not charged. `bill`: every further unit is charged at the rate. `allow`: it goes on, uncharged.
 */
export type OveragePolicy = 'block' | 'bill' | 'allow'

export interface ServiceTerms {
  readonly policy: OveragePolicy
  /** What the plan's price includes per allowance period; null is without limit. */
  readonly included: Quantity | null
  /** List price of one unit in minor units of the catalogue's currency. Only the policy `bill` charges it. */
  readonly rate: Rate
  /** The same for subscriptions that are paid in another currency. */
  readonly currencyOptions?: CurrencyRates
  /** Every use is counted in whole increments, begun ones as full; null counts to the quantum. */
  readonly increment: Quantity | null
  /** The least that one use counts as; null is no minimum. */
  readonly minimum: Quantity | null
}

export type BillingInterval = 'month' | 'year'

export interface PlanPrice {
  /** In minor units per interval. */
  readonly amount: number
  readonly currency: string
  readonly interval: BillingInterval
  /** The lookup key under which Stripe knows the price. */
  readonly lookupKey: string
  /** A Stripe price id that the catalogue pins; null means that it is found by its lookup key. */
  readonly pinnedPriceId: string | null
}

export interface Plan {
  readonly name: string
  readonly displayName: string
  readonly description: string
  /** Null when it is paid from the first day. */
  readonly trial: TrialTerms | null
  /** Never empty; the first is the plan's default price. */
  readonly prices: readonly [PlanPrice, ...PlanPrice[]]
  readonly services: Readonly<Record<ServiceType, ServiceTerms>>
  readonly transcriptStorageDays: number
  readonly advancedAnalytics: boolean
  readonly prioritySupport: boolean
  readonly whiteLabel: boolean
  /** For how many days an unpaid invoice leaves access as it is, from its first failed payment; 0 for none. */
  readonly graceDays: number
  /** The most that use may cost in an allowance period, in minor units; null is no limit. */
  readonly spendingLimit: number | null
}

/** As long as most of Stripe's retries take. */
export const DEFAULT_GRACE_DAYS = 7

/** The features of a plan under the names of the guide; null is without limit. */
export interface Features {
  readonly voice_minutes: number | null
  readonly sms_messages: number | null
  readonly custom_scenarios: number | null
  readonly transcript_storage_days: number
  readonly advanced_analytics: boolean
  readonly priority_support: boolean
  readonly white_label: boolean
}

export const NO_FEATURES: Features = {
  voice_minutes: 0,
  sms_messages: 0,
  custom_scenarios: 0,
  transcript_storage_days: 0,
  advanced_analytics: false,
  priority_support: false,
  white_label: false,
}

export function featuresOf(plan: Plan): Features {
  return {
    voice_minutes: limitOf(plan, 'voice_call'),
    sms_messages: limitOf(plan, 'sms'),
    custom_scenarios: limitOf(plan, 'custom_scenario'),
    transcript_storage_days: plan.transcriptStorageDays,
    advanced_analytics: plan.advancedAnalytics,
    priority_support: plan.prioritySupport,
    white_label: plan.whiteLabel,
  }
}

/** Whether the very first use of something is charged, so that there must be a card before there is access. */
export function chargesFirstUse(plan: Plan): boolean {
  return Object.values(plan.services).some(({ policy, included }) => policy === 'bill' && included === 0n)
}

/** Billed from the first unit, there is no limit to show; otherwise the included amount is it. */
function limitOf(plan: Plan, service: ServiceType): number | null {
  const { policy, included } = plan.services[service]
  if (included === null || (policy === 'bill' && included === 0n)) return null
  return amountOf(included, SERVICES[service].unitQuanta)
}
