import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Account } from '../../src/domain/account.ts'
import { termsHeldAt } from '../../src/domain/held-terms.ts'
import { needsOf, observe } from '../../src/domain/observation.ts'
import type { Payment } from '../../src/domain/payment.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { Plan } from '../../src/domain/plan.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { accountWith, activeSince, PAID_INVOICE } from '../support/sample-account.ts'

const at = Date.UTC(2026, 5, 10)
const knowledge = { catalogue: BUILT_IN_PLANS, priceIds: new Map([['pro_monthly', 'price_pro']]), at }

const active = activeSince(at - 1_000, { currentPeriodEnd: at + 1_000 })

const accountOf = (...subscriptions: readonly Subscription[]) => accountWith({ subscriptions })

function seen(account: Account, subscription: Subscription) {
  return observe(account, { type: 'subscription', subscription }, knowledge)
}

describe('an observed subscription', () => {
  test('that has ended stays ended, whatever is seen later', () => {
    const canceled: Subscription = { ...active, status: 'canceled', endedAt: at }
    expect(seen(accountOf(canceled), active)).toEqual([])
  })

  test('takes its plan from its price', () => {
    const [change] = seen(accountOf(), { ...active, planName: null })
    expect(change).toMatchObject({ type: 'subscription-observed', subscription: { planName: 'pro_monthly' } })
  })

  test('with a price of no plan has no plan', () => {
    const [change] = seen(accountOf(active), { ...active, priceId: 'price_strange' })
    expect(change).toMatchObject({ subscription: { planName: null } })
  })

  test('keeps the plan that was bought when its price leaves the catalogue', () => {
    const [change] = observe(
      accountOf(active),
      { type: 'subscription', subscription: active },
      { ...knowledge, priceIds: new Map() },
    )
    expect(change).toMatchObject({ subscription: { planName: 'pro_monthly' } })
  })

  test('keeps since when it has its status, and begins anew when that changes', () => {
    expect(seen(accountOf(active), active)).toMatchObject([{ subscription: { statusSince: active.statusSince } }])
    const [change] = seen(accountOf(active), { ...active, status: 'past_due' })
    expect(change).toMatchObject({ subscription: { statusSince: at } })
  })
})

describe('since when a subscription has its status', () => {
  const trial: Subscription = { ...active, status: 'trialing', trialEnd: at - 600 }
  const since = (known: Subscription | null, subscription: Partial<Subscription>) => {
    const [change] = seen(known === null ? accountOf() : accountOf(known), { ...active, ...subscription })
    return change?.type === 'subscription-observed' ? change.subscription.statusSince : null
  }

  test.each([
    ['a trial that nobody has seen', null, { status: 'trialing', trialEnd: at + DAY_MS }, active.startedAt],
    ['a trial that ended without a card', trial, { status: 'paused', trialEnd: at - 600 }, at - 600],
    ['the same, of which no trial was seen', null, { status: 'paused', trialEnd: at - 600 }, at - 600],
    ['an end', active, { status: 'canceled', endedAt: at - 300 }, at - 300],
    ['a first payment that is waited for', null, { status: 'incomplete' }, active.createdAt],
  ] as const)('%s is told by Stripe, however late it is seen', (_, known, subscription, moment) => {
    expect(since(known, subscription)).toBe(moment)
  })

  test('is told by nobody else but when it is seen', () => {
    expect(since(active, { status: 'past_due' })).toBe(at)
    expect(since({ ...active, status: 'past_due' }, { status: 'active', trialEnd: at - 600 })).toBe(at)
    expect(since({ ...active, trialEnd: at - 600 }, { status: 'paused', trialEnd: at - 600 })).toBe(at)
    expect(since(trial, { status: 'active', trialEnd: at - 600 })).toBe(at)
    expect(since(null, { status: 'active' })).toBe(at)
  })
})

