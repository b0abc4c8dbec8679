import { change } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { EventType, Invoice, Subscription } from '../wire.ts'
import { plan } from './agenda.ts'
import { readSetting, retryDelay } from './settings.ts'
import { subscriptionOf } from './settlement.ts'
import { endSubscription } from './subscription-end.ts'
import { saveSubscription } from './subscription-store.ts'

/**
 * An automatic attempt has failed: the subscription is past due from the first failure on, the next attempt is
 * planned, and when there is none left the account's rule decides what becomes of the subscription.
 */
export function failAttempt(turn: Turn, invoice: Invoice, type: EventType = 'invoice.payment_failed'): Invoice {
  const attempts = invoice.attempt_count + 1
  const subscription = subscriptionOf(turn, invoice)
  const delay = subscription?.status === 'incomplete' ? undefined : retryDelay(turn, attempts)
  const next = delay === undefined ? null : turn.now(invoice.customer) + delay
  const patch = { attempt_count: attempts, attempted: true, next_payment_attempt: next }
  const failed = change(turn, 'invoice', invoice, patch, type, 'invoice.updated')
  if (next !== null) plan(turn, invoice.customer, 'collect_invoice', invoice.id, next)
  if (subscription) fallBehind(turn, subscription, next === null)
  return turn.store.objects.find('invoice', failed.id) ?? failed
}

/** Without a payment method there is nothing to try again: the subscription stays past due until somebody pays. */
export function failWithoutMethod(turn: Turn, invoice: Invoice): void {
  const patch = { attempt_count: invoice.attempt_count + 1, attempted: true, next_payment_attempt: null }
  change(turn, 'invoice', invoice, patch, 'invoice.payment_failed', 'invoice.updated')
  const subscription = subscriptionOf(turn, invoice)
  if (subscription) fallBehind(turn, subscription, false)
}

/** An invoice that ought to be paid is not: its subscription falls behind, or ends when patience has. */
export function fallBehind(turn: Turn, subscription: Subscription, exhausted: boolean): void {
  if (!['active', 'trialing', 'past_due'].includes(subscription.status)) return
  const end = exhausted ? readSetting(turn, 'after_retries') : 'past_due'
  if (end === 'cancel') {
    endSubscription(turn, subscription, { reason: 'payment_failed' })
    return
  }
  saveSubscription(
    turn,
    subscription,
    { status: end === 'unpaid' ? 'unpaid' : 'past_due' },
    'customer.subscription.updated',
  )
}
