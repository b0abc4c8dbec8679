import { accessOf } from './access.ts'
import type { Account, Change, Decision, UserId } from './account.ts'
import { type AppMessage, allowanceMessage, spendingMessage } from './app-message.ts'
import type { Catalogue } from './catalogue.ts'
import { recordCurrency } from './currency.ts'
import { judgeUse, type ServiceStanding } from './entitlement.ts'
import { BillingError, invalidField } from './errors.ts'
import { drawOn, type Grant, grantsLeft, usableGrants } from './grant.ts'
import { type Answered, type IdempotencyKey, replay, storedResult } from './idempotency.ts'
import { reportOf } from './metering.ts'
import { exactCost, minorUnits } from './money.ts'
import { calendarMonth, DAY_MS, type Instant, MINUTE_MS } from './period.ts'
import {
  amountOf,
  GREATEST_AMOUNT,
  LEAST_AMOUNT,
  type Quantity,
  quantityOf,
  SERVICES,
  type ServiceType,
  type UsageUnit,
} from './quantity.ts'
import { crossedThresholds, spendingIn } from './spending.ts'
import {
  costOf,
  drawnOf,
  overageOf,
  ratedQuantity,
  remainingOf,
  termsAt,
  type UsageIdentity,
  type UsageRecord,
  usedIn,
} from './usage.ts'

/** A use as it is reported, checked and made exact. */
export interface ReportedUsage {
  readonly service: ServiceType
  readonly quantity: Quantity
  readonly unit: UsageUnit
  readonly identity: UsageIdentity | null
  readonly resourceId: string | null
  readonly occurredAt: Instant
  /** Record it only if it fits wholly; otherwise what has happened is always recorded. */
  readonly enforce: boolean
}

export interface RecordUsageAnswer {
  readonly usage_record_id: string
  readonly service_type: ServiceType
  readonly usage_amount: number
  readonly usage_unit: UsageUnit
  /** Minor units at list price, whatever of it is charged. */
  readonly cost: number
  /** The subscription's; of a use without one the catalogue's. */
  readonly currency: string
  readonly billing_period: string
  readonly remaining: number | null
  /** The part of this use that lies over the allowance. */
  readonly overage: number
  readonly limit_reached: boolean
}

/** How far back and ahead a use may lie: Stripe's meters take 35 days and 5 minutes. */
const LONGEST_AGO_MS = 35 * DAY_MS
const FARTHEST_AHEAD_MS = 5 * MINUTE_MS

/** The exact quantity of a reported amount; refuses a unit that the service does not have and an amount out of bounds. */
export function reportedQuantity(service: ServiceType, amount: number, unit: UsageUnit): Quantity {
  const quanta = SERVICES[service].quanta[unit]
  if (quanta === undefined)
    throw invalidField('/usage_unit', `${service} is counted in ${Object.keys(SERVICES[service].quanta).join(' or ')}`)
  if (amount < LEAST_AMOUNT || amount > GREATEST_AMOUNT)
    throw invalidField('/usage_amount', 'must lie between 0.000001 and 1,000,000')
  return quantityOf(amount, quanta)
}

/** Refuses a time that lies too far from `now`. Half a millisecond does not matter: both are whole milliseconds. */
function mustBeBillable(occurredAt: Instant, now: Instant): void {
  if (occurredAt < now - LONGEST_AGO_MS)
    throw invalidField('/occurred_at', 'lies more than 35 days back, which is as late as usage can still be billed')
  if (occurredAt > now + FARTHEST_AHEAD_MS)
    throw invalidField('/occurred_at', 'lies more than 5 minutes ahead; check the clock of the machine that reports it')
}

/** A time that may have been recorded: no use is older than computers count, and none lies farther ahead. */
export function nearestOccurrence(occurredAt: Instant, now: Instant): Instant {
  return Math.min(Math.max(occurredAt, 0), now + FARTHEST_AHEAD_MS)
}

/** What tells this report from another; null when every report is a use of its own. */
export function identityOf(
  service: ServiceType,
  resourceId: string | null,
  eventId: string | null,
  keyed: boolean,
): UsageIdentity | null {
  if (eventId !== null) return { kind: 'event', eventId }
  if (keyed || resourceId === null || !SERVICES[service].oncePerResource) return null
  return { kind: 'resource', service, resourceId }
}

