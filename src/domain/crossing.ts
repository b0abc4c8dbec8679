import type { Change, UserId } from './account.ts'
import { type AppMessage, allowanceMessage, spendingMessage } from './app-message.ts'
import type { ServiceStanding } from './entitlement.ts'
import { exactCost, minorUnits } from './money.ts'
import type { Instant } from './period.ts'
import type { Quantity } from './quantity.ts'
import { crossedThresholds } from './spending.ts'
import type { UsageRecord } from './usage.ts'

const THRESHOLDS = [80n, 100n] as const

/** The thresholds of the allowance that a use steps over. A plan without a limit has none. */
export function allowanceCrossings(
  user: UserId,
  { service }: UsageRecord,
  { terms: { included, allowance }, used }: ServiceStanding,
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
export function spendingCrossings(
  { service, billable, rate }: UsageRecord,
  { spending, terms: { subscription, allowance, currency } }: ServiceStanding,
  at: Instant,
): readonly Change[] {
  if (spending === null || billable === 0n || subscription === null || allowance === null) return []
  const cost = exactCost(service, billable, rate)
  const money = { spent: minorUnits(spending.spent + cost), limit: spending.limit, currency }
  return crossedThresholds(spending, cost).map((threshold) =>
    queued(spendingMessage(subscription.id, { threshold, ...money, allowance }, at)),
  )
}
