import { accessOf } from '../domain/access.ts'
import type { UserId } from '../domain/account.ts'
import {
  COUNTED_FEATURES,
  featureEntitlement,
  featuresNow,
  LEAST,
  serviceEntitlement,
  shownAccess,
} from '../domain/entitlements.ts'
import { invalidField } from '../domain/errors.ts'
import { type Instant, monthsAround } from '../domain/period.ts'
import type { Features } from '../domain/plan.ts'
import {
  GREATEST_AMOUNT,
  LEAST_AMOUNT,
  perService,
  quantityOf,
  SERVICE_TYPES,
  SERVICES,
  type ServiceType,
} from '../domain/quantity.ts'
import { limitsSpending, shownSpending } from '../domain/spending.ts'
import { currentSubscription, isLive } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'

type Asking = Pick<Ports, 'ledger' | 'clock' | 'catalogue'>

/** What a user is entitled to: access, features, and how each service stands, out of one snapshot. */
export async function entitlements(ports: Asking, user: UserId) {
  const now = ports.clock.now()
  const account = await ports.ledger.account(user, { totals: { services: SERVICE_TYPES, months: monthsAround(now) } })
  const subscription = currentSubscription(account.subscriptions)
  return {
    plan_name: subscription !== null && isLive(subscription) ? subscription.planName : null,
    access: shownAccess(accessOf(ports.catalogue, account, now)),
    features: featuresNow(ports.catalogue, account),
    spending: shownSpending(ports.catalogue, account, now),
    services: perService((service) => serviceEntitlement(ports.catalogue, account, service, LEAST, now)),
  }
}

export interface ServiceQuestion {
  readonly user: UserId
  readonly service: ServiceType
  /** In the service's unit; null asks whether anything is left. */
  readonly amount: number | null
}

/** Whether so much of a service may be used now. It reserves nothing: `enforce` decides and records in one step. */
export async function checkService(ports: Asking, { user, service, amount }: ServiceQuestion) {
  const quantity = amount === null ? LEAST : askedQuantity(service, amount)
  const now = ports.clock.now()
  const account = await ports.ledger.account(user, { totals: totalsNeeded(ports, service, now) })
  const { allowed, remaining, reason, resets_at } = serviceEntitlement(ports.catalogue, account, service, quantity, now)
  return { allowed, remaining, reason, resets_at }
}

/** Whether a feature is part of the plan, and something is left of it where it is counted. */
export async function checkFeature(ports: Asking, user: UserId, feature: keyof Features) {
  const now = ports.clock.now()
  const service = COUNTED_FEATURES[feature]
  const needs = service === undefined ? {} : { totals: totalsNeeded(ports, service, now) }
  return featureEntitlement(ports.catalogue, await ports.ledger.account(user, needs), feature, now)
}

/** Where plans limit what all services cost together, those of all of them. */
function totalsNeeded({ catalogue }: Pick<Ports, 'catalogue'>, service: ServiceType, now: Instant) {
  return { services: [service], months: monthsAround(now), ofAll: limitsSpending(catalogue) }
}

function askedQuantity(service: ServiceType, amount: number) {
  if (amount < LEAST_AMOUNT || amount > GREATEST_AMOUNT)
    throw invalidField('/amount', 'must lie between 0.000001 and 1,000,000')
  return quantityOf(amount, SERVICES[service].unitQuanta)
}
