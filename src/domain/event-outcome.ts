import type { Account, Change } from './account.ts'
import type { Draw } from './grant.ts'
import type { Intent } from './intent.ts'
import { moneyText } from './money.ts'
import type { Payment } from './payment.ts'
import { amountOf, SERVICES } from './quantity.ts'
import type { Subscription } from './subscription.ts'
import { newsOf } from './subscription-news.ts'

/** What is told of one change, as a sentence that lacks its capital and its end; and whether it was not known before. */
interface Clause {
  readonly text: string
  readonly isNews: boolean
}

/**
 * What came of an event, for the operator: what changed and from what; or that nothing did, and how things stand. `unseen` is
 * said where there was nothing to see.
 */
export function outcomeOf(account: Account, changes: readonly Change[], unseen: string): string {
  const clauses = changes.map((change) => clauseOf(account, change))
  const news = clauses.filter(({ isNews }) => isNews)
  if (news.length > 0) return news.map(({ text }) => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`).join(' ')
  if (clauses.length === 0) return `Nothing changed: ${unseen}.`
  return `Nothing changed: ${clauses.map(({ text }) => text).join(' and ')}, as before.`
}

function clauseOf(account: Account, change: Change): Clause {
  switch (change.type) {
    case 'subscription-observed':
      return subscriptionClause(account, change.subscription)
    case 'payment-observed':
      return paymentClause(account, change.payment)
    case 'dispute-observed': {
      const { id, amount, currency, paymentId, state } = change.dispute
      const known = account.disputes.find((dispute) => dispute.id === id)
      const text = `dispute ${id} of ${moneyText(amount, currency)} about ${paymentId} ${DISPUTE_STATES[state]}`
      return { text, isNews: known?.state !== state || known.amount !== amount }
    }
    case 'grant-given': {
      const { id, reason, paymentId } = change.grant
      const text = `what ${paymentId ?? 'nobody'} paid for is given (${reason})`
      return { text, isNews: !account.bought.some((grant) => grant.id === id) }
    }
    case 'grant-taken-back':
      return news(takenBackText(account, change.draw))
    case 'message-queued':
      return news(`the app is to be told ${change.message.type}`)
    case 'customer-deleted':
      return news(`customer ${change.customerId} was deleted at Stripe, and the next purchase makes another`)
    case 'trial-claimed':
      return news('its trial is claimed for the user and the card')
    case 'trial-allowance-used':
      return news('the further trial that an operator allowed is used')
    case 'intent-opened':
      return news(wishText(change.intent))
    default:
      return news(change.type.replaceAll('-', ' '))
  }
}

function news(text: string): Clause {
  return { text, isNews: true }
}

function subscriptionClause({ subscriptions }: Account, seen: Subscription): Clause {
  const known = subscriptions.find(({ id }) => id === seen.id)
  const name = `subscription ${seen.id} (${planText(seen)})`
  if (known === undefined) return news(`${name} is new and ${seen.status}`)
  const moves = newsOf(known, seen)
  return moves.length > 0 ? news(`${name} ${moves.join(', ')}`) : { text: `${name} is ${seen.status}`, isNews: false }
}

function planText({ planName, priceId }: Subscription): string {
  return planName ?? (priceId === null ? 'of no single price' : `of no plan: ${priceId} is none of its prices`)
}

function paymentClause({ payments }: Account, seen: Payment): Clause {
  const known = payments.find(({ id }) => id === seen.id)
  const { kind, amount, currency, status, refundedAmount } = seen
  const refunded = refundedAmount === 0 ? '' : `, ${moneyText(refundedAmount, currency)} of it given back`
  const isMoved = known !== undefined && known.status !== status
  const state = isMoved ? `went from ${known.status} to ${status}` : (PAST[status] ?? `is ${status}`)
  return {
    text: `${kind} ${seen.id} of ${moneyText(amount, currency)} ${state}${refunded}`,
    isNews: isMoved || known?.refundedAmount !== refundedAmount || known.amount !== amount,
  }
}

/** Where Stripe's word for a status is a deed. */
const PAST: Readonly<Record<string, string>> = {
  succeeded: 'has succeeded',
  failed: 'has failed',
  canceled: 'was canceled',
}

const DISPUTE_STATES = {
  open: 'is open',
  inquiry: 'is an inquiry as yet',
  won: 'was won',
  lost: 'was lost',
} as const

function takenBackText({ bought }: Account, { grantId, quantity }: Draw): string {
  const grant = bought.find(({ id }) => id === grantId)
  const { unit, unitQuanta } = SERVICES[grant?.service ?? 'voice_call']
  const amount = `${amountOf(quantity < 0n ? -quantity : quantity, unitQuanta)} ${unit} of ${grantId}`
  return quantity < 0n ? `${amount} are there again` : `${amount} are taken back with what paid for them`
}

/** What events open is the wish to undo a subscription. */
function wishText({ wish }: Intent): string {
  if (wish.kind !== 'undo') return `${wish.kind} is to be done at Stripe`
  const why = wish.why === 'duplicate' ? 'the user has another' : 'its card has had a trial with another user'
  return `subscription ${wish.subscriptionId} is to be ended and its money given back if it was sold here, since ${why}`
}
