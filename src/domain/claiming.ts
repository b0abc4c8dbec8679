import type { Account, Change, Needs } from './account.ts'
import type { Intent } from './intent.ts'
import type { Instant } from './period.ts'
import type { ObservedSubscription } from './subscription.ts'
import { cardClaim, claimsOf } from './trial.ts'
import { undo } from './undoing.ts'

/** A completed hosted page, as far as it is about a trial: who was there is known only now. */
export interface TrialCheckout {
  readonly customerId: string
  readonly subscriptionId: string
  readonly intentId: string
  readonly email: string | null
  readonly cardFingerprint: string | null
  /** The operator allowed it, whoever had one before. */
  readonly isAllowed: boolean
}

/** Which claims a decision on a completed page looks at. */
export function claimsToKnow(seen: TrialCheckout): NonNullable<Needs['trialClaims']> {
  return [pageClaim(seen.intentId), ...strangersClaims(seen)]
}

/** Of a wish for a trial that was granted; an operator's allowance is used up by it. */
export function claimTrial({ id, openedAt, wish }: Intent, claims: readonly string[]): readonly Change[] {
  if (wish.kind !== 'subscribe' || wish.trial === null) return []
  const claimed: Change = { type: 'trial-claimed', claims, intentId: id, at: openedAt }
  return wish.trialAllowed ? [claimed, { type: 'trial-allowance-used' }] : [claimed]
}

/** A trial that never began was none, and the allowance for it is there again. */
export function releaseTrial({ id, wish }: Intent, at: Instant): readonly Change[] {
  if (wish.kind !== 'subscribe' || wish.trial === null) return []
  const released: Change = { type: 'trial-released', intentId: id }
  return wish.trialAllowed ? [released, { type: 'trial-allowed', at }] : [released]
}

/**
 * A page has its say once, however often it is looked at. Its trial is claimed now that its card is known; a card that had
 * one with another account ends it again, unpaid.
 */
export function claimCheckout(account: Account, seen: TrialCheckout, at: Instant): readonly Change[] {
  const said = pageClaim(seen.intentId)
  if (account.trialClaims.some(({ claim }) => claim === said)) return []
  const claim = (...claims: readonly string[]): Change => ({
    type: 'trial-claimed',
    claims: [said, ...claims],
    intentId: seen.intentId,
    at,
  })
  const strangers = strangersClaims(seen)
  const isTaken = account.trialClaims.some(({ claim, user }) => strangers.includes(claim) && user !== account.user)
  if (isTaken && !seen.isAllowed) return [claim(), undo(seen.subscriptionId, 'trial_used', at)]
  const claimed = claim(`user:${account.user}`, ...strangers)
  return seen.isAllowed ? [claimed, { type: 'trial-allowance-used' }] : [claimed]
}

/**
 * Whoever is in a trial, or was, is known by a card that comes later as well. One by which somebody else is known stays his,
 * and the trial goes on: it was granted, and nobody is charged sooner than he was told.
 */
export function claimCard(account: Account, { id, trialCard }: ObservedSubscription, at: Instant): readonly Change[] {
  if (trialCard === undefined) return []
  const claim = cardClaim(trialCard)
  if (account.trialClaims.some((taken) => taken.claim === claim)) return []
  return [{ type: 'trial-claimed', claims: [claim], intentId: id, at }]
}

/** Those that may be another account's too. */
function strangersClaims({ email, cardFingerprint }: TrialCheckout): readonly string[] {
  return claimsOf({ user: null, email, cardFingerprint })
}

function pageClaim(intentId: string): string {
  return `page:${intentId}`
}
