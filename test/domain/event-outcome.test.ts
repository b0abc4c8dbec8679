import { describe, expect, test } from 'bun:test'
import type { Change } from '../../src/domain/account.ts'
import type { Dispute } from '../../src/domain/dispute.ts'
import { outcomeOf } from '../../src/domain/event-outcome.ts'
import type { Grant } from '../../src/domain/grant.ts'
import type { Payment } from '../../src/domain/payment.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { undo } from '../../src/domain/undoing.ts'
import { ACTIVE_SUBSCRIPTION, accountWith, PAID_INVOICE } from '../support/sample-account.ts'

const GRANT: Grant = {
  id: 'grant_pi_1',
  service: 'voice_call',
  amount: 600_000_000n,
  remaining: 600_000_000n,
  grantedAt: 0,
  expiresAt: null,
  reason: 'Pack minutes',
  paymentId: 'pi_1',
  takenBack: 0n,
}
const DISPUTE: Dispute = {
  id: 'du_1',
  customerId: 'cus_1',
  paymentId: 'in_1',
  subscriptionId: 'sub_1',
  amount: 3_900,
  currency: 'usd',
  reason: 'fraudulent',
  state: 'open',
  createdAt: 0,
  closedAt: null,
}
const ACCOUNT = accountWith({
  subscriptions: [ACTIVE_SUBSCRIPTION],
  payments: [PAID_INVOICE],
  disputes: [DISPUTE],
  bought: [GRANT],
})

const told = (...changes: readonly Change[]) => outcomeOf(ACCOUNT, changes, 'what it tells is known')
const subscription = (values: Partial<Subscription>): Change => ({
  type: 'subscription-observed',
  subscription: { ...ACTIVE_SUBSCRIPTION, ...values },
})
const payment = (values: Partial<Payment>): Change => ({
  type: 'payment-observed',
  payment: { ...PAID_INVOICE, ...values },
})
const dispute = (values: Partial<Dispute>): Change => ({ type: 'dispute-observed', dispute: { ...DISPUTE, ...values } })

describe('what came of an event is told in sentences', () => {
  const sentences: readonly (readonly [string, Change])[] = [
    ['Subscription sub_2 (pro_monthly) is new and active.', subscription({ id: 'sub_2' })],
    ['Subscription sub_1 (pro_monthly) went from active to past_due.', subscription({ status: 'past_due' })],
    [
      'Subscription sub_1 (pro_monthly) went from active to canceled.',
      subscription({ status: 'canceled', endedAt: 5, cancelAt: 5 }),
    ],
    [
      'Subscription sub_1 (basic_monthly) moved from pro_monthly to basic_monthly.',
      subscription({ planName: 'basic_monthly', priceId: 'price_basic' }),
    ],
    ['Subscription sub_1 (pro_monthly) moved to the price price_yearly.', subscription({ priceId: 'price_yearly' })],
    ['Subscription sub_1 (pro_monthly) is to end at 1970-01-02T00:00:00.000Z.', subscription({ cancelAt: 86_400_000 })],
    [
      'Subscription sub_1 (pro_monthly) has no card to charge any more, is not charged for now.',
      subscription({ hasPaymentMethod: false, collectionPause: 'void' }),
    ],
    [
      'Subscription sub_1 (pro_monthly) is to change to the price price_basic.',
      subscription({ pendingChange: { priceId: 'price_basic', effectiveAt: 5, expiresAt: null } }),
    ],
    [
      'Subscription sub_1 (pro_monthly) has another amount.',
      subscription({ price: { amount: 1, currency: 'usd', interval: 'month' } }),
    ],
    ['Invoice in_2 of 39.00 USD is paid.', payment({ id: 'in_2' })],
    ['Invoice in_1 of 39.00 USD is paid, 10.00 USD of it given back.', payment({ refundedAmount: 1_000 })],
    ['Invoice in_1 of 39.00 USD went from paid to void.', payment({ status: 'void' })],
    [
      'Refund re_1 of 5.00 USD has succeeded.',
      payment({ id: 're_1', kind: 'refund', status: 'succeeded', amount: 500 }),
    ],
    ['Payment pi_1 of 39.00 USD has failed.', payment({ id: 'pi_1', kind: 'payment', status: 'failed' })],
    ['Dispute du_1 of 39.00 USD about in_1 was won.', dispute({ state: 'won', closedAt: 5 })],
    [
      'What pi_2 paid for is given (Pack minutes).',
      { type: 'grant-given', grant: { ...GRANT, id: 'grant_pi_2', paymentId: 'pi_2' } },
    ],
    [
      '2.5 minutes of grant_pi_1 are taken back with what paid for them.',
      { type: 'grant-taken-back', draw: { grantId: GRANT.id, quantity: 150_000_000n } },
    ],
    [
      '10 minutes of grant_pi_1 are there again.',
      { type: 'grant-taken-back', draw: { grantId: GRANT.id, quantity: -600_000_000n } },
    ],
    [
      'Customer cus_1 was deleted at Stripe, and the next purchase makes another.',
      { type: 'customer-deleted', customerId: 'cus_1', at: 5 },
    ],
    [
      'Subscription sub_9 is to be ended and its money given back if it was sold here, since the user has another.',
      undo('sub_9', 'duplicate', 5),
    ],
  ]
  for (const [sentence, change] of sentences)
    test(sentence, () => {
      expect(told(change)).toBe(sentence)
    })
})

test('what is as before is told only where nothing else is', () => {
  expect(told(payment({}), subscription({}), dispute({}), { type: 'grant-given', grant: GRANT })).toBe(
    'Nothing changed: invoice in_1 of 39.00 USD is paid and subscription sub_1 (pro_monthly) is active and ' +
      'dispute du_1 of 39.00 USD about in_1 is open and what pi_1 paid for is given (Pack minutes), as before.',
  )
  expect(told(payment({}), subscription({ status: 'past_due' }))).toBe(
    'Subscription sub_1 (pro_monthly) went from active to past_due.',
  )
  expect(told()).toBe('Nothing changed: what it tells is known.')
})
