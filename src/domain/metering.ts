import type { Instant } from './period.ts'
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './period.ts'
import { type Quantity, SERVICES, type ServiceType } from './quantity.ts'
import { isLive, type Subscription } from './subscription.ts'
import type { UsageRecord } from './usage.ts'

/**
 * What Stripe's meter is told: the billable usage of one user and service that occurred within a short window. It grows
 * while it is open and is fixed when it is sealed, before it is sent for the first time. Its id is Stripe's identifier.
 */
export interface MeterReport {
  readonly id: string
  readonly service: ServiceType
  readonly subscriptionId: string
  readonly allowanceStart: Instant
  readonly windowStart: Instant
  readonly quantity: Quantity
  /** When the latest of it occurred; the time that Stripe is told. */
  readonly occurredAt: Instant
  readonly openedAt: Instant
}

/** A report that is fixed: what is sent, in millionths of the service's unit, and how its sending stands. */
export interface SealedReport extends MeterReport {
  readonly value: bigint
  /** When it was first sent; null before that. Its outcome is unknown as long as it is not settled. */
  readonly firstSentAt: Instant | null
  readonly tries: number
}

/** What a recorded use adds to the report of its window. Nothing when nothing of it is billed. */
export function reportOf(record: UsageRecord, reportId: string): MeterReport | null {
  const { service, subscriptionId, allowanceStart, billable, occurredAt, recordedAt } = record
  if (billable === 0n || subscriptionId === null || allowanceStart === null) return null
  const windowStart = occurredAt - (occurredAt % WINDOW_MS)
  return {
    id: reportId,
    service,
    subscriptionId,
    allowanceStart,
    windowStart,
    quantity: billable,
    occurredAt,
    openedAt: recordedAt,
  }
}

/** Reports collect what occurred within the same minute, and are sealed a minute after they were opened. */
const WINDOW_MS = MINUTE_MS
export const OPEN_FOR_MS = MINUTE_MS

/** Stripe remembers identifiers for a day at least; an hour before that a report of unknown outcome is not sent again. */
const IDENTIFIER_TRUST_MS = 23 * HOUR_MS

/** Whether it may have been taken so long ago that sending it again could count it twice. */
export function mustCompare({ firstSentAt }: SealedReport, now: Instant): boolean {
  return firstSentAt !== null && now - firstSentAt >= IDENTIFIER_TRUST_MS
}

/** A report that was sent: settled as sent, or of unknown outcome. */
export interface SentReport {
  readonly report: SealedReport
  readonly settled: boolean
  readonly settledAt: Instant | null
  /** The time under which Stripe was told of it when it was tried last. */
  readonly billedAt: Instant | null
}

/** So far Stripe's sums lag behind what was taken. */
export const SUMS_LAG_MS = HOUR_MS

/** Whether Stripe's sums have it, if it was taken at all: none of its tries is later than they lag. */
export function isInSums({ report: { firstSentAt }, settled, settledAt }: SentReport, now: Instant): boolean {
  const lastTry = settled ? settledAt : firstSentAt && firstSentAt + IDENTIFIER_TRUST_MS
  return (lastTry ?? 0) <= now - SUMS_LAG_MS
}

/** Whether every try of it was under the same time: one that is billed in the present has another one with each. */
export function hasOneTime({ report: { tries, occurredAt }, billedAt }: SentReport): boolean {
  return tries <= 1 || billedAt === occurredAt
}

const LONGEST_WAIT_MS = 10 * MINUTE_MS

/** When a report whose outcome stays unknown is tried again: after 1, 2, 4, … seconds, at most ten minutes. */
export function nextSending(tries: number, now: Instant): Instant {
  return now + Math.min(SECOND_MS * 2 ** Math.min(tries, 20), LONGEST_WAIT_MS)
}

/** The finest that the meter keeps: a millionth of a minute, message or scenario. */
const METER_UNITS = 1_000_000n

/**
 * Seals a report. What is finer than the meter keeps is carried to the user's next report of the service, so that Stripe's
 * sum is never more than ours and never a whole meter unit less.
 */
export function sealed(
  report: MeterReport,
  carry: Quantity,
): { readonly report: SealedReport; readonly carry: Quantity } {
  const quantaPerMeterUnit = SERVICES[report.service].unitQuanta / METER_UNITS
  const total = report.quantity + carry
  const rest = ((total % quantaPerMeterUnit) + quantaPerMeterUnit) % quantaPerMeterUnit
  const value = (total - rest) / quantaPerMeterUnit
  return { report: { ...report, value, firstSentAt: null, tries: 0 }, carry: rest }
}

/** What a report is about, in quanta: what the meter is told once that is fixed. */
export function meterQuantity(report: MeterReport | SealedReport): Quantity {
  if (!('value' in report)) return report.quantity
  return report.value * (SERVICES[report.service].unitQuanta / METER_UNITS)
}

/** A meter value in the service's unit as the decimal string that Stripe takes. */
export function meterValue(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(7, '0')
  const decimals = digits.slice(-6).replace(/0+$/, '')
  return `${value < 0n ? '-' : ''}${digits.slice(0, -6)}${decimals === '' ? '' : `.${decimals}`}`
}

/** Null where the plan that billed by use was left: then no invoice would take it in. */
function openPeriodStart({ metered, currentPeriodStart }: Subscription): Instant | null {
  return metered === null ? currentPeriodStart : metered.periodStart
}

/** Stripe takes events up to 35 days back; a day before that the time of the usage is given up. */
const OLDEST_OWN_TIME_MS = 34 * DAY_MS

/**
 * The time under which a report is billed: its own while the period in which it occurred is open at Stripe, else now, so
 * that the next invoice has it. Null when no subscription is left that could bill it.
 */
export function billedAt(report: MeterReport, subscriptions: readonly Subscription[], now: Instant): Instant | null {
  const subscription = subscriptions.find((candidate) => candidate.id === report.subscriptionId)
  const living = subscription && isLive(subscription) ? subscription : subscriptions.find(isLive)
  const openSince = living && openPeriodStart(living)
  if (living === undefined || openSince === undefined || openSince === null) return null
  const isOpen = living.id === report.subscriptionId && report.occurredAt >= openSince
  return isOpen && now - report.occurredAt < OLDEST_OWN_TIME_MS ? report.occurredAt : now
}
