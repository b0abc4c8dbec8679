import type { Change } from './account.ts'
import type { Grant } from './grant.ts'
import type { ObservedPaymentIntent, Payment } from './payment.ts'
import { divideHalfUp } from './quantity.ts'

/**
 * What goes back of a grant when `back` of the `paid` minor units did: the same part of it, as far as it is unused. Told
 * from how things stand and not from what has just happened, so that the order of the news does not matter, and what is
 * undone (a refund that failed, a dispute that was won) gives it again.
 */
export function takingBack(grant: Grant, paid: number, back: number): readonly Change[] {
  const part = paid === 0 ? 0n : divideHalfUp(grant.amount * BigInt(Math.min(back, paid)), BigInt(paid))
  const unused = grant.remaining + grant.takenBack
  const quantity = (part < unused ? part : unused) - grant.takenBack
  return quantity === 0n ? [] : [{ type: 'grant-taken-back', draw: { grantId: grant.id, quantity } }]
}

/** How much of what was given back takes back what was bought; without a look at the refunds, as it was known. */
export function takenBackAmount(
  { refunds, entry }: ObservedPaymentIntent,
  known: Payment | undefined,
  byDefault: boolean,
): number {
  if (entry === null || entry.refundedAmount === 0) return 0
  if (refunds === null) return known?.takenBackAmount ?? (byDefault ? entry.refundedAmount : 0)
  return refunds.reduce((sum, { amount, takeBack }) => ((takeBack ?? byDefault) ? sum + amount : sum), 0)
}