describe('what a look at a subscription shows beside it', () => {
  const invoice: Payment = { ...PAID_INVOICE, createdAt: at }

  test('is its latest invoice, with what is known to be given back of it', () => {
    const observation = { type: 'subscription', subscription: { ...active, latestInvoice: invoice } } as const
    const known = { ...accountOf(active), payments: [{ ...invoice, refundedAmount: 900, seenAt: at }] }
    expect(needsOf([observation])).toEqual({ payments: ['in_1'] })
    const [kept, paid] = observe(known, observation, knowledge)
    expect(kept).toMatchObject({ type: 'subscription-observed' })
    expect(kept).not.toHaveProperty('subscription.latestInvoice')
    expect(paid).toEqual({ type: 'payment-observed', payment: { ...invoice, refundedAmount: 900, seenAt: null } })
  })

  test('is the card of a trial, which is claimed unless it is claimed already', () => {
    const trial = { ...active, status: 'trialing', trialEnd: at + DAY_MS, trialCard: 'f1' } as const
    const observation = { type: 'subscription', subscription: trial } as const
    expect(needsOf([observation])).toEqual({ trialClaims: ['card:f1'] })
    const claimed = { type: 'trial-claimed', claims: ['card:f1'], intentId: 'sub_1', at }
    expect(observe(accountOf(active), observation, knowledge)[1]).toEqual(claimed as never)
    const taken = [{ claim: 'card:f1', user: 'bob', intentId: 'intent_1' }]
    expect(observe({ ...accountOf(active), trialClaims: taken }, observation, knowledge)).toHaveLength(1)
  })
})

describe('a completed page with a trial', () => {
  const page = {
    type: 'trial-checkout',
    customerId: 'cus_1',
    subscriptionId: 'sub_1',
    intentId: 'intent_1',
    email: 'ann@example.com',
    cardFingerprint: 'f1',
    isAllowed: false,
  } as const
  const claims = ['page:intent_1', 'user:ann', 'email:ann@example.com', 'card:f1']
  const heldBy = (user: string, claim: string) => [{ claim, user, intentId: 'intent_0' }]
  const complete = (trialClaims: Account['trialClaims'], isAllowed = false) =>
    observe({ ...accountOf(), trialClaims }, { ...page, isAllowed }, knowledge)

  test('claims it for whoever was there', () => {
    expect(complete([])).toEqual([{ type: 'trial-claimed', claims, intentId: 'intent_1', at }])
    expect(complete(heldBy('ann', 'card:f1'))).toHaveLength(1)
  })

  test('is undone where the card is another’s, unless the operator allowed it', () => {
    expect(complete(heldBy('bob', 'card:f1'))).toMatchObject([
      { claims: ['page:intent_1'] },
      { type: 'intent-opened', intent: { wish: { kind: 'undo', why: 'trial_used' } } },
    ])
    expect(complete(heldBy('bob', 'card:f1'), true)).toMatchObject([{ claims }, { type: 'trial-allowance-used' }])
  })

  test('has its say once: looked at again, it uses up no other allowance', () => {
    expect(complete(heldBy('ann', 'page:intent_1'), true)).toEqual([])
  })
})

