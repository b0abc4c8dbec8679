import { expect, test } from 'bun:test'
import { tryTabs } from '../support/tabs-trial.ts'

test('eight tabs that do different things at once end as Stripe stands', async () => {
  let turn = 0
  const { acts, wrong, outcomes } = await tryTabs(10, () => ((turn += 1) * 0.618_033_988_7) % 1, false)
  const faults = [...outcomes.keys()].filter((outcome) => outcome.includes('FAULT'))
  expect([acts, wrong, faults]).toEqual([80, [], []])
}, 30_000)
