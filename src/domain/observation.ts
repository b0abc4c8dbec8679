import type { Account, Change, Needs } from './account.ts'
import { messagesAbout } from './app-message.ts'
import { claimCard, claimCheckout, claimsToKnow, type TrialCheckout } from './claiming.ts'
import { disputeAfter, disputedAmount, type ObservedDispute } from './dispute.ts'
import { type Knowledge, keptSubscription } from './kept-subscription.ts'
import { boughtGrant } from './pack.ts'
import { calledOff, isCalledOff, type ObservedPaymentIntent, type Payment } from './payment.ts'
import type { Instant } from './period.ts'
import { isEnded, type ObservedSubscription, type Subscription } from './subscription.ts'
import { takenBackAmount, takingBack } from './taking-back.ts'
import { cardClaim } from './trial.ts'
import { undoSecond } from './undoing.ts'

/** A Stripe object as it was seen, whoever brought it: a webhook, the answer to our own call, or a look at Stripe. */
export type Observation = (
  | { readonly type: 'subscription'; readonly subscription: ObservedSubscription }
  /** An invoice or a refund: an entry of the history as it stands. */
  | { readonly type: 'entry'; readonly payment: Payment }
  | { readonly type: 'payment-intent'; readonly paymentIntent: ObservedPaymentIntent }
  | { readonly type: 'dispute'; readonly dispute: ObservedDispute }
  /** Stripe says that it has no such subscription of this customer: nothing is billed by it. */
  | { readonly type: 'subscription-unknown'; readonly subscriptionId: string; readonly customerId: string }
  /** Stripe says that it has no such entry of the history. */
  | { readonly type: 'entry-unknown'; readonly paymentId: string; readonly customerId: string }
  | { readonly type: 'customer-deleted'; readonly customerId: string }
  /** Somebody has completed a hosted page and is in a trial by it. */
  | ({ readonly type: 'trial-checkout' } & TrialCheckout)
) &
  Sighting

interface Sighting {
  /** By Stripe's clock, when it stood like this; left out where nobody knows. Never compared with a time of ours. */
  readonly seenAt?: Instant
}

/**
 * What an observation changes: the one way in for everything that Stripe knows. Observations of one user come in the
 * order in which they were made (one conversation with Stripe at a time per user); an ended subscription stays ended.
 */
export function observe(account: Account, observation: Observation, knowledge: Knowledge): readonly Change[] {
  const seenAt = observation.seenAt ?? null
  switch (observation.type) {
    case 'subscription':
      return observeSubscription(account, observation.subscription, knowledge, seenAt)
    case 'entry':
      return [{ type: 'payment-observed', payment: { ...observation.payment, seenAt } }]
    case 'dispute':
      return observeDispute(account, observation.dispute, knowledge)
    case 'payment-intent':
      return observePayment(account, observation.paymentIntent, knowledge, seenAt)
    case 'subscription-unknown':
      return endUnknown(account, observation.subscriptionId, knowledge.at)
    case 'entry-unknown':
      return callOff(account, observation.paymentId)
    case 'trial-checkout':
      return claimCheckout(account, observation, knowledge.at)
    case 'customer-deleted':
      if (account.customerId !== observation.customerId) return []
      return [{ type: 'customer-deleted', customerId: observation.customerId, at: knowledge.at }]
  }
}

/** What a decision on these observations looks at beyond the account's state. */
export function needsOf(observations: readonly Observation[]): Pick<Needs, 'payments' | 'trialClaims'> {
  const payments = observations.flatMap(paymentsToKnow)
  const trialClaims = observations.flatMap((observation) => {
    if (observation.type === 'trial-checkout') return claimsToKnow(observation)
    const card = observation.type === 'subscription' ? observation.subscription.trialCard : undefined
    return card === undefined ? [] : [cardClaim(card)]
  })
  return {
    ...(payments.length === 0 ? {} : { payments }),
    ...(trialClaims.length === 0 ? {} : { trialClaims }),
  }
}

function paymentsToKnow(observation: Observation): readonly string[] {
  switch (observation.type) {
    case 'entry':
      return [observation.payment.id]
    case 'payment-intent':
      return [observation.paymentIntent.id]
    case 'entry-unknown':
      return [observation.paymentId]
    case 'dispute':
      return [observation.dispute.paymentId]
    case 'subscription':
      return observation.subscription.latestInvoice ? [observation.subscription.latestInvoice.id] : []
    default:
      return []
  }
}

/** What it comes to that Stripe has no such customer any more: it is deleted, and so is what was running for it. */
export function customerLost({ customerId, subscriptions }: Account): readonly Observation[] {
  if (customerId === null) return []
  const running = subscriptions.filter((known) => known.customerId === customerId && !isEnded(known))
  return [
    ...running.map(({ id }): Observation => ({ type: 'subscription-unknown', subscriptionId: id, customerId })),
    { type: 'customer-deleted', customerId },
  ]
}

