import { type Access, accessOf } from './access.ts'
import type { Account, Change, UserId } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { type Instant, isoTime, isoTimeOrNull, type Period } from './period.ts'
import { amountOf, type Quantity, SERVICES, type ServiceType } from './quantity.ts'
import { isOwing, type ObservedSubscription, type Subscription } from './subscription.ts'

type AppMessageType =
  | 'subscription.payment_failed'
  | 'subscription.payment_recovered'
  | 'subscription.access_ended'
  | 'usage.threshold_reached'
  | 'usage.spending_threshold_reached'
  | 'subscription.trial_will_end'

/** What the app is told by its webhook. It is queued in the same step as what brought it about, once for each id. */
export interface AppMessage {
  readonly id: string
  readonly type: AppMessageType
  /** Beside `user_id`, which every message has. */
  readonly data: Readonly<Record<string, unknown>>
  /** When it happened, or will: it is told then and not before. */
  readonly at: Instant
}

/** The body that is posted. */
export function bodyOf(user: UserId, { type, data, at }: AppMessage) {
  return { type, timestamp: isoTime(at), data: { user_id: user, ...data } }
}

interface CrossedAllowance {
  readonly service: ServiceType
  /** Percent of what is included: 80 or 100. */
  readonly threshold: number
  readonly used: Quantity
  readonly included: Quantity
  readonly allowance: Period
}

/** Told once for each user, service, allowance period and threshold. */
export function allowanceMessage(user: UserId, crossed: CrossedAllowance, at: Instant): AppMessage {
  const { service, threshold, used, included, allowance } = crossed
  const { unit, unitQuanta } = SERVICES[service]
  const data = {
    service_type: service,
    threshold,
    used: amountOf(used, unitQuanta),
    included: amountOf(included, unitQuanta),
    unit,
    period_start: isoTime(allowance.start),
    period_end: isoTime(allowance.end),
  }
  const id = `allowance_${service}_${threshold}_${allowance.start}_${user}`
  return { id, type: 'usage.threshold_reached', data, at }
}

interface CrossedSpending {
  /** Percent of the limit: 80 or 100. */
  readonly threshold: number
  readonly spent: number
  readonly limit: number
  readonly currency: string
  readonly allowance: Period
}

/** Told once for each allowance period, threshold and limit: a limit that is raised may be stepped over again. */
export function spendingMessage(
  subscriptionId: string,
  { threshold, spent, limit, currency, allowance: { start, end } }: CrossedSpending,
  at: Instant,
): AppMessage {
  const id = `spending_${subscriptionId}_${start}_${limit}_${threshold}`
  const period = { period_start: isoTime(start), period_end: isoTime(end) }
  const data = { subscription_id: subscriptionId, threshold, spent, limit, currency, ...period }
  return { id, type: 'usage.spending_threshold_reached', data, at }
}

/** What the app is told of a subscription that stands otherwise than before: payments that fail, and that they recover. */
export function messagesAbout(
  catalogue: Catalogue,
  account: Account,
  known: Subscription | undefined,
  seen: Subscription,
  at: Instant,
): readonly Change[] {
  const access = accessOf(catalogue, { subscriptions: [seen], disputes: account.disputes }, at)
  const about = (type: AppMessageType, time: Instant): Change => ({
    type: 'message-queued',
    message: {
      id: `${type.replace('.', '_')}_${seen.id}_${seen.statusSince}`,
      type,
      data: shown(seen, access),
      at: time,
    },
  })
  if (isOwing(seen) && !(known && isOwing(known))) {
    const end = access.reason === 'grace_period_ended' ? at : access.until
    const ending = end === null ? [] : [about('subscription.access_ended', end)]
    return [about('subscription.payment_failed', at), ...ending]
  }
  const recovered = known !== undefined && isOwing(known) && seen.status === 'active'
  return recovered ? [about('subscription.payment_recovered', at)] : []
}

/** A trial ends within three days: once for each end, so again when it was made longer. */
export function trialWillEnd(planName: string | null, seen: ObservedSubscription, at: Instant): readonly Change[] {
  const { id, status, trialEnd, hasPaymentMethod } = seen
  // It was cancelled, or paid early, before we came to look.
  if (status !== 'trialing' || trialEnd === null) return []
  const data = {
    subscription_id: id,
    plan_name: planName,
    trial_end: isoTime(trialEnd),
    has_payment_method: hasPaymentMethod,
  }
  const type = 'subscription.trial_will_end'
  return [{ type: 'message-queued', message: { id: `${type.replace('.', '_')}_${id}_${trialEnd}`, type, data, at } }]
}

function shown({ id, planName, status, pastDueSince }: Subscription, { allowed, until }: Access) {
  return {
    subscription_id: id,
    plan_name: planName,
    status,
    past_due_since: isoTimeOrNull(pastDueSince),
    access_allowed: allowed,
    access_until: isoTimeOrNull(until),
  }
}

/** What was foreseen may not have come: who paid in time has not lost access. Null when it is no longer so. */
export function messageNow(
  catalogue: Catalogue,
  account: Account,
  message: AppMessage,
  now: Instant,
): AppMessage | null {
  if (message.type !== 'subscription.access_ended') return message
  const { allowed, reason } = accessOf(catalogue, account, now)
  if (allowed || reason !== 'grace_period_ended') return null
  return { ...message, data: { ...message.data, access_allowed: false } }
}
