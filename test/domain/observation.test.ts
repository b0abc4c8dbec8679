import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Account } from '../../src/domain/account.ts'
import { observe } from '../../src/domain/observation.ts'
import { NO_SPENDING_LIMITS } from '../../src/domain/spending.ts'
import type { Subscription } from '../../src/domain/subscription.ts'

const at = Date.UTC(2026, 5, 10)
const knowledge = { catalogue: BUILT_IN_PLANS, priceIds: new Map([['pro_monthly', 'price_pro']]), at }

const active: Subscription = {
  id: 'sub_1',
  customerId: 'cus_1',
  planName: 'pro_monthly',
  priceId: 'price_pro',
  status: 'active',
  statusSince: at - 1_000,
  anchor: at - 1_000,
  currentPeriodStart: at - 1_000,
  currentPeriodEnd: at + 1_000,
  cancelAt: null,
  trialEnd: null,
  startedAt: at - 1_000,
  endedAt: null,
  createdAt: at - 1_000,
  hasPaymentMethod: true,
  pastDueSince: null,
  discount: null,
  collectionPause: null,
  collectionPausedSince: null,
  price: { amount: 3900, currency: 'usd', interval: 'month' },
  pendingChange: null,
  metered: null,
  pastTerms: [],
}

function accountWith(...subscriptions: readonly Subscription[]): Account {
  const nothing = {
    openIntents: [],
    disputes: [],
    spendingLimits: NO_SPENDING_LIMITS,
    payments: [],
    bought: [],
    totals: [],
    days: [],
    grants: [],
    usage: null,
    record: null,
    corrections: [],
    allGrants: [],
    report: null,
    answer: null,
    trialClaims: [],
    eventApplied: false,
  }
  return { user: 'ann', customerId: 'cus_1', subscriptions, ...nothing }
}

function seen(account: Account, subscription: Subscription) {
  return observe(account, { type: 'subscription', subscription }, knowledge)
}

describe('an observed subscription', () => {
  test('that has ended stays ended, whatever is seen later', () => {
    const canceled: Subscription = { ...active, status: 'canceled', endedAt: at }
    expect(seen(accountWith(canceled), active)).toEqual([])
  })

  test('takes its plan from its price', () => {
    const [change] = seen(accountWith(), { ...active, planName: null })
    expect(change).toMatchObject({ type: 'subscription-observed', subscription: { planName: 'pro_monthly' } })
  })

  test('with a price of no plan has no plan', () => {
    const [change] = seen(accountWith(active), { ...active, priceId: 'price_strange' })
    expect(change).toMatchObject({ subscription: { planName: null } })
  })

  test('keeps the plan that was bought when its price leaves the catalogue', () => {
    const [change] = observe(
      accountWith(active),
      { type: 'subscription', subscription: active },
      { ...knowledge, priceIds: new Map() },
    )
    expect(change).toMatchObject({ subscription: { planName: 'pro_monthly' } })
  })

  test('keeps since when it has its status, and begins anew when that changes', () => {
    expect(seen(accountWith(active), active)).toMatchObject([{ subscription: { statusSince: active.statusSince } }])
    const [change] = seen(accountWith(active), { ...active, status: 'past_due' })
    expect(change).toMatchObject({ subscription: { statusSince: at } })
  })
})

describe('an unpaid invoice', () => {
  const owing: Subscription = { ...active, status: 'past_due', pastDueSince: at - 5_000 }

  test('is unpaid since its first failure, through every retry and change of status', () => {
    const [change] = seen(accountWith(owing), { ...active, status: 'unpaid', pastDueSince: null })
    expect(change).toMatchObject({ subscription: { status: 'unpaid', statusSince: at, pastDueSince: at - 5_000 } })
  })

  test('of which Stripe was asked is unpaid since when Stripe says', () => {
    const [change] = seen(accountWith(owing), { ...owing, pastDueSince: at - 9_000 })
    expect(change).toMatchObject({ subscription: { pastDueSince: at - 9_000 } })
  })

  test('that is paid leaves nothing behind', () => {
    const [change] = seen(accountWith(owing), active)
    expect(change).toMatchObject({ subscription: { status: 'active', pastDueSince: null } })
  })
})

describe('an observed dispute', () => {
  const dispute = {
    id: 'du_1',
    customerId: 'cus_1',
    paymentId: 'in_1',
    subscriptionId: 'sub_1',
    amount: 900,
    currency: 'usd',
    reason: 'fraudulent',
    state: 'open',
    createdAt: at - 1_000,
  } as const
  const look = (account: Account, state: 'open' | 'won' | 'lost') =>
    observe(account, { type: 'dispute', dispute: { ...dispute, state } }, knowledge)

  test('is closed when it is first seen decided', () => {
    expect(look(accountWith(active), 'open')).toMatchObject([{ dispute: { state: 'open', closedAt: null } }])
    expect(look(accountWith(active), 'lost')).toMatchObject([{ dispute: { state: 'lost', closedAt: at } }])
  })

  test('that was decided stays so, whatever is seen later', () => {
    const account = { ...accountWith(active), disputes: [{ ...dispute, state: 'won' as const, closedAt: at - 1 }] }
    expect(look(account, 'open')).toEqual([])
  })
})
