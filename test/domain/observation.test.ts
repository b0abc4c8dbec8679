import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Account } from '../../src/domain/account.ts'
import { accessOf } from '../../src/domain/entitlement.ts'
import { observe } from '../../src/domain/observation.ts'
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
}

function accountWith(...subscriptions: readonly Subscription[]): Account {
  const nothing = {
    openIntents: [],
    totals: [],
    days: [],
    grants: [],
    usage: null,
    record: null,
    corrections: [],
    allGrants: [],
    report: null,
    answer: null,
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
    expect(seen(accountWith(active), { ...active, status: 'past_due' })).toMatchObject([
      { subscription: { statusSince: at } },
    ])
  })
})

describe('access', () => {
  test('is for active, trialing and past due subscriptions alone', () => {
    const allowed = (
      ['trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete', 'incomplete_expired', 'canceled'] as const
    ).filter((status) => accessOf(BUILT_IN_PLANS, { ...active, status }).allowed)
    expect(allowed).toEqual(['trialing', 'active', 'past_due'])
  })

  test('to a plan that charges by use needs a card', () => {
    const payAsYouGo = { ...active, planName: 'usage_based', hasPaymentMethod: false }
    expect(accessOf(BUILT_IN_PLANS, payAsYouGo)).toMatchObject({ allowed: false, reason: 'payment_method_required' })
    expect(accessOf(BUILT_IN_PLANS, { ...payAsYouGo, hasPaymentMethod: true }).allowed).toBe(true)
    expect(accessOf(BUILT_IN_PLANS, { ...active, hasPaymentMethod: false }).allowed).toBe(true)
  })

  test('without a subscription is none', () => {
    expect(accessOf(BUILT_IN_PLANS, null)).toEqual({ allowed: false, reason: 'no_subscription', since: null })
  })
})
