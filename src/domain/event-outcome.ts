import type { Account, Change } from './account.ts'
import { moneyText } from './money.ts'
import type { Payment } from './payment.ts'
import { isoTime } from './period.ts'
import type { Subscription } from './subscription.ts'

/** What came of an event, for the operator: what changed and from what, or that nothing did. */
export function outcomeOf(account: Account, changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing changed: what it tells is known.'
  return changes.map((change) => sentenceOf(account, change)).join(' ')
}

function sentenceOf(account: Account, change: Change): string {
  switch (change.type) {
    case 'subscription-observed':
      return subscriptionSentence(
        account.subscriptions.find(({ id }) => id === change.subscription.id),
        change.subscription,
      )
    case 'payment-observed':
      return paymentSentence(
        account.payments.find(({ id }) => id === change.payment.id),
        change.payment,
      )
    case 'dispute-observed': {
      const { id, amount, currency, paymentId, state } = change.dispute
      return `Dispute ${id} of ${moneyText(amount, currency)} about ${paymentId} is ${state}.`
    }
    case 'grant-given':
      return `What was paid for is given: ${change.grant.id}.`
    default:
      return `${change.type.replaceAll('-', ' ')}.`
  }
}

function subscriptionSentence(known: Subscription | undefined, seen: Subscription): string {
  const name = `Subscription ${seen.id}`
  const plan =
    seen.planName ??
    (seen.priceId === null ? 'of no single price' : `of no plan: ${seen.priceId} is none of its prices`)
  if (known === undefined) return `${name} (${plan}) is new and ${seen.status}.`
  const moves = [
    ...(known.status === seen.status ? [] : [`went from ${known.status} to ${seen.status}`]),
    ...(known.planName === seen.planName
      ? []
      : [`moved from ${known.planName ?? 'no plan'} to ${seen.planName ?? 'no plan'}`]),
    ...(known.currentPeriodEnd === seen.currentPeriodEnd
      ? []
      : [`has a period until ${isoTime(seen.currentPeriodEnd)}`]),
    ...(known.cancelAt === seen.cancelAt
      ? []
      : [seen.cancelAt === null ? 'is not to end any more' : `is to end at ${isoTime(seen.cancelAt)}`]),
    ...(known.hasPaymentMethod === seen.hasPaymentMethod
      ? []
      : [seen.hasPaymentMethod ? 'has a card to charge now' : 'has no card to charge any more']),
  ]
  if (moves.length > 0) return `${name} (${plan}) ${moves.join(', ')}.`
  return `${name} (${plan}) is ${seen.status}, as it was.`
}

function paymentSentence(known: Payment | undefined, seen: Payment): string {
  const kind = { invoice: 'Invoice', payment: 'Payment', refund: 'Refund' }[seen.kind]
  const name = `${kind} ${seen.id} of ${moneyText(seen.amount, seen.currency)}`
  const refunded =
    seen.refundedAmount === 0 ? '' : `, ${moneyText(seen.refundedAmount, seen.currency)} of it given back`
  const isSame =
    known?.status === seen.status && known.refundedAmount === seen.refundedAmount && known.amount === seen.amount
  if (isSame) return `${name} is ${seen.status}${refunded}, as it was.`
  const from = known === undefined || known.status === seen.status ? 'is' : `went from ${known.status} to`
  return `${name} ${from} ${seen.status}${refunded}.`
}
