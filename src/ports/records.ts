import type { AuditedUser, UserId } from '../domain/account.ts'
import type { Grant } from '../domain/grant.ts'
import type { Payment } from '../domain/payment.ts'
import type { Instant } from '../domain/period.ts'
import type { ServiceType } from '../domain/quantity.ts'
import type { UsageRecord } from '../domain/usage.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next page starts; null on the last one. Opaque to callers. */
  readonly nextCursor: string | null
}

/** Which records of usage are asked for; null is any. A stretch of time is half-open, by when the use occurred. */
export interface UsageFilter {
  readonly service: ServiceType | null
  readonly resourceId: string | null
  readonly from: Instant | null
  readonly to: Instant | null
}

/** Questions that no decision depends on: history and indexes. */
export interface Records {
  /** The billing history, newest first. Refuses a cursor that it did not give out with `validation_failed`. */
  payments(user: UserId, limit: number, cursor: string | null): Promise<Page<Payment>>
  /**
   * Records of usage and their corrections: the latest day first, and within a day what was recorded last. A page may have
   * fewer than `limit` entries before the last one. Refuses a cursor that it did not give out with `validation_failed`.
   */
  usageRecords(user: UserId, filter: UsageFilter, limit: number, cursor: string | null): Promise<Page<UsageRecord>>
  /** What was given back of an entry of the billing history, newest first. */
  refundsOf(user: UserId, paymentId: string): Promise<readonly Payment[]>
  /** All grants of a user, used up or not, newest first. */
  grants(user: UserId): Promise<readonly Grant[]>
  /** What operators did, newest first. Refuses a cursor that it did not give out with `validation_failed`. */
  auditLog(limit: number, cursor: string | null): Promise<Page<AuditedUser>>
  /** Whose customer this is. A customer never changes hands. */
  userOfCustomer(customerId: string): Promise<UserId | null>
  /** Users with a live subscription to a price, in the order of their ids, behind `after`. */
  usersOnPrice(priceId: string, after: UserId | null, limit: number): Promise<readonly UserId[]>
  /** Users with a live subscription to a plan, in the order of their ids, behind `after`. */
  usersOnPlan(planName: string, after: UserId | null, limit: number): Promise<readonly UserId[]>
  /** Users with wishes whose outcome was never saved: what a crash leaves behind. */
  usersWithOpenIntents(): Promise<readonly UserId[]>
}