describe('the terms of a plan', () => {
  const version = (id: string) => [id, BUILT_IN_PLANS.plans.find(({ name }) => name === 'pro_monthly') as Plan] as const
  const [first, second] = [version('v1'), version('v2')]
  const versions = new Map([['pro_monthly', { current: 'v2', first: first[1], byId: new Map([first, second]) }]])
  const priceIds = new Map([
    ['pro_monthly', 'price_pro'],
    ['pro_yearly', 'price_year'],
  ])
  const look = (known: Subscription | null, subscription: Subscription, seenAt = at) => {
    const { planVersion: _, plannedTerms: __, ...shown } = subscription
    const catalogue = { ...BUILT_IN_PLANS, versions }
    const account = known === null ? accountOf() : accountOf(known)
    const [change] = observe(
      account,
      { type: 'subscription', subscription: shown, seenAt },
      { ...knowledge, catalogue, priceIds },
    )
    return change?.type === 'subscription-observed' ? change.subscription : null
  }
  const bought: Subscription = { ...active, planVersion: 'v1' }
  const renewed = { currentPeriodStart: active.currentPeriodEnd, currentPeriodEnd: active.currentPeriodEnd + 9_000 }
  const planned = { from: active.currentPeriodEnd, planVersion: 'v2' }

  test('are bought when it is first seen, and kept through renewals', () => {
    expect(look(null, active)?.planVersion).toBe('v2')
    expect(look(bought, { ...active, ...renewed })).toMatchObject({ planVersion: 'v1', pastTerms: [] })
    expect(look(active, active)).not.toHaveProperty('planVersion')
  })

  test('are those of today when the customer changes plan or price, and what was used before keeps its own', () => {
    expect(look({ ...bought, priceId: 'price_before' }, active)).toMatchObject({
      planVersion: 'v2',
      pastTerms: [{ until: at, planName: 'pro_monthly', planVersion: 'v1' }],
    })
  })

  test('that are planned hold from the renewal on', () => {
    expect(look({ ...bought, plannedTerms: planned }, active)).toMatchObject({
      planVersion: 'v1',
      plannedTerms: planned,
    })
    const after = look({ ...bought, plannedTerms: planned }, { ...active, ...renewed })
    expect(after).toMatchObject({ planVersion: 'v2' })
    expect(after).not.toHaveProperty('plannedTerms')
  })

  test('that are planned are seen before the renewal is', () => {
    const waiting = { ...bought, plannedTerms: planned }
    expect(termsHeldAt(waiting, planned.from - 1).planVersion).toBe('v1')
    expect(termsHeldAt(waiting, planned.from).planVersion).toBe('v2')
  })

  test('with other rates hold when Stripe bills by them, and lapse where it never does', () => {
    const waiting = { ...bought, plannedTerms: { ...planned, meteredPriceIds: ['price_8'] } }
    const billedBy = (...ids: string[]) => ({ metered: { periodStart: planned.from, priceIds: ids } })
    const turned = { ...active, ...renewed, ...billedBy('price_5') }
    expect(look(waiting, turned)).toMatchObject({ planVersion: 'v1', plannedTerms: { planVersion: 'v2' } })
    expect(look(waiting, { ...turned, ...billedBy('price_8') })).toMatchObject({ planVersion: 'v2' })
    const days = look(waiting, turned, planned.from + 2 * DAY_MS)
    expect(days).toMatchObject({ planVersion: 'v1' })
    expect(days).not.toHaveProperty('plannedTerms')
  })

  test('that are planned lapse when the customer is to leave', () => {
    const leaving = look({ ...bought, plannedTerms: planned }, { ...active, cancelAt: active.currentPeriodEnd })
    expect(leaving).toMatchObject({ planVersion: 'v1' })
    expect(leaving).not.toHaveProperty('plannedTerms')
  })
})

describe('an unpaid invoice', () => {
  const owing: Subscription = { ...active, status: 'past_due', pastDueSince: at - 5_000 }

  test('is unpaid since its first failure, through every retry and change of status', () => {
    const [change] = seen(accountOf(owing), { ...active, status: 'unpaid', pastDueSince: null })
    expect(change).toMatchObject({ subscription: { status: 'unpaid', statusSince: at, pastDueSince: at - 5_000 } })
  })

  test('of which Stripe was asked is unpaid since when Stripe says', () => {
    const [change] = seen(accountOf(owing), { ...owing, pastDueSince: at - 9_000 })
    expect(change).toMatchObject({ subscription: { pastDueSince: at - 9_000 } })
  })

  test('that is paid leaves nothing behind', () => {
    const [change] = seen(accountOf(owing), active)
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
    expect(look(accountOf(active), 'open')).toMatchObject([{ dispute: { state: 'open', closedAt: null } }])
    expect(look(accountOf(active), 'lost')).toMatchObject([{ dispute: { state: 'lost', closedAt: at } }])
  })

  test('that was decided stays so, whatever is seen later', () => {
    const account = { ...accountOf(active), disputes: [{ ...dispute, state: 'won' as const, closedAt: at - 1 }] }
    expect(look(account, 'open')).toEqual([])
  })
})