/** New ids that a recording may need, made before it is decided. */
export interface RecordingIds {
  readonly record: string
  readonly report: string
}

/** All ids of one recording, from that of its record: whatever else it brings about carries the same stem. */
export function idsFrom(record: string): RecordingIds {
  const stem = record.slice(record.indexOf('_'))
  return { record, report: `report${stem}` }
}

/**
 * Records a use, or finds that it was recorded before, however long ago. The key's rule comes first, then the use's
 * identity, then its time and the limit; all of it is one step with the totals.
 */
export function recordUsage(
  catalogue: Catalogue,
  account: Account,
  usage: ReportedUsage,
  key: IdempotencyKey | null,
  ids: RecordingIds,
  now: Instant,
): Decision<Answered<RecordUsageAnswer>> {
  const replayed = replay<RecordUsageAnswer>(account.answer, key)
  if (replayed) return { changes: [], result: replayed }
  const context = contextOf(catalogue, account, usage)
  if (account.usage) {
    const known = repeated(account.usage, usage)
    const currency = recordCurrency(catalogue, account.subscriptions, known)
    return answered(200, known, { ...context, terms: { ...context.terms, currency } }, key, now, [])
  }
  mustBeBillable(usage.occurredAt, now)
  const rated = ratedQuantity(context.terms, usage.quantity)
  if (usage.enforce) mustFit(catalogue, account, context, usage.service, rated, now)
  const { record, draws } = recordOf(usage, context, rated, ids.record, now)
  const after = { ...context, used: context.used + drawnOf(record), granted: context.granted - record.granted }
  return answered(201, record, after, key, now, [
    { type: 'usage-recorded', record },
    ...draws.map((draw): Change => ({ type: 'grant-drawn', draw })),
    ...reportChanges(record, ids.report),
    ...allowanceCrossings(account.user, record, context, context.used + rated, now),
    ...spendingCrossings(record, context, now),
  ])
}

/** How things stand for a use before it is recorded. */
interface Context extends ServiceStanding {
  readonly grants: readonly Grant[]
}

function contextOf(catalogue: Catalogue, account: Account, usage: ReportedUsage): Context {
  const terms = termsAt(catalogue, account.subscriptions, usage.service, usage.occurredAt)
  // What may go on uncharged needs no grant.
  const grants = terms.policy === 'allow' ? [] : usableGrants(account.grants, usage.service, usage.occurredAt)
  const used = usedIn(account.totals, usage.service, terms.allowance)
  const spending = spendingIn(terms, account)
  return { service: usage.service, terms, used, grants, granted: grantsLeft(grants), spending }
}

function recordOf(usage: ReportedUsage, { terms, used, grants }: Context, rated: Quantity, id: string, now: Instant) {
  const { enforce: _, ...facts } = usage
  const over = overageOf(terms.included, used, rated)
  const draws = drawOn(grants, over)
  const granted = draws.reduce((sum, draw) => sum + draw.quantity, 0n)
  const overage = over - granted
  const record: UsageRecord = {
    ...facts,
    id,
    rated,
    corrects: null,
    recordedAt: now,
    subscriptionId: terms.subscription?.id ?? null,
    planName: terms.planName,
    allowanceStart: terms.allowance?.start ?? null,
    rate: terms.rate,
    granted,
    overage,
    billable: terms.policy === 'bill' ? overage : 0n,
  }
  return { record, draws }
}

/** What a use adds to the report to Stripe’s meter; nothing where none of it is billed. */
export function reportChanges(record: UsageRecord, reportId: string): readonly Change[] {
  const report = reportOf(record, reportId)
  return report ? [{ type: 'report-added', report }] : []
}

const THRESHOLDS = [80n, 100n] as const

/** The thresholds of the allowance that a use steps over. A plan without a limit has none. */
function allowanceCrossings(
  user: UserId,
  { service }: UsageRecord,
  { terms: { included, allowance }, used }: Context,
  after: Quantity,
  at: Instant,
): readonly Change[] {
  if (included === null || included === 0n || allowance === null) return []
  return THRESHOLDS.filter((percent) => used * 100n < included * percent && after * 100n >= included * percent).map(
    (percent) => {
      const crossed = { service, threshold: Number(percent), used: after, included, allowance }
      return queued(allowanceMessage(user, crossed, at))
    },
  )
}

