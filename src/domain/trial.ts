import type { UserId } from './account.ts'
import { BillingError, invalidField } from './errors.ts'
import type { Plan } from './plan.ts'

/** What a plan offers before its first payment. */
export interface TrialTerms {
  readonly days: number
  /** Whether it begins only with a card. */
  readonly cardRequired: boolean
  /** What becomes of the subscription at the end of a trial when there is no card by then. */
  readonly withoutCard: 'cancel' | 'pause'
}

/**
 * By what a person is known who has had a trial: `user:ann`, `email:ann@example.com`, `card:4xT9…`. Users share these
 * rows, so that a second account of the same person finds the first one's; whoever was known by one first keeps it.
 * `allowed:ann` lets a user have another one, `page:intent_…` is of a hosted page that was completed.
 */
export interface TrialClaim {
  readonly claim: string
  readonly user: UserId
  /** The wish that has claimed it, or the subscription that was seen with that card. */
  readonly intentId: string
}

export interface Claimant {
  /** Null where only what others may have too is asked for. */
  readonly user: UserId | null
  readonly email: string | null
  /** Stripe's fingerprint of the card: the same for the same card, whoever sends it. */
  readonly cardFingerprint: string | null
}

/** Under which claims somebody's trial stands, the operator's permission for one more left out. */
export function claimsOf({ user, email, cardFingerprint }: Claimant): readonly string[] {
  return [
    ...(user === null ? [] : [`user:${user}`]),
    ...(email === null ? [] : [`email:${unaliased(email)}`]),
    ...(cardFingerprint === null ? [] : [cardClaim(cardFingerprint)]),
  ]
}

/** The claim of a card, by Stripe's fingerprint of it. */
export function cardClaim(fingerprint: string): string {
  return `card:${fingerprint}`
}

/** The claim that lets a user have one more trial. */
export function allowanceOf(user: UserId): string {
  return `allowed:${user}`
}

/** The mailbox behind an address: without what stands after a plus, and at Gmail without dots. */
export function unaliased(email: string): string {
  const [local = '', host = ''] = email.trim().toLowerCase().split('@')
  const mailbox = local.replace(/(?<=.)\+.*$/, '')
  const isGmail = host === 'gmail.com' || host === 'googlemail.com'
  return isGmail ? `${mailbox.replaceAll('.', '')}@gmail.com` : `${mailbox}@${host}`
}

/** The plan's trial, or why there is none for whoever asks. */
export function offeredTrial(plan: Plan, hasCard: boolean): TrialTerms {
  if (plan.trial === null) throw invalidField('/trial', `${plan.name} has no trial; leave it out to subscribe at once`)
  if (plan.trial.cardRequired && !hasCard)
    throw new BillingError(
      'payment_method_required',
      `The trial of ${plan.name} needs a card, which is not charged before it ends. Send payment_method_id.`,
    )
  return plan.trial
}

/** Whether the operator lets a user have one more trial, whoever had one before. */
export function isTrialAllowed(taken: readonly TrialClaim[], user: UserId): boolean {
  return taken.some(({ claim }) => claim === allowanceOf(user))
}

/** One trial a person: refuses when any of the claims is taken, unless the operator allowed another one. */
export function mustBeFirstTrial(taken: readonly TrialClaim[], user: UserId): void {
  if (isTrialAllowed(taken, user)) return
  const kinds = new Set(taken.map(({ claim }) => claim.slice(0, claim.indexOf(':'))))
  const [by] = (['user', 'email', 'card'] as const).filter((kind) => kinds.has(kind))
  if (by === undefined) return
  throw new BillingError(
    'trial_used',
    `The free trial is for the first time, and ${WHY[by]}. Subscribe without it (leave trial out); the operator can allow another one.`,
  )
}

const WHY = {
  user: 'this account has had one',
  email: 'somebody with this e-mail address has had one',
  card: 'somebody with this card has had one',
} as const