/** Which Stripe customer an observation belongs to. */
export function customerOf(observation: Observation): string {
  switch (observation.type) {
    case 'subscription':
      return observation.subscription.customerId
    case 'entry':
      return observation.payment.customerId
    case 'payment-intent':
      return observation.paymentIntent.customerId
    case 'dispute':
      return observation.dispute.customerId
    case 'subscription-unknown':
    case 'entry-unknown':
    case 'trial-checkout':
    case 'customer-deleted':
      return observation.customerId
  }
}

/** What was paid for is given in the very change that sees it paid, and what is given back is taken back in it. */
function observePayment(
  account: Account,
  seen: ObservedPaymentIntent,
  knowledge: Knowledge,
  seenAt: Instant | null,
): readonly Change[] {
  const { id, status, entry, pack } = seen
  const known = account.payments.find((payment) => payment.id === id)
  const back = takenBackAmount(seen, known, knowledge.catalogue.refundsTakeBack)
  const fresh = status === 'succeeded' && pack !== null ? boughtGrant(id, pack, knowledge.at) : null
  const grant = account.bought.find(({ paymentId }) => paymentId === id) ?? fresh
  const disputed = knowledge.catalogue.disputesSuspend ? disputedAmount(account.disputes, id) : 0
  return [
    ...(entry === null
      ? []
      : [{ type: 'payment-observed', payment: { ...entry, takenBackAmount: back, seenAt } } as const]),
    ...(fresh === null ? [] : [{ type: 'grant-given', grant: fresh } as const]),
    ...(grant === null ? [] : takingBack(grant, seen.amount, back + disputed)),
  ]
}

function observeSubscription(
  account: Account,
  seen: ObservedSubscription,
  knowledge: Knowledge,
  seenAt: Instant | null,
): readonly Change[] {
  const known = account.subscriptions.find((subscription) => subscription.id === seen.id)
  if (known && isEnded(known) && !isEnded(seen) && knowledge.isCompared !== true) return []
  const subscription = { ...keptSubscription(known, seen, { ...knowledge, seenAt }), seenAt }
  return [
    { type: 'subscription-observed', subscription },
    ...messagesAbout(knowledge.catalogue, account, known, subscription, knowledge.at),
    ...undoSecond(account, subscription, knowledge.at),
    ...claimCard(account, seen, knowledge.at),
    ...latestInvoice(account, seen),
  ]
}

/** What was given back of it no invoice tells: that stays as it is known. */
function latestInvoice({ payments }: Account, { latestInvoice: seen }: ObservedSubscription): readonly Change[] {
  if (seen === undefined) return []
  const { refundedAmount, takenBackAmount } = payments.find(({ id }) => id === seen.id) ?? seen
  return [{ type: 'payment-observed', payment: { ...seen, refundedAmount, takenBackAmount, seenAt: null } }]
}

function endUnknown(account: Account, id: string, at: Instant): readonly Change[] {
  const known = account.subscriptions.find((subscription) => subscription.id === id)
  if (known === undefined || isEnded(known)) return []
  const subscription: Subscription = { ...known, status: 'canceled', cancelAt: null, endedAt: at, statusSince: at }
  return [{ type: 'subscription-observed', subscription }]
}

/** What was never paid for goes back, as far as it is unused. */
function callOff(account: Account, id: string): readonly Change[] {
  const known = account.payments.find((payment) => payment.id === id)
  if (known === undefined || isCalledOff(known)) return []
  const grant = account.bought.find(({ paymentId }) => paymentId === id)
  return [
    { type: 'payment-observed', payment: calledOff(known) },
    ...(grant === undefined ? [] : takingBack(grant, known.amount, known.amount)),
  ]
}

function observeDispute(account: Account, seen: ObservedDispute, knowledge: Knowledge): readonly Change[] {
  const known = account.disputes.find((dispute) => dispute.id === seen.id)
  const dispute = disputeAfter(known, seen, knowledge.at)
  if (dispute === null) return []
  const payment = account.payments.find(({ id }) => id === seen.paymentId)
  const grant = account.bought.find(({ paymentId }) => paymentId === seen.paymentId)
  const disputes = [...account.disputes.filter(({ id }) => id !== seen.id), dispute]
  const disputed = knowledge.catalogue.disputesSuspend ? disputedAmount(disputes, seen.paymentId) : 0
  return [
    { type: 'dispute-observed', dispute },
    ...(payment && grant ? takingBack(grant, payment.amount, payment.takenBackAmount + disputed) : []),
  ]
}