function queued(message: AppMessage): Change {
  return { type: 'message-queued', message }
}

/** The thresholds of the spending limit that a use steps over. */
function spendingCrossings(
  { service, billable, rate }: UsageRecord,
  { spending, terms: { subscription, allowance, currency } }: Context,
  at: Instant,
): readonly Change[] {
  if (spending === null || billable === 0n || subscription === null || allowance === null) return []
  const cost = exactCost(service, billable, rate)
  const money = { spent: minorUnits(spending.spent + cost), limit: spending.limit, currency }
  return crossedThresholds(spending, cost).map((threshold) =>
    queued(spendingMessage(subscription.id, { threshold, ...money, allowance }, at)),
  )
}

/** The same use again is fine; the same identity with something else is a contradiction that only the caller can solve. */
function repeated(known: UsageRecord, usage: ReportedUsage): UsageRecord {
  if (known.service === usage.service && known.quantity === usage.quantity) return known
  const same = usage.identity?.kind === 'event' ? 'This event_id' : `This ${usage.service} (resource_id)`
  throw new BillingError(
    'usage_conflict',
    `${same} was recorded before with another ${known.service === usage.service ? 'amount' : 'service'}. If this is further usage, send an event_id of its own; if it is the same, send the same amount.`,
  )
}

/** Why there is no subscription at all; any other reason is one that is there and gives no access. */
const NOTHING_TO_USE: ReadonlySet<string> = new Set(['no_subscription', 'canceled', 'incomplete', 'incomplete_expired'])

function mustFit(
  catalogue: Catalogue,
  account: Account,
  context: Context,
  service: ServiceType,
  rated: Quantity,
  now: Instant,
): void {
  const access = accessOf(catalogue, account, now)
  const reason = judgeUse(access, context, rated)
  if (reason === 'allowed') return
  if (reason === 'payment_method_required')
    throw new BillingError(
      'payment_method_required',
      'The plan charges by use and there is no card to charge. Add one first; nothing was recorded.',
    )
  if (reason !== 'limit_reached' && reason !== 'not_in_plan' && reason !== 'spending_limit_reached')
    throw new BillingError(
      NOTHING_TO_USE.has(reason) ? 'no_subscription' : 'no_access',
      `There is no subscription that would allow this use at present (${reason}). Nothing was recorded.`,
    )
  if (reason === 'spending_limit_reached')
    throw new BillingError(
      'limit_reached',
      'The spending limit of this period would be exceeded. Nothing was recorded. Raise the limit, or wait for the next period.',
    )
  const { terms, used, granted } = context
  const { unit, unitQuanta } = SERVICES[service]
  const left = amountOf((remainingOf(terms.included, used) ?? 0n) + granted, unitQuanta)
  throw new BillingError(
    'limit_reached',
    `Only ${left} ${unit} of ${service} are left in this period. Nothing was recorded. Use less, or move to a larger plan.`,
  )
}

function answered(
  status: 200 | 201,
  record: UsageRecord,
  { terms, used, granted }: Context,
  key: IdempotencyKey | null,
  now: Instant,
  recorded: readonly Change[],
): Decision<Answered<RecordUsageAnswer>> {
  const { quanta, unitQuanta } = SERVICES[record.service]
  const left = remainingOf(terms.included, used)
  const remaining = left === null ? null : left + granted
  const result: RecordUsageAnswer = {
    usage_record_id: record.id,
    service_type: record.service,
    usage_amount: amountOf(record.quantity, quanta[record.unit] ?? unitQuanta),
    usage_unit: record.unit,
    cost: costOf(record),
    currency: terms.currency,
    billing_period: calendarMonth(record.occurredAt),
    remaining: remaining === null ? null : amountOf(remaining, unitQuanta),
    overage: amountOf(record.overage, unitQuanta),
    limit_reached: terms.policy === 'block' && remaining === 0n,
  }
  const kept: readonly Change[] = key ? [{ type: 'answer-stored', answer: storedResult(key, status, result, now) }] : []
  return { changes: [...recorded, ...kept], result: { status, result, replayed: false } }
}
