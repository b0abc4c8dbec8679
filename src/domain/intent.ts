import type { BillingAddress, TaxId } from './billing-details.ts'
import type { IdempotencyKey } from './idempotency.ts'
import type { SoldPack } from './pack.ts'
import { HOUR_MS, type Instant, MINUTE_MS } from './period.ts'
import type { TrialTerms } from './trial.ts'

/** What a user wants of Stripe. Saved before the first call, so that a crash in between is finished later. */
export type Wish =
  | {
      readonly kind: 'subscribe'
      readonly planName: string
      readonly priceId: string
      readonly meteredPriceIds: readonly string[]
      /** To be paid in; left out in wishes of earlier versions. */
      readonly currency?: string
      readonly paymentMethodId: string | null
      /** Null to be paid from the first day. */
      readonly trial: TrialTerms | null
      /** The operator's allowance of one more trial is used up by it; left out where there was none. */
      readonly trialAllowed?: true
      readonly promotionCodeId: string | null
    }
  | {
      /** A page of Stripe's where somebody subscribes. */
      readonly kind: 'checkout'
      readonly planName: string
      readonly priceId: string
      readonly meteredPriceIds: readonly string[]
      /** To be paid in; left out in wishes of earlier versions. */
      readonly currency?: string
      readonly trial: TrialTerms | null
      /** The operator allowed the trial, whoever had one before. */
      readonly trialAllowed: boolean
      readonly promotionCodeId: string | null
      readonly successUrl: string
      readonly cancelUrl: string
    }
  | {
      /** A subscription that should not be is ended and given back. */
      readonly kind: 'undo'
      readonly subscriptionId: string
      readonly why: 'duplicate' | 'trial_used'
    }
  | {
      readonly kind: 'billing-details'
      readonly name: string | null
      readonly address: BillingAddress | null
      /** Left out it stays; null takes it away. */
      readonly taxId?: TaxId | null
    }
  | {
      readonly kind: 'apply-code'
      readonly subscriptionId: string
      readonly promotionCodeId: string
    }
  | {
      readonly kind: 'extend-trial'
      readonly subscriptionId: string
      readonly trialEnd: Instant
    }
  | {
      readonly kind: 'cancel'
      readonly subscriptionId: string
      readonly atPeriodEnd: boolean
      readonly reason: string | null
      readonly feedback: string | null
    }
  | {
      readonly kind: 'set-payment-method'
      readonly paymentMethodId: string
      /** The subscription that it shall pay for from now on; null while there is none. */
      readonly subscriptionId: string | null
    }
  | {
      readonly kind: 'change'
      /** Null when none is in use: the one that waits for its first payment is replaced, as by `subscribe`. */
      readonly subscriptionId: string | null
      readonly planName: string
      readonly priceId: string
      readonly meteredPriceIds: readonly string[]
      /** The price stays, and only what is billed by use gets other prices. */
      readonly isOfTerms?: true
      /** To be paid in; left out in wishes of earlier versions. */
      readonly currency?: string
      readonly when: ChangeMoment
      /** Whether a new period begins with the change: from monthly to yearly. */
      readonly restarts: boolean
      /** The moment by which Stripe reckons what is left of the period, in whole seconds. */
      readonly prorationDate: Instant
      /** Whether that moment is of a preview, whose figures the customer has seen. */
      readonly isQuoted: boolean
      /** Of an operator who moves the customer, and what the audit log says of it; left out where the customer asked himself. */
      readonly move?: { readonly operator: string; readonly detail: string }
      readonly paymentMethodId: string | null
      readonly promotionCodeId: string | null
    }
  | { readonly kind: 'resume'; readonly subscriptionId: string; readonly paymentMethodId: string | null }
  | {
      readonly kind: 'refund'
      /** An entry of the history: `in_…` or `pi_…`. */
      readonly paymentId: string
      /** Null is all that is left of it. */
      readonly amount: number | null
      /** One of Stripe's words for why. */
      readonly reason: string | null
      readonly takeBack: boolean
      readonly operator: string
      readonly note: string | null
    }
  | {
      readonly kind: 'pay'
      readonly amount: number
      readonly currency: string
      readonly description: string | null
      readonly paymentMethodId: string | null
      readonly metadata: Readonly<Record<string, string>>
      /** What it pays for, as it stood in the catalogue; null for any other payment. */
      readonly pack: SoldPack | null
    }

/** At once, or when the paid period is over. */
export type ChangeMoment = 'now' | 'period_end'

export type WishKind = Wish['kind']
export type WishOf<K extends WishKind> = Extract<Wish, { kind: K }>

/** Who the customer is to Stripe, as the token told it. */
export interface Person {
  readonly email: string | null
  readonly name: string | null
}

export interface Intent<W extends Wish = Wish> {
  readonly id: string
  readonly wish: W
  readonly person: Person
  /** The idempotency key under which the answer will be stored, if the caller sent one. */
  readonly key: IdempotencyKey | null
  /** What was asked, as text: a retry without a key is recognised by it. */
  readonly fingerprint: string
  /** How often it has been taken up, the first time included. */
  readonly tries: number
  /** Which of Stripe's idempotency keys is in use, and since when (wall time). */
  readonly keyNumber: number
  readonly keyedAt: Instant
  readonly openedAt: Instant
}

/** Stripe forgets an idempotency key after 24 hours; an hour before that it is no longer trusted. */
const KEY_TRUST_MS = 23 * HOUR_MS

/**
 * Taking a wish up again. The first time under the same key: should the first call have reached Stripe after all, this
 * one gets its answer. After that the key is spent (Stripe repeats a stored 5xx for a day) or too old: what it made
 * must be looked up, and only if that is nothing may it be tried under a fresh key.
 */
export function takeUpAgain<W extends Wish>(intent: Intent<W>, wallTime: Instant): Intent<W> {
  const tries = intent.tries + 1
  if (tries === 2 && wallTime - intent.keyedAt < KEY_TRUST_MS) return { ...intent, tries }
  return { ...intent, tries, keyNumber: intent.keyNumber + 1, keyedAt: wallTime }
}

/** Begun anew after what it was begun with is gone. */
export function withFreshKey<W extends Wish>(intent: Intent<W>, wallTime: Instant): Intent<W> {
  return { ...intent, keyNumber: intent.keyNumber + 1, keyedAt: wallTime }
}

/** How long a wish without a key is left for its caller to come back to, and how old one may be to be carried out at all. */
const LEFT_TO_CALLER_MS = 15 * MINUTE_MS

/** Whether a wish without a key still belongs to whoever asked for it: only the same request takes it up again. */
export function isLeftToCaller(intent: Intent, wallTime: Instant): boolean {
  return intent.key === null && intent.wish.kind === 'pay' && wallTime - intent.keyedAt < LEFT_TO_CALLER_MS
}

/** Too old to be carried out unasked: what it made counts, but nothing is made of it any more. */
export function isStale(intent: Intent, now: Instant): boolean {
  return now - intent.openedAt >= LEFT_TO_CALLER_MS
}

/** Whether an earlier key may have made something that this one does not know of. */
export function mustLookUp(intent: Intent): boolean {
  return intent.keyNumber > 1
}

/** Stripe's idempotency key for one step of an intent. */
export function stripeKey(intent: Intent, step: string): string {
  return `${intent.id}:${intent.keyNumber}:${step}`
}
