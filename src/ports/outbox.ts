import type { UserId } from '../domain/account.ts'
import type { MeterReport, SealedReport, SentReport } from '../domain/metering.ts'
import type { Instant } from '../domain/period.ts'
import type { ServiceType } from '../domain/quantity.ts'
import type { Page } from './records.ts'

export interface DueReport {
  readonly user: UserId
  readonly customerId: string | null
  /** Without a value it is open and to be sealed; with one it is to be sent. */
  readonly report: MeterReport | SealedReport
}

/** A report whose usage Stripe will not bill, for the operator. */
export interface ReportSetAside {
  readonly user: UserId
  readonly report: MeterReport | SealedReport
  readonly state: 'rejected' | 'unbilled'
  readonly reason: string | null
}

/** What Stripe's meters are to be told. Reports change by `Ledger.change` alone; this finds them. */
export interface Outbox {
  /** Reports whose turn it is to be sealed or sent, oldest first. */
  due(at: Instant, limit: number): Promise<readonly DueReport[]>
  /** All of a user that are not settled, whether or not it is their turn; oldest first. */
  unsettled(user: UserId): Promise<readonly DueReport[]>
  /** The sealed reports of a user and service that were billed within a stretch (half-open), settled as sent or unknown. */
  sentOrUnknown(user: UserId, service: ServiceType, from: Instant, to: Instant): Promise<readonly SentReport[]>
  /** The users and services of which something was billed within a stretch (half-open). */
  billedWithin(
    from: Instant,
    to: Instant,
  ): Promise<readonly { readonly user: UserId; readonly customerId: string | null; readonly service: ServiceType }[]>
  /** Oldest first. Refuses a cursor that it did not give out with `validation_failed`. */
  setAside(limit: number, cursor: string | null): Promise<Page<ReportSetAside>>
  userOfReport(reportId: string): Promise<UserId | null>
}

/** Stripe's meters, one a service. May throw `stripe_unavailable`: then nobody knows whether it was taken. */
export interface Meters {
  /** Tells a meter of use, in millionths of the service's unit; the same identifier counts once within a day. */
  report(
    customerId: string,
    service: ServiceType,
    value: bigint,
    identifier: string,
    at: Instant,
  ): Promise<{ readonly type: 'taken' } | { readonly type: 'rejected'; readonly reason: string }>
  /** What a meter has counted for a customer within a stretch of whole minutes (half-open), in millionths of the unit. */
  total(customerId: string, service: ServiceType, from: Instant, to: Instant): Promise<bigint>
}
