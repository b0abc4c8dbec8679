import type { Account, Needs, UserId } from '../domain/account.ts'
import { currencyNow } from '../domain/currency.ts'
import { minorUnits } from '../domain/money.ts'
import {
  addMonths,
  allowancePeriodAt,
  calendarDay,
  calendarMonth,
  type Instant,
  monthPeriod,
  monthsAround,
  type Period,
} from '../domain/period.ts'
import { amountOf, perService, SERVICE_TYPES, SERVICES } from '../domain/quantity.ts'
import { standingOf } from '../domain/standing.ts'
import { liveSubscription } from '../domain/subscription.ts'
import type { DailyUsage, UsageSum } from '../domain/usage.ts'
import { monthCurrency, otherCurrencies, sumUsageIn } from '../domain/usage-currencies.ts'
import type { Ports } from '../ports.ts'

export interface SummaryRequest {
  readonly user: UserId
  /** `current`, or a calendar month `YYYY-MM`. */
  readonly period: string
  readonly byDay: boolean
}

/**
 * What was used in a period, per service and in all, out of one snapshot. The running allowance period shows what is
 * included and left; a calendar month does not, since it belongs to no allowance. Its use may have been paid in several
 * currencies: the costs are those in one of them, and what was used in others is listed apart.
 */
export async function usageSummary(ports: Pick<Ports, 'ledger' | 'clock' | 'catalogue'>, request: SummaryRequest) {
  const now = ports.clock.now()
  const isCurrent = request.period === 'current'
  const account = await ports.ledger.account(request.user, needsOf(request, now))
  const live = isCurrent ? liveSubscription(account.subscriptions) : null
  const month = live ? null : isCurrent ? calendarMonth(now) : request.period
  const currency =
    month === null ? currencyNow(ports.catalogue, account) : monthCurrency(ports.catalogue, account, month)
  return {
    period: request.period,
    ...totalsOf(ports, account, now, month, isCurrent),
    currency,
    other_currencies: month === null ? [] : otherCurrencies(ports.catalogue, account, month, currency),
    ...(request.byDay
      ? { days: daysOf(ports, account, month, live && allowancePeriodAt(live.anchor, now), currency) }
      : {}),
  }
}

/** Which allowance period runs is known only with the account: for it all is read in which it can lie. */
function needsOf({ period, byDay }: SummaryRequest, now: Instant): Needs {
  const months = period === 'current' ? monthsAround(now) : [period]
  const stretch = period === 'current' ? { start: addMonths(now, -2), end: addMonths(now, 2) } : monthPeriod(period)
  const days = { from: calendarDay(stretch.start), to: calendarDay(stretch.end - 1) }
  return { totals: { services: SERVICE_TYPES, months }, ...(byDay ? { days } : {}) }
}

function totalsOf(
  ports: Pick<Ports, 'catalogue'>,
  account: Account,
  now: Instant,
  month: string | null,
  isCurrent: boolean,
) {
  let [cost, billable] = [0n, 0n]
  const services = perService((service) => {
    const standing = standingOf(ports.catalogue, account, service, now, month)
    cost += standing.sum.exactCost
    billable += standing.sum.exactBillableCost
    return {
      amount: standing.amount,
      unit: standing.unit,
      cost: minorUnits(standing.sum.exactCost),
      included: isCurrent ? standing.included : null,
      remaining: isCurrent ? standing.remaining : null,
      overage: standing.overage,
      billable_cost: minorUnits(standing.sum.exactBillableCost),
    }
  })
  return { services, total_cost: minorUnits(cost), billable_total: minorUnits(billable) }
}

/** One entry for each day on which something was used. */
function daysOf(
  { catalogue }: Pick<Ports, 'catalogue'>,
  account: Account,
  month: string | null,
  allowance: Period | null,
  currency: string,
) {
  const sumOf = (entries: readonly DailyUsage[]) => sumUsageIn(catalogue, account.subscriptions, entries, currency)
  const entries = account.days.filter((entry) =>
    month === null ? entry.allowanceStart === allowance?.start : entry.day.startsWith(month),
  )
  const days = [...new Set(entries.map((entry) => entry.day))].sort()
  return days.map((day) => ({
    day,
    services: dayServices(
      entries.filter((entry) => entry.day === day),
      sumOf,
    ),
  }))
}

function dayServices(entries: readonly DailyUsage[], sumOf: (entries: readonly DailyUsage[]) => UsageSum) {
  return perService((service) => {
    const sum = sumOf(entries.filter((entry) => entry.service === service))
    return {
      amount: amountOf(sum.quantity, SERVICES[service].unitQuanta),
      unit: SERVICES[service].unit,
      cost: minorUnits(sum.exactCost),
    }
  })
}
