import type { UserId } from '../domain/account.ts'
import type { BillingDetails } from '../domain/billing-details.ts'
import type { Intent, WishOf } from '../domain/intent.ts'
import type { Observation } from '../domain/observation.ts'
import type { ObservedPaymentIntent, Payment } from '../domain/payment.ts'
import type { Instant } from '../domain/period.ts'
import type { ChangePreview } from '../domain/plan-preview.ts'
import type { ObservedSubscription } from '../domain/subscription.ts'

/**
 * What came of a try to be paid. `waiting` needs the customer: a card or a 3-D Secure confirmation, by the client secret.
 * `declined` carries Stripe's words for the customer; `refused` says which field of the request Stripe would not take, and
 * in `reason` what Stripe said, for the operator alone.
 */
export type AttemptOutcome =
  | { readonly type: 'settled' }
  | { readonly type: 'waiting' }
  | { readonly type: 'declined'; readonly message: string }
  | { readonly type: 'refused'; readonly path: string; readonly message: string; readonly reason?: string }

export interface SubscriptionAttempt {
  /** Null when none was made: the card could not even be attached, or the request was refused. */
  readonly subscription: ObservedSubscription | null
  readonly outcome: AttemptOutcome
  /** Of the first payment, or of the pending card set-up when nothing is due; null when nothing is left to confirm. */
  readonly clientSecret: string | null
}

