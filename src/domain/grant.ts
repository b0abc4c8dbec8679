import type { Instant } from './period.ts'
import type { Quantity, ServiceType } from './quantity.ts'

/** Usage given on top of the plan: goodwill, or a pack of minutes. It is drawn on before anything counts as overage. */
export interface Grant {
  readonly id: string
  readonly service: ServiceType
  readonly amount: Quantity
  /** What has been neither drawn nor taken back yet. */
  readonly remaining: Quantity
  readonly grantedAt: Instant
  /** Null never expires. Usage that occurred before still draws on it. */
  readonly expiresAt: Instant | null
  readonly reason: string
  /** The payment that bought it; null for a gift. Such a grant is given once. */
  readonly paymentId: string | null
  /** What was unused when its payment was given back, and so went with it. */
  readonly takenBack: Quantity
}

/** A part of one grant that a use draws. */
export interface Draw {
  readonly grantId: string
  readonly quantity: Quantity
}

/** The grants that a use of a service at a moment may draw on, those that expire first before the others. */
export function usableGrants(grants: readonly Grant[], service: ServiceType, at: Instant): readonly Grant[] {
  return grants
    .filter((grant) => grant.service === service && grant.remaining > 0n && (grant.expiresAt ?? Infinity) > at)
    .toSorted(inDrawingOrder)
}

/** Gives up to `wanted` back to grants, to the one that was drawn on last first. */
export function returnTo(grants: readonly Grant[], wanted: Quantity): readonly Draw[] {
  const drawnLastFirst = grants
    .filter((grant) => drawnOf(grant) > 0n)
    .toSorted(inDrawingOrder)
    .reverse()
  const returns: Draw[] = []
  let missing = wanted
  for (const grant of drawnLastFirst) {
    if (missing <= 0n) break
    const drawn = drawnOf(grant)
    const quantity = drawn < missing ? drawn : missing
    returns.push({ grantId: grant.id, quantity })
    missing -= quantity
  }
  return returns
}

function drawnOf({ amount, remaining, takenBack }: Grant): Quantity {
  return amount - remaining - takenBack
}

/** Those that expire first are drawn on before the others. */
function inDrawingOrder(one: Grant, other: Grant): number {
  const [end, otherEnd] = [one.expiresAt ?? Infinity, other.expiresAt ?? Infinity]
  return end === otherEnd ? one.grantedAt - other.grantedAt : end - otherEnd
}

/** What usable grants hold together. */
export function grantsLeft(usable: readonly Grant[]): Quantity {
  return usable.reduce((sum, grant) => sum + grant.remaining, 0n)
}

/** Draws up to `wanted` from usable grants, in their order. */
export function drawOn(usable: readonly Grant[], wanted: Quantity): readonly Draw[] {
  const draws: Draw[] = []
  let missing = wanted
  for (const grant of usable) {
    if (missing <= 0n) break
    const quantity = grant.remaining < missing ? grant.remaining : missing
    draws.push({ grantId: grant.id, quantity })
    missing -= quantity
  }
  return draws
}
