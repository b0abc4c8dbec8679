import type { Change, UserId } from '../domain/account.ts'
import { billedServices } from '../domain/catalogue.ts'
import type { Difference, JudgedDifference } from '../domain/drift.ts'
import { isInSums, type SealedReport, SUMS_LAG_MS } from '../domain/metering.ts'
import { exactCost, minorUnits } from '../domain/money.ts'
import { DAY_MS, type Instant, MINUTE_MS } from '../domain/period.ts'
import { planBought } from '../domain/plan-version.ts'
import { amountOf, SERVICES, type ServiceType } from '../domain/quantity.ts'
import { settledAs } from '../domain/reporting.ts'
import { isLive } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'
import type { Examining, Mender } from './examine-customer.ts'

/** As many whole days as Stripe takes events back. */
const WINDOW_DAYS = 34

type Comparing = Examining & Pick<Ports, 'outbox' | 'meters'>

interface Link {
  readonly user: UserId
  readonly customerId: string
}

/**
 * Compares what Stripe's meters have of a customer with what was reported, over the time for which it can still be mended.
 * With a mender what lacks is reported again, and what is too much is taken back, by a report that the next invoice has.
 */
export async function examineMeters(
  ports: Comparing,
  link: Link,
  mender: Mender,
): Promise<{ readonly meters: number; readonly differences: readonly JudgedDifference[] }> {
  const now = ports.clock.now()
  const to = now - SUMS_LAG_MS - ((now - SUMS_LAG_MS) % MINUTE_MS)
  const from = to - (to % DAY_MS) - WINDOW_DAYS * DAY_MS
  const services = await meteredServices(ports, link.user, from, to)
  const differences: JudgedDifference[] = []
  for (const service of services) {
    const whole = await comparison(ports, link, service, from, to)
    if (whole === null || whole.reported === whole.counted) continue
    const isMended = mender !== null && (await mend(ports, link, service, from, to))
    const difference = await described(ports, link, service, whole)
    differences.push({ ...difference, outcome: isMended ? 'mended' : 'left' })
  }
  return { meters: services.length, differences }
}

/** Those that the user's subscriptions bill by use, whether anything was used or not, and those that were reported. */
async function meteredServices(
  ports: Comparing,
  user: UserId,
  from: Instant,
  to: Instant,
): Promise<readonly ServiceType[]> {
  const plans = (await ports.mirror.subscriptions(user)).map((known) => planBought(ports.catalogue, known))
  const billed = new Set(plans.flatMap((plan) => (plan === null ? [] : billedServices(plan))))
  for (const service of new Set(ports.catalogue.plans.flatMap(billedServices)))
    if ((await ports.outbox.sentOrUnknown(user, service, from, to)).length > 0) billed.add(service)
  return [...billed]
}

interface Sums {
  readonly reported: bigint
  readonly counted: bigint
}

/** Null while it cannot be told: a report is not settled, or so lately that Stripe's sum may not have it yet. */
async function comparison(
  ports: Comparing,
  { user, customerId }: Link,
  service: ServiceType,
  from: Instant,
  to: Instant,
): Promise<Sums | null> {
  const reports = await ports.outbox.sentOrUnknown(user, service, from, to)
  const now = ports.clock.now()
  if (reports.some((report) => !report.settled || !isInSums(report, now))) return null
  const reported = reports.reduce((sum, { report }) => sum + report.value, 0n)
  return { reported, counted: await ports.meters.total(customerId, service, from, to) }
}

/**
 * Books for each day what the meter has and we did not report (or the other way round), so that our reports say of every
 * day what the meter says; and sends the opposite of the sum. Together they are nothing: in all, what was reported remains
 * what was billable.
 */
async function mend(ports: Comparing, link: Link, service: ServiceType, from: Instant, to: Instant): Promise<boolean> {
  const days: { readonly at: Instant; readonly excess: bigint }[] = []
  for (let day = from; day < to; day += DAY_MS) {
    const sums = await comparison(ports, link, service, day, Math.min(day + DAY_MS, to))
    if (sums === null) return false
    if (sums.counted !== sums.reported) days.push({ at: day, excess: sums.counted - sums.reported })
  }
  const booked = days.map((day) => ({ ...day, id: ports.newId('report') }))
  const opposite = { id: ports.newId('report'), value: -days.reduce((sum, { excess }) => sum + excess, 0n) }
  const now = ports.clock.now()
  return ports.ledger.change(link.user, {}, ({ subscriptions }) => {
    const living = subscriptions.find(isLive)
    // Without a subscription there is no invoice that could make up for it.
    if (living === undefined) return { changes: [], result: false }
    const sealed = (id: string, value: bigint): Change => ({
      type: 'report-sealed',
      report: reportOf(id, service, living.id, value, now),
      carry: null,
    })
    const changes = booked.flatMap(({ id, excess, at }): readonly Change[] => [
      sealed(id, excess),
      { type: 'report-sending', reportId: id, at: now, billedAt: at, nextTryAt: now },
      settledAs(id, 'sent', `Found in the meter by a comparison; made up for by ${opposite.id}.`, now),
    ])
    return { changes: [...changes, sealed(opposite.id, opposite.value)], result: true }
  })
}

function reportOf(id: string, service: ServiceType, subscriptionId: string, value: bigint, now: Instant): SealedReport {
  const times = { allowanceStart: now, windowStart: now, occurredAt: now, openedAt: now }
  return { id, service, subscriptionId, ...times, quantity: 0n, value, firstSentAt: null, tries: 0 }
}

async function described(
  ports: Comparing,
  { user, customerId }: Link,
  service: ServiceType,
  { reported, counted }: Sums,
): Promise<Difference> {
  const plans = (await ports.mirror.subscriptions(user)).map((known) => planBought(ports.catalogue, known))
  const plan = plans.find((candidate) => candidate !== null && billedServices(candidate).includes(service))
  const rate = plan?.services[service].rate ?? ports.catalogue.rates[service]
  const { unit, unitQuanta } = SERVICES[service]
  const quanta = (millionths: bigint) => (millionths * unitQuanta) / 1_000_000n
  const shown = (millionths: bigint) => `${amountOf(quanta(millionths), unitQuanta)} ${unit}`
  const isTooLow = counted < reported
  const apart = isTooLow ? reported - counted : counted - reported
  return {
    kind: isTooLow ? 'meter_too_low' : 'meter_too_high',
    user,
    customerId,
    objectId: service,
    here: `${shown(reported)} were reported`,
    atStripe: `the meter has ${shown(counted)}`,
    meaning: isTooLow ? 'Use is not billed.' : 'The user is billed for more than was used.',
    amount: minorUnits(exactCost(service, quanta(apart), rate)),
    currency: plan?.prices[0].currency ?? ports.catalogue.currency,
  }
}
