import type { Catalogue } from '../domain/catalogue.ts'
import type { Rate } from '../domain/money.ts'
import { DEFAULT_GRACE_DAYS, type OveragePolicy, type Plan, type PlanPrice, type ServiceTerms } from '../domain/plan.ts'
import { perService, type Quantity, SERVICES, type ServiceType } from '../domain/quantity.ts'

const CURRENCY = 'usd'

/** In cents a unit: five for a minute of voice, one for a message. */
const RATES: Readonly<Record<ServiceType, Rate>> = {
  voice_call: '5',
  transcription: '2',
  sms: '1',
  custom_scenario: '500',
  api_call: '0',
}

const BASIC: Plan = {
  name: 'basic_monthly',
  displayName: 'Basic Monthly',
  description: '100 voice minutes, 500 SMS messages and 3 custom scenarios a month.',
  trial: null,
  prices: [monthly('basic_monthly', 900)],
  services: allowances({ voice_call: 100n, sms: 500n, custom_scenario: 3n }),
  transcriptStorageDays: 30,
  advancedAnalytics: false,
  prioritySupport: false,
  whiteLabel: false,
  graceDays: DEFAULT_GRACE_DAYS,
  spendingLimit: null,
}

const PRO: Plan = {
  name: 'pro_monthly',
  displayName: 'Pro Monthly',
  description: '500 voice minutes, 2,000 SMS messages and 10 custom scenarios a month, with advanced analytics.',
  trial: null,
  prices: [monthly('pro_monthly', 3_900)],
  services: allowances({ voice_call: 500n, sms: 2_000n, custom_scenario: 10n }),
  transcriptStorageDays: 90,
  advancedAnalytics: true,
  prioritySupport: false,
  whiteLabel: false,
  graceDays: DEFAULT_GRACE_DAYS,
  spendingLimit: null,
}

const ENTERPRISE: Plan = {
  name: 'enterprise_monthly',
  displayName: 'Enterprise Monthly',
  description: 'Everything without limit, with advanced analytics, priority support and white label.',
  trial: null,
  prices: [monthly('enterprise_monthly', 29_900)],
  services: allowances({ voice_call: null, sms: null, custom_scenario: null }),
  transcriptStorageDays: 365,
  advancedAnalytics: true,
  prioritySupport: true,
  whiteLabel: true,
  graceDays: DEFAULT_GRACE_DAYS,
  spendingLimit: null,
}

const USAGE_BASED: Plan = {
  name: 'usage_based',
  displayName: 'Pay As You Go',
  description: 'No monthly price: every minute, message and scenario is charged as it is used.',
  trial: null,
  prices: [monthly('usage_based', 0)],
  services: perService((service) => terms(service, 'bill', 0n)),
  transcriptStorageDays: 30,
  advancedAnalytics: false,
  prioritySupport: false,
  whiteLabel: false,
  graceDays: DEFAULT_GRACE_DAYS,
  spendingLimit: null,
}

/** What is sold unless a plans file says otherwise. */
export const BUILT_IN_PLANS: Catalogue = {
  currency: CURRENCY,
  rates: RATES,
  plans: [BASIC, PRO, ENTERPRISE, USAGE_BASED],
  disputesSuspend: true,
  refundsTakeBack: true,
  packs: [],
}

type Limited = 'voice_call' | 'sms' | 'custom_scenario'

/** A flat plan: three services stop at their allowance (null: they never do), the other two come without limit. */
function allowances(units: Readonly<Record<Limited, bigint | null>>): Plan['services'] {
  const limited = (service: Limited): ServiceTerms => {
    const included = units[service]
    return terms(service, 'block', included === null ? null : included * SERVICES[service].unitQuanta)
  }
  return {
    voice_call: limited('voice_call'),
    transcription: terms('transcription', 'allow', null),
    sms: limited('sms'),
    custom_scenario: limited('custom_scenario'),
    api_call: terms('api_call', 'allow', null),
  }
}

function terms(service: ServiceType, policy: OveragePolicy, included: Quantity | null): ServiceTerms {
  return { policy, included, rate: RATES[service], increment: null, minimum: null }
}

function monthly(lookupKey: string, amount: number): PlanPrice {
  return { amount, currency: CURRENCY, interval: 'month', lookupKey, pinnedPriceId: null }
}
