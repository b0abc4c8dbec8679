import { intervalOf, type Period, periodAt, stepsFromAnchor } from '../engine/periods.ts'
import { invalid } from '../http/failure.ts'
import type { Price } from '../wire.ts'
import type { Creation } from './subscription-parameters.ts'

/** When a new subscription's trial, cycle and first period are. */
export interface Times {
  readonly anchor: number
  readonly trialEnd: number | null
  readonly firstPeriod: (price: Price) => Period
  /** The first period is cut short by an anchor set for later. */
  readonly short: boolean
}

const day = 86_400

export function timesOf(sent: Creation, now: number, trialDaysOfPrice: number | null): Times {
  const trialEnd = trialEndOf(sent, now, trialDaysOfPrice)
  const wanted = anchorOf(sent, trialEnd ?? now)
  if (wanted !== undefined && wanted < now)
    throw invalid('billing_cycle_anchor must be in the future.', 'billing_cycle_anchor')
  if (trialEnd !== null && wanted !== undefined && wanted < trialEnd) {
    throw invalid(
      'trial_end must be before billing_cycle_anchor.',
      'trial_end',
      'subscription_update_trial_after_billing_cycle_anchor',
    )
  }
  const anchor = wanted ?? trialEnd ?? now
  const firstPeriod = (price: Price): Period => {
    if (trialEnd !== null) return { start: now, end: trialEnd }
    const cycle = periodAt(anchor, intervalOf(price), now)
    if (anchor > cycle.end) {
      throw invalid('billing_cycle_anchor cannot be later than next natural billing date.', 'billing_cycle_anchor')
    }
    return { start: now, end: cycle.end }
  }
  return { anchor, trialEnd, firstPeriod, short: anchor > now && trialEnd === null }
}

const longest = 5 * 366 * day

function trialEndOf(sent: Creation, now: number, trialDaysOfPrice: number | null): number | null {
  const { trial_end: end, trial_period_days: days } = sent
  if (end !== undefined && days !== undefined) {
    throw invalid('You may only specify one of these parameters: trial_end, trial_period_days.', 'trial_end')
  }
  if (days !== undefined && days < 0) throw invalid('trial_period_days must be 0 or greater.', 'trial_period_days')
  if (days !== undefined) return days === 0 ? null : checkedEnd(now + days * day, now)
  if (end === 'now') return null
  if (end !== undefined) return checkedEnd(end, now)
  return sent.trial_from_plan && trialDaysOfPrice ? now + trialDaysOfPrice * day : null
}

export function checkedEnd(end: number, now: number): number {
  if (end <= now) {
    throw invalid('Invalid timestamp: must be an integer Unix timestamp in the future.', 'trial_end')
  }
  if (end > now + longest) {
    throw invalid('Invalid timestamp: can be no more than five years in the future.', 'trial_end')
  }
  return end
}

function anchorOf(sent: Creation, after: number): number | undefined {
  const { billing_cycle_anchor: anchor, billing_cycle_anchor_config: config } = sent
  if (anchor !== undefined && config !== undefined) {
    throw invalid(
      'You may only specify one of billing_cycle_anchor and billing_cycle_anchor_config.',
      'billing_cycle_anchor',
    )
  }
  return config ? nextMatch(config, after) : anchor
}

/** The first moment from there on with that day of the month (clamped to short months) and that time of day. */
function nextMatch(config: NonNullable<Creation['billing_cycle_anchor_config']>, after: number): number {
  const date = new Date(after * 1000)
  const time =
    (config.hour ?? date.getUTCHours()) * 3600 +
    (config.minute ?? date.getUTCMinutes()) * 60 +
    (config.second ?? date.getUTCSeconds())
  const wantedDay = config.day_of_month ?? 1
  for (let month = 0; month <= 12; month += 1) {
    const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month, 1) / 1000
    const lastDay = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month + 1, 0)).getUTCDate()
    const candidate = first + (Math.min(wantedDay, lastDay) - 1) * day + time
    const fits = config.month === undefined || new Date(candidate * 1000).getUTCMonth() + 1 === config.month
    if (fits && candidate >= after) return candidate
  }
  return stepsFromAnchor(after, { interval: 'year', interval_count: 1 }, 1)
}
