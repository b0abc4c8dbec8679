import { invalidField } from './errors.ts'
import { DAY_MS, type Instant, MINUTE_MS } from './period.ts'
import {
  GREATEST_AMOUNT,
  LEAST_AMOUNT,
  type Quantity,
  quantityOf,
  SERVICES,
  type ServiceType,
  type UsageUnit,
} from './quantity.ts'
import type { UsageIdentity } from './usage.ts'

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
export function mustBeBillable(occurredAt: Instant, now: Instant): void {
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