/** `stale`: at Stripe it stands otherwise by now, so that the wish has to be decided anew on what is shown. */
export interface ChangeAttempt {
  /** Null: Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  readonly outcome: AttemptOutcome | { readonly type: 'stale' } | { readonly type: 'payment-method-required' }
  readonly clientSecret: string | null
}

export interface CheckoutAttempt {
  /** `url` is null once it is over. */
  readonly checkout: { readonly id: string; readonly url: string | null; readonly expiresAt: Instant } | null
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface UndoAttempt {
  /** As it is now; null when Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  /** What had been paid for it, and what of that is given back by now, by whoever it was; null when nothing had been. */
  readonly money: { readonly paid: number; readonly refunded: number; readonly currency: string } | null
  readonly seen: readonly Observation[]
  readonly isOurs: boolean
}

export interface BillingDetailsAttempt {
  /** As they are now; null when Stripe does not know the customer. */
  readonly details: BillingDetails | null
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface CodeAttempt {
  /** As it is now; null when Stripe does not know it. */
  readonly subscription: ObservedSubscription | null
  /** Why Stripe would not take the code after all. */
  readonly refusal: { readonly path: string; readonly message: string } | null
}

export interface PaymentAttempt {
  readonly paymentIntent: ObservedPaymentIntent | null
  readonly outcome: AttemptOutcome
  readonly clientSecret: string | null
}

export interface PaymentMethodAttempt {
  /** As Stripe knows it; null when it could not be kept. */
  readonly paymentMethodId: string | null
  /** The subscription that it pays for, as it is now; null when there is none. */
  readonly subscription: ObservedSubscription | null
  /** The invoices that were open and were tried with it, as they are now. */
  readonly invoices: readonly Payment[]
  readonly outcome: AttemptOutcome
  readonly clientSecret: string | null
}

export interface RefundAttempt {
  /** Null when none was made. */
  readonly refund: Payment | null
  /** The refund and what changes with it, as it is now. */
  readonly seen: readonly Observation[]
  readonly outcome: Extract<AttemptOutcome, { readonly type: 'settled' | 'refused' }>
}

/** Who is sold to. */
export interface CustomerGateway {
  createCustomer(user: UserId, intent: Intent): Promise<string>
  /** Says who is billed. A tax id that Stripe will not take is refused; the rest is kept. */
  setBillingDetails(customerId: string, intent: Intent<WishOf<'billing-details'>>): Promise<BillingDetailsAttempt>
}

/** How a subscription begins and ends. */
export interface SubscriptionGateway {
  /** Makes the subscription and tries the given card. */
  subscribe(user: UserId, customerId: string, intent: Intent<WishOf<'subscribe'>>): Promise<SubscriptionAttempt>
  /** Tries (another) card on a subscription that still waits for its first payment; without a card just looks at it. */
  resumeSubscribing(subscriptionId: string, intent: Intent<WishOf<'subscribe'>>): Promise<SubscriptionAttempt>
  /** Ends an unpaid beginning so that nothing can charge later. A subscription that was paid meanwhile stays as it is. */
  abandon(subscriptionId: string, intent: Intent): Promise<ObservedSubscription>
  /** Ends a subscription at once and gives back what was paid for it; one that we did not make stays as it is. */
  undo(user: UserId, intent: Intent<WishOf<'undo'>>): Promise<UndoAttempt>
  /** Puts a promotion code on a subscription in place of other discounts; one that is on it stays. */
  applyCode(intent: Intent<WishOf<'apply-code'>>): Promise<CodeAttempt>
  /** Lets a trial last until another moment. Null: Stripe does not know the subscription. */
  extendTrial(intent: Intent<WishOf<'extend-trial'>>): Promise<ObservedSubscription | null>
  /** Cancels now or at the end of the period; one that has ended is returned as it is. Null: Stripe does not know it. */
  cancel(intent: Intent<WishOf<'cancel'>>): Promise<ObservedSubscription | null>
}

/** How a running subscription becomes another one, or stays. */
export interface PlanChangeGateway {
  /** What a change would cost and when, by Stripe's own reckoning: what `changePlan` invoices, to the minor unit. */
  previewChange(customerId: string, wish: WishOf<'change'>): Promise<ChangePreview>
  /**
   * Changes the plan at once, if that can be paid, or plans it for the end of the period. Whatever else was planned is
   * withdrawn, the end of the subscription too; a declined change leaves everything as it was.
   */
  changePlan(intent: Intent<WishOf<'change'>>): Promise<ChangeAttempt>
  /** Puts back what a change at once left that was broken off: a card that was not charged yet, a payment that waits. */
  callOffChange(intent: Intent<WishOf<'change'>>): Promise<ObservedSubscription | null>
  /** Withdraws a planned end or change, and lets a paused subscription go on. `stale`: there was nothing of that. */
  resume(intent: Intent<WishOf<'resume'>>): Promise<ChangeAttempt>
}

/** Stripe's own pages for the same. */
export interface HostedPageGateway {
  /** Opens a hosted page for subscribing, or takes up the one that an earlier key made. */
  openCheckout(
    user: UserId,
    customerId: string,
    intent: Intent<WishOf<'checkout'>>,
    made: string | null,
  ): Promise<CheckoutAttempt>
  /** Closes the customer's open pages but this wish's own; what was paid at that very moment is seen. */
  expireCheckouts(customerId: string, intent: Intent): Promise<readonly Observation[]>
  /** The address of a hosted page where the customer looks after everything; good for a few minutes. */
  openPortal(customerId: string, returnUrl: string): Promise<string>
}

/** Money that comes in and goes back. */
export interface PaymentGateway {
  /**
   * Pays what is open with another payment method and keeps it for all that comes. Declined for all that is open, it is not
   * kept and nothing changes.
   */
  setPaymentMethod(customerId: string, intent: Intent<WishOf<'set-payment-method'>>): Promise<PaymentMethodAttempt>
  /** Makes a payment and tries the given card. A declined one is cancelled, so that nothing can charge later. */
  pay(user: UserId, customerId: string, intent: Intent<WishOf<'pay'>>): Promise<PaymentAttempt>
  /** The same for a payment that an earlier key made. */
  resumePaying(paymentIntentId: string): Promise<PaymentAttempt>
  /** Gives money back. One that an earlier key of the intent made is found and not made again. */
  refund(user: UserId, intent: Intent<WishOf<'refund'>>): Promise<RefundAttempt>
}

/**
 * Selling at Stripe. Every method may throw `stripe_unavailable`: the outcome is unknown and the wish stays open. Each
 * object made carries the user's and the intent's id in its metadata; under one key number an intent makes it once.
 */
export interface Gateway
  extends CustomerGateway,
    SubscriptionGateway,
    PlanChangeGateway,
    HostedPageGateway,
    PaymentGateway {}
