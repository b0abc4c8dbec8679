import { describe, expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { allowancePeriodAt, DAY_MS } from '../../src/domain/period.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { totalCurrency } from '../../src/domain/usage-currencies.ts'
import { activeSince } from '../support/sample-account.ts'

const BEGUN = Date.parse('2026-01-31T10:00:00Z')

/** In euros, and in a trial of two weeks: its months are counted from the trial's end. */
const euros = activeSince(BEGUN, {
  id: 'sub_euros',
  planName: 'usage_based',
  priceId: 'price_euros',
  status: 'trialing',
  anchor: BEGUN + 14 * DAY_MS,
  currentPeriodEnd: BEGUN + 14 * DAY_MS,
  trialEnd: BEGUN + 14 * DAY_MS,
  price: { amount: 0, currency: 'eur', interval: 'month' },
})

/** In yen, ended on the day before. */
const yen: Subscription = {
  ...euros,
  id: 'sub_yen',
  status: 'canceled',
  anchor: BEGUN - 40 * DAY_MS - 1_000,
  trialEnd: null,
  startedAt: BEGUN - 40 * DAY_MS - 1_000,
  createdAt: BEGUN - 40 * DAY_MS - 1_000,
  endedAt: BEGUN - DAY_MS,
  price: { amount: 0, currency: 'jpy', interval: 'month' },
}

const currencyAt = (subscriptions: readonly Subscription[], { anchor }: Subscription, at: number) =>
  totalCurrency(BUILT_IN_PLANS, subscriptions, { allowanceStart: allowancePeriodAt(anchor, at).start })

describe('the currency of a running total', () => {
  const all = [euros, yen]

  test('is that of the subscription whose month it is, also of one that ended within it', () => {
    expect(currencyAt(all, yen, BEGUN - 35 * DAY_MS)).toBe('jpy')
    expect(currencyAt(all, yen, BEGUN - 2 * DAY_MS)).toBe('jpy')
  })

  test('of a trial is the trial’s, though its month began before it', () => {
    expect(currencyAt(all, euros, BEGUN + DAY_MS)).toBe('eur')
  })

  test('outlives a change of the day from which months are counted', () => {
    const moved = { ...euros, anchor: BEGUN + 20 * DAY_MS }
    const past = { until: BEGUN + 20 * DAY_MS, planName: euros.planName, anchor: euros.anchor }
    expect(currencyAt([{ ...moved, pastTerms: [past] }, yen], euros, BEGUN + 15 * DAY_MS)).toBe('eur')
    expect(currencyAt([moved, yen], euros, BEGUN + 15 * DAY_MS)).toBe('eur')
  })

  test('is the catalogue’s where there was no subscription', () => {
    expect(totalCurrency(BUILT_IN_PLANS, all, { allowanceStart: null })).toBe('usd')
  })
})
