import type { Account, Change, Decision } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { allowanceCrossings, spendingCrossings } from './crossing.ts'
import { recordCurrency } from './currency.ts'
import { mustFit } from './enforcing.ts'
import type { ServiceStanding } from './entitlement.ts'
import { BillingError } from './errors.ts'
import { drawOn, type Grant, grantsLeft, usableGrants } from './grant.ts'
import { type Answered, type IdempotencyKey, replay, storedResult } from './idempotency.ts'
import { reportOf } from './metering.ts'
import { calendarMonth, type Instant } from './period.ts'
import { amountOf, type Quantity, SERVICES, type ServiceType, type UsageUnit } from './quantity.ts'
import { mustBeBillable, type RecordingIds, type ReportedUsage } from './reported-usage.ts'
import { spendingIn } from './spending.ts'
import { costOf, drawnOf, overageOf, ratedQuantity, remainingOf, termsAt, type UsageRecord, usedIn } from './usage.ts'

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
  if (usage.enforce) mustFit(catalogue, account, context, rated, now)
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

/** The same use again is fine; the same identity with something else is a contradiction that only the caller can solve. */
function repeated(known: UsageRecord, usage: ReportedUsage): UsageRecord {
  if (known.service === usage.service && known.quantity === usage.quantity) return known
  const same = usage.identity?.kind === 'event' ? 'This event_id' : `This ${usage.service} (resource_id)`
  throw new BillingError(
    'usage_conflict',
    `${same} was recorded before with another ${known.service === usage.service ? 'amount' : 'service'}. If this is further usage, send an event_id of its own; if it is the same, send it as it was.`,
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
