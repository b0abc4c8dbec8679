import type { Instant } from './period.ts'
import type { Subscription } from './subscription.ts'

/**
 * `open` while the bank decides; `inquiry` is only a question, no money has gone; `won` and `lost` are for good.
 */
export type DisputeState = 'open' | 'inquiry' | 'won' | 'lost'

/** A payment that its payer disputes at the bank, as Stripe showed it. */
export interface ObservedDispute {
  readonly id: string
  readonly customerId: string
  /** The entry of the history that is disputed: `in_…`, `pi_…`. */
  readonly paymentId: string
  /** Whose invoice was paid with it; null for a one-time payment. */
  readonly subscriptionId: string | null
  readonly amount: number
  readonly currency: string
  /** Stripe's word for what the payer says: `fraudulent`, `product_not_received`, … */
  readonly reason: string
  readonly state: DisputeState
  readonly createdAt: Instant
}

export interface Dispute extends ObservedDispute {
  /** When it was seen closed for the first time; null while it is open. */
  readonly closedAt: Instant | null
}

/** Whether the bank has decided: nothing follows but an appeal. */
export function isDecided(state: DisputeState): boolean {
  return state === 'won' || state === 'lost'
}

/** Whether its money is with the bank: it stands against what was paid for. */
export function isAgainst(state: DisputeState): boolean {
  return state === 'open' || state === 'lost'
}

/** The disputes about an entry of the history, the latest first. */
export function disputesOf(disputes: readonly Dispute[], paymentId: string): readonly Dispute[] {
  return disputes
    .filter((dispute) => dispute.paymentId === paymentId)
    .toSorted((one, other) => other.createdAt - one.createdAt)
}

/** What of a payment is with the bank, in minor units. */
export function disputedAmount(disputes: readonly Dispute[], paymentId: string): number {
  return disputesOf(disputes, paymentId)
    .filter(({ state }) => isAgainst(state))
    .reduce((sum, { amount }) => sum + amount, 0)
}

/**
 * The dispute that stands in the way of a subscription: one that is open, or one that was lost and since
 * which no new period has been paid. The oldest, if there are several.
 */
export function disputeAgainst(disputes: readonly Dispute[], subscription: Subscription): Dispute | null {
  return (
    disputes
      .filter((dispute) => dispute.subscriptionId === subscription.id && standsInTheWay(dispute, subscription))
      .toSorted((one, other) => one.createdAt - other.createdAt)[0] ?? null
  )
}

function standsInTheWay({ state, createdAt }: Dispute, { status, currentPeriodStart }: Subscription): boolean {
  if (state !== 'lost') return state === 'open'
  return status !== 'active' || currentPeriodStart <= createdAt
}

/** What is known of a dispute after it was seen; null when the look was too early, for a decided one stays decided. */
export function disputeAfter(known: Dispute | undefined, seen: ObservedDispute, at: Instant): Dispute | null {
  if (known && isDecided(known.state) && !isDecided(seen.state)) return null
  return { ...seen, closedAt: isDecided(seen.state) ? (known?.closedAt ?? at) : null }
}
