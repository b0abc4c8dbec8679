import type { Account, Change, Needs } from './account.ts'
import { messagesAbout } from './app-message.ts'
import { type Catalogue, type PriceIds, planOfPrice } from './catalogue.ts'
import { disputeAfter, type ObservedDispute } from './dispute.ts'
import { boughtGrant } from './pack.ts'
import { calledOff, isCalledOff, type ObservedPaymentIntent, type Payment } from './payment.ts'
import { DAY_MS, type Instant } from './period.ts'
import { currentVersion } from './plan-version.ts'
import {
  isEnded,
  isOwing,
  type ObservedSubscription,
  type PlannedTerms,
  pastTermsOf,
  type Subscription,
} from './subscription.ts'
import { disputedAmount, takenBackAmount, takingBack } from './taking-back.ts'
import { claimsOf } from './trial.ts'
import { undo, undoSecond } from './undoing.ts'

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

export interface Knowledge {
  readonly catalogue: Catalogue
  readonly priceIds: PriceIds
  /** Business time of the observation. */
  readonly at: Instant
  /** By Stripe's clock, when it was so; left out where nobody knows. */
  readonly seenAt?: Instant | null
  /**
   * Everything of the customer was looked at for this in the user's lane. Stripe revives no subscription: if one that has
   * ended here has not at Stripe, it is we who are wrong.
   */
  readonly isCompared?: boolean
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
      return observeTrialCheckout(account, observation, knowledge.at)
    case 'customer-deleted':
      if (account.customerId !== observation.customerId) return []
      return [{ type: 'customer-deleted', customerId: observation.customerId, at: knowledge.at }]
  }
}

/** What a decision on these observations looks at beyond the account's state. */
export function needsOf(observations: readonly Observation[]): Pick<Needs, 'payments' | 'trialClaims'> {
  const payments = observations.flatMap((observation) => {
    if (observation.type === 'entry') return [observation.payment.id]
    if (observation.type === 'payment-intent') return [observation.paymentIntent.id]
    if (observation.type === 'entry-unknown') return [observation.paymentId]
    return observation.type === 'dispute' ? [observation.dispute.paymentId] : []
  })
  const trialClaims = observations.flatMap((observation) =>
    observation.type === 'trial-checkout' ? claimsIn(observation) : [],
  )
  return {
    ...(payments.length === 0 ? {} : { payments }),
    ...(trialClaims.length === 0 ? {} : { trialClaims }),
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

interface TrialCheckout {
  readonly customerId: string
  readonly subscriptionId: string
  readonly intentId: string
  readonly email: string | null
  readonly cardFingerprint: string | null
  /** The operator allowed it, whoever had one before. */
  readonly isAllowed: boolean
}

function claimsIn({ email, cardFingerprint }: TrialCheckout): readonly string[] {
  return claimsOf({ user: '', email, cardFingerprint }).filter((claim) => !claim.startsWith('user:'))
}

/** The trial is claimed now that its card is known. A card that had one with another account ends it again, unpaid. */
function observeTrialCheckout(account: Account, seen: TrialCheckout, at: Instant): readonly Change[] {
  const claims = [`user:${account.user}`, ...claimsIn(seen)]
  const isTaken = account.trialClaims.some(({ claim, user }) => claims.includes(claim) && user !== account.user)
  if (isTaken && !seen.isAllowed) return [undo(seen.subscriptionId, 'trial_used', at)]
  const claimed: Change = { type: 'trial-claimed', claims, intentId: seen.intentId, at }
  return seen.isAllowed ? [claimed, { type: 'trial-allowance-used' }] : [claimed]
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
  ]
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

/**
 * A subscription as it is kept after a look at it. A plan once bought keeps its name when its price leaves the catalogue, as
 * long as the price is the same; of a price that was never in it the plan is unknown.
 */
export function keptSubscription(
  known: Subscription | undefined,
  seen: ObservedSubscription,
  knowledge: Knowledge,
): Subscription {
  const plan = seen.priceId === null ? null : planOfPrice(knowledge.catalogue, knowledge.priceIds, seen.priceId)
  const planName = plan?.name ?? (known?.priceId === seen.priceId ? (known?.planName ?? null) : null)
  const bought = boughtAfter(known, planName, seen, knowledge)
  return {
    ...seen,
    ...bought,
    statusSince: known && known.status === seen.status ? known.statusSince : knowledge.at,
    pastDueSince: isOwing(seen) ? (seen.pastDueSince ?? known?.pastDueSince ?? knowledge.at) : null,
    collectionPausedSince: seen.collectionPause === null ? null : (known?.collectionPausedSince ?? knowledge.at),
    pastTerms: known ? pastTermsOf(known, bought, seen, knowledge.at) : [],
  }
}

/** The terms stay as they were bought as long as plan and price do, unless others were planned and have come to hold. */
function boughtAfter(
  known: Subscription | undefined,
  planName: string | null,
  seen: ObservedSubscription,
  { catalogue, seenAt }: Knowledge,
): Pick<Subscription, 'planName' | 'planVersion' | 'plannedTerms'> {
  if (known === undefined || known.planName !== planName || known.priceId !== seen.priceId)
    return { planName, ...versioned(currentVersion(catalogue, planName)) }
  const { planVersion, plannedTerms: planned } = known
  const kept = { planName, ...versioned(planVersion ?? null) }
  if (!planned) return kept
  const fate = fateOf(planned, seen, seenAt ?? seen.currentPeriodStart)
  if (fate === 'holds') return { planName, planVersion: planned.planVersion }
  return fate === 'waits' ? { ...kept, plannedTerms: planned } : kept
}

/** What has become of terms that were planned. Those with other rates hold when Stripe bills by them. */
function fateOf(planned: PlannedTerms, seen: ObservedSubscription, seenAt: Instant): 'waits' | 'holds' | 'lapses' {
  // Whoever cancels or changes his plan withdraws at Stripe what was planned there.
  if (seen.cancelAt !== null || seen.pendingChange !== null) return 'lapses'
  const { from, meteredPriceIds } = planned
  if (meteredPriceIds === undefined) return seen.currentPeriodStart >= from ? 'holds' : 'waits'
  const billed = seen.metered?.priceIds ?? []
  if (billed.length === meteredPriceIds.length && billed.every((id) => meteredPriceIds.includes(id))) return 'holds'
  return seenAt > from + DAY_MS ? 'lapses' : 'waits'
}

function versioned(planVersion: string | null) {
  return planVersion === null ? {} : { planVersion }
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
