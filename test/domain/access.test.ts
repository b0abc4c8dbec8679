import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { ACCESS_TABLE, accessOf } from '../../src/domain/access.ts'
import type { Dispute } from '../../src/domain/dispute.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { activeSince } from '../support/sample-account.ts'

const now = Date.UTC(2026, 5, 10)

const active = activeSince(now - 9 * DAY_MS, { statusSince: now - DAY_MS, currentPeriodEnd: now + 21 * DAY_MS })

const disputed: Dispute = {
  id: 'du_1',
  customerId: 'cus_1',
  paymentId: 'in_1',
  subscriptionId: 'sub_1',
  amount: 3_900,
  currency: 'usd',
  reason: 'fraudulent',
  state: 'open',
  createdAt: now - 2 * DAY_MS,
  closedAt: null,
}

const accessWith = (changes: Partial<Subscription>, disputes: readonly Dispute[] = [], at = now) =>
  accessOf(BUILT_IN_PLANS, { subscriptions: [{ ...active, ...changes }], disputes }, at)
const owing = { status: 'past_due', pastDueSince: now - 3 * DAY_MS } as const

describe('access', () => {
  test('without a subscription is none', () => {
    const none = { allowed: false, reason: 'no_subscription', since: null, until: null } as const
    expect(accessOf(BUILT_IN_PLANS, { subscriptions: [], disputes: [] }, now)).toEqual(none)
  })

  test.each([
    ['trialing', true],
    ['active', true],
    ['past_due', true],
    ['unpaid', false],
    ['paused', false],
    ['incomplete', false],
    ['incomplete_expired', false],
    ['canceled', false],
  ] as const)('with the status %s is %p, and the status is the reason', (status, allowed) => {
    expect(accessWith({ status })).toMatchObject({ allowed, reason: status, since: now - DAY_MS })
  })

  test('ends when the grace is over, which runs from the first failure and not from the status', () => {
    const since = now - 3 * DAY_MS
    const until = since + 7 * DAY_MS
    expect(accessWith(owing)).toEqual({ allowed: true, reason: 'past_due', since, until })
    expect(accessWith(owing, [], until - 1)).toMatchObject({ allowed: true })
    expect(accessWith(owing, [], until)).toEqual({
      allowed: false,
      reason: 'grace_period_ended',
      since: until,
      until: null,
    })
  })

  test('has the grace of its plan', () => {
    const plans = BUILT_IN_PLANS.plans.map((plan) => ({ ...plan, graceDays: 0 }))
    const strict = { ...BUILT_IN_PLANS, plans }
    const account = { subscriptions: [{ ...active, ...owing }], disputes: [] }
    expect(accessOf(strict, account, now)).toMatchObject({ allowed: false, reason: 'grace_period_ended' })
  })

  test('of a plan that is no longer sold has the usual grace', () => {
    expect(accessWith({ ...owing, planName: null })).toMatchObject({ until: owing.pastDueSince + 7 * DAY_MS })
  })

  test('to a plan that charges by use needs a card', () => {
    const payAsYouGo = { planName: 'usage_based', hasPaymentMethod: false }
    expect(accessWith(payAsYouGo)).toMatchObject({ allowed: false, reason: 'payment_method_required' })
    expect(accessWith({ ...payAsYouGo, hasPaymentMethod: true }).allowed).toBe(true)
    expect(accessWith({ hasPaymentMethod: false }).allowed).toBe(true)
  })

  test('is suspended while collection is paused by voiding, and not otherwise', () => {
    const paused = { collectionPause: 'void', collectionPausedSince: now - 5 } as const
    expect(accessWith(paused)).toMatchObject({ allowed: false, reason: 'collection_paused', since: now - 5 })
    expect(accessWith({ collectionPause: 'keep_as_draft' }).allowed).toBe(true)
    expect(accessWith({ collectionPause: 'mark_uncollectible' }).allowed).toBe(true)
  })
})

describe('a disputed payment of the subscription', () => {
  test('suspends access while the bank decides; an inquiry does not', () => {
    const suspended = { allowed: false, reason: 'payment_disputed', since: disputed.createdAt } as const
    expect(accessWith({}, [disputed])).toMatchObject(suspended)
    expect(accessWith({}, [{ ...disputed, state: 'inquiry' }]).allowed).toBe(true)
  })

  test('that was won gives it back', () => {
    expect(accessWith({}, [{ ...disputed, state: 'won', closedAt: now }]).allowed).toBe(true)
  })

  test('that was lost ends it until a later period is paid', () => {
    const lost: Dispute = { ...disputed, state: 'lost', closedAt: now - DAY_MS }
    expect(accessWith({}, [lost])).toMatchObject({ allowed: false, reason: 'payment_disputed' })
    expect(accessWith({ currentPeriodStart: now, ...owing }, [lost]).allowed).toBe(false)
    expect(accessWith({ currentPeriodStart: now }, [lost]).allowed).toBe(true)
  })

  test('of another subscription, or of a pack, does not touch it', () => {
    expect(accessWith({}, [{ ...disputed, subscriptionId: 'sub_0' }]).allowed).toBe(true)
    expect(accessWith({}, [{ ...disputed, subscriptionId: null }]).allowed).toBe(true)
  })

  test('does not touch it where the catalogue says so', () => {
    const lenient = { ...BUILT_IN_PLANS, disputesSuspend: false }
    expect(accessOf(lenient, { subscriptions: [active], disputes: [disputed] }, now).allowed).toBe(true)
  })
})

test('the table in the documentation is the one that decides', async () => {
  const documentation = await Bun.file(`${import.meta.dir}/../../docs/access.md`).text()
  const rows = ACCESS_TABLE.map(
    ({ reason, allowed, when, sinceWhen }) => `| ${when} | ${allowed ? 'yes' : 'no'} | \`${reason}\` | ${sinceWhen} |`,
  )
  expect(documentation).toContain(rows.join('\n'))
})
