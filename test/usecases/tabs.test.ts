import { expect, test } from 'bun:test'
import { generator } from '../simulation/orders/orders.ts'
import { tryTabs } from '../support/tabs-trial.ts'

test('eight tabs that do different things at once end as Stripe stands', async () => {
  const { acts, wrong, outcomes } = await tryTabs(10, generator(1), false)
  const faults = [...outcomes.keys()].filter((outcome) => outcome.includes('FAULT'))
  expect([acts, wrong, faults]).toEqual([80, [], []])
}, 120_000)
