import type { Account, AuditEntry, Change, Decision } from './account.ts'
import type { Catalogue } from './catalogue.ts'
import { recordCurrency } from './currency.ts'
import { BillingError, invalidField } from './errors.ts'
import { returnTo } from './grant.ts'
import { termsHeldAt } from './held-terms.ts'
import { type Answered, type IdempotencyKey, replay, storedResult } from './idempotency.ts'
import { exactCost, minorUnits } from './money.ts'
import { calendarMonth, type Instant } from './period.ts'
import type { ServiceTerms } from './plan.ts'
import { planBought } from './plan-version.ts'
import { amountOf, type Quantity, SERVICES, type ServiceType, type UsageUnit } from './quantity.ts'
import { reportChanges } from './recording.ts'
import type { RecordingIds } from './reported-usage.ts'
import { costOf, ratedQuantity, type UsageRecord, type UsageTotal } from './usage.ts'

/** What of a record was too much. */
export interface ReportedCorrection {
  /** Greater than nothing; in quanta. */
  readonly quantity: Quantity
  readonly unit: UsageUnit
}

export interface CorrectUsageAnswer {
  readonly usage_record_id: string
  /** The record that is corrected. */
  readonly corrects: string
  readonly service_type: ServiceType
  /** Negative, as all that follows. */
  readonly usage_amount: number
  readonly usage_unit: UsageUnit
  readonly cost: number
  readonly currency: string
  readonly billing_period: string
  readonly overage: number
  /** Minor units that are charged no more. */
  readonly billable_cost: number
}

/**
 * Takes back a part of a recorded use, or all of it. The correction is a record of its own, in the same period and month
 * and at the same rate, so that every total is what it would be had only the rest been used: what was over the allowance
 * shrinks first, then what grants covered, which they get back. What Stripe was told too much is a negative report.
 */
export function correctUsage(
  catalogue: Catalogue,
  account: Account,
  reported: ReportedCorrection,
  key: IdempotencyKey | null,
  ids: RecordingIds,
  audit: AuditEntry,
  now: Instant,
): Decision<Answered<CorrectUsageAnswer>> {
  const replayed = replay<CorrectUsageAnswer>(account.answer, key)
  if (replayed) return { changes: [], result: replayed }
  const record = correctable(account)
  const correction = correctionOf(catalogue, account, record, reported, ids.record, now)
  const result = answerOf(correction, record.id, recordCurrency(catalogue, account.subscriptions, record))
  const changes: readonly Change[] = [
    { type: 'usage-recorded', record: correction },
    ...returnTo(account.allGrants, -correction.granted).map((draw): Change => ({ type: 'grant-returned', draw })),
    ...reportChanges(correction, ids.report),
    { type: 'audited', entry: audit },
    ...(key ? [{ type: 'answer-stored', answer: storedResult(key, 201, result, now) } as const] : []),
  ]
  return { changes, result: { status: 201, result, replayed: false } }
}

function correctable({ record }: Account): UsageRecord {
  if (record === null) throw new BillingError('not_found', 'This user has no usage record of this id.')
  if (record.corrects !== null)
    throw invalidField('/usage_record_id', 'is itself a correction; name the record that it corrects')
  return record
}

function correctionOf(
  catalogue: Catalogue,
  account: Account,
  record: UsageRecord,
  { quantity, unit }: ReportedCorrection,
  id: string,
  now: Instant,
): UsageRecord {
  const left = leftOf(record, account.corrections)
  if (quantity > left.quantity)
    throw invalidField('/usage_amount', `must be at most what is left of the record: ${shownIn(record, left.quantity)}`)
  const rated = left.rated - ratedRest(termsOf(catalogue, account, record), left.quantity - quantity, left.rated)
  const total = totalsLike(record, account.totals)
  const overage = atMost(rated, total.overage)
  return {
    ...record,
    id,
    corrects: record.id,
    identity: null,
    unit,
    recordedAt: now,
    quantity: -quantity,
    rated: -rated,
    overage: -overage,
    granted: -atMost(rated - overage, total.granted),
    billable: -atMost(overage, total.billable),
  }
}

/** What a record still counts as after its corrections. */
function leftOf(record: UsageRecord, corrections: readonly UsageRecord[]) {
  const all = [record, ...corrections]
  return { quantity: sum(all.map((each) => each.quantity)), rated: sum(all.map((each) => each.rated)) }
}

/** The terms under which something was used. */
function termsOf(catalogue: Catalogue, { subscriptions }: Account, record: UsageRecord): ServiceTerms | null {
  const subscription = subscriptions.find(({ id }) => id === record.subscriptionId)
  const held = subscription && termsHeldAt(subscription, record.occurredAt)
  const bought = held?.planName === record.planName ? held : { planName: record.planName }
  return planBought(catalogue, bought)?.services[record.service] ?? null
}

/** What the rest of a use counts as by the plan's increment and minimum. Of nothing there is no minimum. */
function ratedRest(terms: ServiceTerms | null, rest: Quantity, most: Quantity): Quantity {
  if (rest === 0n) return 0n
  return atMost(terms ? ratedQuantity(terms, rest) : rest, most)
}

/** The sums of the same service, allowance period and rate, whatever month they lie in. */
function totalsLike({ service, allowanceStart, rate }: UsageRecord, totals: readonly UsageTotal[]) {
  const same = totals.filter(
    (total) => total.service === service && total.allowanceStart === allowanceStart && total.rate === rate,
  )
  return {
    overage: sum(same.map((total) => total.overage)),
    granted: sum(same.map((total) => total.granted)),
    billable: sum(same.map((total) => total.billable)),
  }
}

function answerOf(correction: UsageRecord, corrects: string, currency: string): CorrectUsageAnswer {
  const { service, rate, billable } = correction
  const { quanta, unitQuanta } = SERVICES[service]
  return {
    usage_record_id: correction.id,
    corrects,
    service_type: service,
    usage_amount: amountOf(correction.quantity, quanta[correction.unit] ?? unitQuanta),
    usage_unit: correction.unit,
    cost: costOf(correction),
    currency,
    billing_period: calendarMonth(correction.occurredAt),
    overage: amountOf(correction.overage, unitQuanta),
    billable_cost: minorUnits(exactCost(service, billable, rate)),
  }
}

function shownIn({ service, unit }: UsageRecord, quantity: Quantity): string {
  const { quanta, unitQuanta } = SERVICES[service]
  return `${amountOf(quantity, quanta[unit] ?? unitQuanta)} ${unit}`
}

function sum(quantities: readonly Quantity[]): Quantity {
  return quantities.reduce((total, quantity) => total + quantity, 0n)
}

/** Never less than nothing. */
function atMost(quantity: Quantity, most: Quantity): Quantity {
  const wanted = quantity < most ? quantity : most
  return wanted > 0n ? wanted : 0n
}
