import { expect, test } from 'bun:test'
import { tryPreviews } from '../support/preview-trial.ts'

test('random changes cost what was previewed, line by line', async () => {
  const { changes, wrong } = await tryPreviews(25, 7, false)
  expect([changes >= 25, wrong]).toEqual([true, []])
}, 120_000)
