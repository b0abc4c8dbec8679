import type { UserId } from '../domain/account.ts'
import { isInSums, SUMS_LAG_MS } from '../domain/metering.ts'
import { DAY_MS, type Instant } from '../domain/period.ts'
import type { ServiceType } from '../domain/quantity.ts'
import type { Ports } from '../ports.ts'

/** A meter that does not hold what was reported to it; in millionths of the service's unit. */
interface MeterDifference {
  readonly user: UserId
  readonly service: ServiceType
  readonly reported: bigint
  readonly counted: bigint
}

/**
 * Compares the last whole day (UTC) that has settled with what Stripe's meters counted of it, for every customer of whom
 * something was billed then. Returns the day's end and what differs.
 */
export async function compareMeters(ports: Pick<Ports, 'outbox' | 'meters'>, now: Instant) {
  const to = now - SUMS_LAG_MS - ((now - SUMS_LAG_MS) % DAY_MS)
  const from = to - DAY_MS
  const differences: MeterDifference[] = []
  for (const { user, customerId, service } of await ports.outbox.billedWithin(from, to)) {
    if (customerId === null) continue
    const reports = await ports.outbox.sentOrUnknown(user, service, from, to)
    // What is not settled yet may be counted or not, and what was settled lately too.
    if (reports.some((report) => !report.settled || !isInSums(report, now))) continue
    const reported = reports.reduce((sum, { report }) => sum + report.value, 0n)
    const counted = await ports.meters.total(customerId, service, from, to)
    if (counted !== reported) differences.push({ user, service, reported, counted })
  }
  return { to, differences }
}
