import type { AuditEntry } from '../domain/account.ts'
import type { Instant } from '../domain/period.ts'
import type { EventFilter, KeptEvent, ReceivedEvent, StripeEvent } from '../domain/webhook-event.ts'
import type { Page } from './records.ts'

export interface InboxCounts {
  /** Given up. */
  readonly dead: number
  /** To be applied, now or at their next try; since when the oldest of them waits. */
  readonly waiting: number
  readonly waitingSince: Instant | null
  /** Of customers who are linked to nobody; since when the oldest of them waits. */
  readonly parked: number
  readonly parkedSince: Instant | null
}

/** The inbox as operators see it. */
export interface EventLog {
  /** The latest received first. Refuses a cursor that it did not give out with `validation_failed`. */
  list(filter: EventFilter, limit: number, cursor: string | null): Promise<Page<KeptEvent>>
  find(eventId: string): Promise<(KeptEvent & { readonly body: Uint8Array }) | null>
  /** Puts events back to be applied, each with its entry in the audit log, in one step; which of them are there. */
  replay(
    replays: readonly { readonly eventId: string; readonly audit: AuditEntry }[],
    at: Instant,
  ): Promise<readonly string[]>
}

/** Stripe's events, once each, with their bytes. An effect is saved by `Ledger.change` together with its mark. */
export interface Inbox {
  /** Stores an event; fulfilled when it is on disk. `known` when it was stored before, by whatever delivery. */
  receive(event: StripeEvent, body: Uint8Array, at: Instant): Promise<'stored' | 'known'>
  /**
   * Events that are waiting to be applied and whose next try is due, oldest first; without those of the owners named, who
   * are customers, or for events without one the events themselves.
   */
  due(at: Instant, limit: number, except?: readonly string[]): Promise<readonly ReceivedEvent[]>
  /** Nothing of ours: kept, and never looked at again. */
  ignore(eventId: string, reason: string, at: Instant): Promise<void>
  /** Ours one day, perhaps: kept until its customer is linked to a user. */
  park(eventId: string, customerId: string, reason: string): Promise<void>
  counts(): Promise<InboxCounts>
  /** Applying it failed. It is due again at `nextTryAt`; null gives up on it. */
  fail(eventId: string, reason: string, nextTryAt: Instant | null): Promise<void>
}
