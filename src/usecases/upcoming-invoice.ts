import type { Account, UserId } from '../domain/account.ts'
import { type ForeseenLine, type UpcomingBill, unreportedLines } from '../domain/bill.ts'
import { currencyOf } from '../domain/currency.ts'
import { meteredPeriodAt } from '../domain/held-terms.ts'
import { addMonths, calendarMonth, type Instant, isoTime, monthPeriod } from '../domain/period.ts'
import { SERVICE_TYPES } from '../domain/quantity.ts'
import { currentSubscription, isLive, liveSubscription, type Subscription } from '../domain/subscription.ts'
import type { Ports } from '../ports.ts'
import { shownLine } from './payment-detail.ts'

type Foreseeing = Pick<Ports, 'ledger' | 'bills' | 'clock' | 'catalogue' | 'priceIds'>

/**
 * The next invoice as it stands: what Stripe foresees, and what was used that its meters have not been told yet. Null, with
 * the reason in words, when nothing is to come.
 */
export async function upcomingInvoice(ports: Foreseeing, user: UserId) {
  const before = await ports.ledger.account(user, {})
  const subscription = liveSubscription(before.subscriptions)
  if (subscription === null) return nothing(whyNone(before))
  const known = await ports.bills.upcoming(subscription.id)
  const totals = await totalsOf(ports, user, subscription)
  const now = ports.clock.now()
  const lines = unreportedLines(ports.catalogue, ports.priceIds(), subscription, totals, known?.lines ?? [], now)
  const unreported = { currency: known?.currency ?? currencyOf(ports.catalogue, subscription), lines }
  const bill = lines.length === 0 ? known : await ports.bills.upcoming(subscription.id, unreported)
  if (bill === null) return nothing(whyNothing(subscription))
  const told = (known?.lines ?? []).map((line): ForeseenLine => ({ ...line, isReported: true }))
  return { upcoming_invoice: shown(bill, [...told, ...lines], endOf(subscription, now)), explanation: null }
}

/** When what is used now is invoiced. */
function endOf(subscription: Subscription, now: Instant): Instant {
  const { end } = meteredPeriodAt(subscription, now)
  return Math.min(subscription.cancelAt ?? end, end)
}

/** All months of the period in which use is billed; a trial may be up to two years long. */
async function totalsOf({ ledger, clock }: Foreseeing, user: UserId, subscription: Subscription) {
  const months: string[] = []
  const last = calendarMonth(clock.now())
  const { start } = meteredPeriodAt(subscription, clock.now())
  for (let at = firstOf(start); calendarMonth(at) <= last && months.length < 25; at = addMonths(at, 1))
    months.push(calendarMonth(at))
  return (await ledger.account(user, { totals: { services: SERVICE_TYPES, months } })).totals
}

function firstOf(at: Instant): Instant {
  return monthPeriod(calendarMonth(at)).start
}

function shown(bill: UpcomingBill, lines: readonly ForeseenLine[], end: Instant) {
  const unreported = lines.filter(({ isReported }) => !isReported)
  return {
    date: isoTime(bill.at ?? end),
    currency: bill.currency,
    lines: lines.map((line) => ({ ...shownLine(line), reported: line.isReported })),
    subtotal: bill.subtotal,
    discount: bill.discount,
    tax: bill.tax ?? 0,
    total: bill.total,
    amount_due: Math.max(0, bill.amountDue),
    unreported_usage: unreported.reduce((sum, { amount }) => sum + amount, 0),
    estimated: unreported.length > 0,
  }
}

function nothing(explanation: string) {
  return { upcoming_invoice: null, explanation }
}

function whyNone({ subscriptions }: Account): string {
  const last = currentSubscription(subscriptions)
  if (last === null) return 'There is no subscription, so nothing will be invoiced.'
  if (last.status === 'incomplete')
    return 'The subscription waits for its first payment; what comes after it is not known yet.'
  return isLive(last) ? 'Nothing will be invoiced.' : 'The subscription has ended, so nothing more will be invoiced.'
}

function whyNothing({ cancelAt, status }: Subscription): string {
  if (cancelAt !== null) return `The subscription ends at ${isoTime(cancelAt)}, so nothing more will be invoiced.`
  if (status === 'paused') return 'The subscription is paused; nothing is invoiced until it goes on.'
  return 'Stripe foresees no further invoice.'
}
