import type { Account } from './account.ts'
import type { Observation } from './observation.ts'
import type { Payment } from './payment.ts'
import type { Instant } from './period.ts'
import { isEnded, MOST_SUBSCRIPTIONS } from './subscription.ts'
import type { StripeEvent } from './webhook-event.ts'

/** What an event shows of its object, where it shows all of it that we keep. Without observations it changes nothing. */
export interface Told {
  readonly observations: readonly Observation[]
  /** Of an invoice: what it says about the subscription that it is of. */
  readonly invoice: ToldInvoice | null
}

export interface ToldInvoice {
  readonly subscriptionId: string | null
  readonly isPaid: boolean
  /** It was tried and could not be paid. */
  readonly hasFailed: boolean
  readonly createdAt: Instant
}

/** Either the event is believed, or one must look at Stripe, and why. */
export type Judgement = { readonly news: readonly Observation[] } | { readonly lookBecause: string }

/**
 * Whether what an event shows is certain to be how its object stands now. It is when Stripe made the event strictly later
 * than all that was seen of the object before: both times are Stripe's, ours plays no part. Two events of one second
 * cannot be told apart, and while a call of ours is under way its answer may be newer: then one must look. What is known
 * already needs no look, however old.
 */
export function judge(account: Account, event: StripeEvent, told: Told | null): Judgement {
  if (account.openIntents.length > 0) return { lookBecause: 'a call of ours was under way' }
  if (told === null) return { lookBecause: 'the event does not show all of it' }
  if (told.invoice !== null && !fits(account, told.invoice))
    return { lookBecause: 'its subscription must have changed with it' }
  const news: Observation[] = []
  for (const observation of told.observations) {
    const { isKnown, missing, seenAt, completed } = compare(account, observation)
    if (isKnown) continue
    if (missing !== null) return { lookBecause: missing }
    if (seenAt !== undefined && (seenAt === null || event.createdAt <= seenAt))
      return { lookBecause: 'what was seen before may be newer' }
    news.push({ ...completed, seenAt: event.createdAt })
  }
  return { news }
}

interface Comparison {
  /** It tells nothing that is not known. */
  readonly isKnown: boolean
  /** Why the event cannot show all of it; null when it does. */
  readonly missing: string | null
  /** Stripe's time of what is known: null when that is not known, undefined when nothing is. */
  readonly seenAt: Instant | null | undefined
  /** With what only a look could have told and is known already. */
  readonly completed: Observation
}

function compare(account: Account, observation: Observation): Comparison {
  switch (observation.type) {
    case 'subscription': {
      const { subscription } = observation
      const known = account.subscriptions.find(({ id }) => id === subscription.id)
      // Beyond a dozen the account does not show them all: it may be known, and even have ended.
      const isHidden = known === undefined && account.subscriptions.length >= MOST_SUBSCRIPTIONS
      const missing = isHidden ? 'there have been too many subscriptions to know this one' : null
      const isKnown = known !== undefined && (isEnded(known) || isSame(known, subscription))
      return { isKnown, missing, seenAt: seenAtOf(known), completed: observation }
    }
    case 'entry': {
      const { payment, ...entry } = compareEntry(account, observation.payment)
      return { ...entry, completed: { ...observation, payment } }
    }
    case 'payment-intent': {
      const { paymentIntent } = observation
      if (paymentIntent.entry === null)
        return { isKnown: true, missing: null, seenAt: undefined, completed: observation }
      const { payment, ...entry } = compareEntry(account, paymentIntent.entry)
      return { ...entry, completed: { ...observation, paymentIntent: { ...paymentIntent, entry: payment } } }
    }
    default:
      return { isKnown: false, missing: 'the event does not show all of it', seenAt: undefined, completed: observation }
  }
}

/** What was given back of a payment stands in no invoice and in no payment intent. Nothing was of what was never paid. */
function compareEntry(account: Account, told: Payment): Omit<Comparison, 'completed'> & { readonly payment: Payment } {
  const known = account.payments.find(({ id }) => id === told.id)
  const isPaid = told.status === 'paid' && told.amount > 0
  const { refundedAmount, takenBackAmount } = known ?? told
  const payment = { ...told, refundedAmount, takenBackAmount }
  const isKnown = known !== undefined && isSame(known, payment)
  const missing = known === undefined && isPaid ? 'the event does not show what was given back of it' : null
  return { isKnown, missing, seenAt: seenAtOf(known), payment }
}

function seenAtOf(known: { readonly seenAt?: Instant | null } | undefined): Instant | null | undefined {
  return known === undefined ? undefined : (known.seenAt ?? null)
}

/** As far as it is told: what is concluded, such as a plan's name, follows from that. */
function isSame<T extends object>(known: T, told: Partial<T>): boolean {
  const names = Object.keys(told) as (keyof T)[]
  return names.every((name) => name === 'seenAt' || JSON.stringify(known[name]) === JSON.stringify(told[name]))
}

/**
 * An invoice moves its subscription, which tells so by an event of its own. Where the two as they are known do not fit
 * together, that event has not come: some endpoints send only those of invoices.
 */
function fits({ subscriptions }: Account, { subscriptionId, isPaid, hasFailed, createdAt }: ToldInvoice): boolean {
  if (subscriptionId === null) return true
  const known = subscriptions.find(({ id }) => id === subscriptionId)
  if (known === undefined) return false
  if (isEnded(known)) return true
  if (createdAt >= known.currentPeriodEnd) return false
  if (isPaid) return !['incomplete', 'past_due', 'unpaid'].includes(known.status)
  return !hasFailed || !['active', 'trialing'].includes(known.status)
}
