import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Account, Change } from '../../src/domain/account.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { observeAll } from '../../src/domain/observations.ts'
import type { ObservedSubscription } from '../../src/domain/subscription.ts'
import { memoryPorts } from '../support/memory-ports.ts'
import { PAID_INVOICE } from '../support/sample-account.ts'

const at = Date.UTC(2026, 5, 10)
const catalogue = { ...BUILT_IN_PLANS, disputesSuspend: true }
const knowledge = { catalogue, priceIds: new Map([['pro_monthly', 'price_pro']]), at }
const nobody: Account = await memoryPorts().ledger.account('ann', {})

const pack = { name: 'hundred', service: 'voice_call', amount: 100, expiresAfterDays: null } as const
const entry = { ...PAID_INVOICE, id: 'pi_1', kind: 'payment', amount: 500, createdAt: at } as const
const { id, customerId, amount, currency } = entry
const payment: Observation = {
  type: 'payment-intent',
  paymentIntent: { id, customerId, amount, currency, status: 'succeeded', entry, pack, refunds: null },
}
const dispute: Observation = {
  type: 'dispute',
  dispute: {
    id: 'dp_1',
    customerId,
    paymentId: id,
    subscriptionId: null,
    amount,
    currency,
    reason: 'fraudulent',
    state: 'lost',
    createdAt: at,
  },
}

const subscription = (name: string, createdAt: number): Observation => ({
  type: 'subscription',
  subscription: { ...live, id: name, createdAt, startedAt: createdAt, anchor: createdAt },
})
const live: ObservedSubscription = {
  id: '',
  customerId,
  status: 'active',
  priceId: 'price_pro',
  anchor: at,
  currentPeriodStart: at,
  currentPeriodEnd: at + 1_000,
  cancelAt: null,
  trialEnd: null,
  startedAt: at,
  endedAt: null,
  createdAt: at,
  hasPaymentMethod: true,
  pastDueSince: null,
  discounts: [],
  collectionPause: null,
  price: { amount: 3_900, currency, interval: 'month' },
  pendingChange: null,
  metered: null,
}

/** What of the pack is left. */
function left(changes: readonly Change[]): bigint {
  return changes.reduce((sum, change) => {
    if (change.type === 'grant-given') return sum + change.grant.remaining
    return change.type === 'grant-taken-back' ? sum - change.draw.quantity : sum
  }, 0n)
}

describe('what is seen at once', () => {
  test.each([
    ['the payment first', [payment, dispute]],
    ['the dispute first', [dispute, payment]],
  ] as const)('of a disputed payment leaves nothing of what it bought: %s', (_order, seen) => {
    const changes = observeAll(nobody, seen, knowledge)
    expect(left(changes)).toBe(0n)
    expect(left(observeAll(nobody, [payment], knowledge))).toBe(6_000_000_000n)
  })

  test.each([
    ['the first', ['sub_1', 'sub_2']],
    ['the second', ['sub_2', 'sub_1']],
  ] as const)('of two subscriptions undoes the later one, whichever is looked at first: %s', (_order, names) => {
    const seen = names.map((name) => subscription(name, name === 'sub_1' ? at : at + 1_000))
    const undone = observeAll(nobody, seen, knowledge).flatMap((change) =>
      change.type === 'intent-opened' && change.intent.wish.kind === 'undo' ? change.intent.wish.subscriptionId : [],
    )
    expect(undone).toEqual(['sub_2'])
  })
})
