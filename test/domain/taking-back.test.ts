import { describe, expect, test } from 'bun:test'
import type { Grant } from '../../src/domain/grant.ts'
import { takingBack } from '../../src/domain/taking-back.ts'

const grant: Grant = {
  id: 'grant_1',
  service: 'voice_call',
  amount: 600n,
  remaining: 600n,
  grantedAt: 0,
  expiresAt: null,
  reason: 'Pack',
  paymentId: 'pi_1',
  takenBack: 0n,
}

const PRICE = 500

/** The grant after `back` minor units of its price are seen to be given back. */
function after(before: Grant, back: number): Grant {
  const [change] = takingBack(before, PRICE, back)
  if (change?.type !== 'grant-taken-back') return before
  const { quantity } = change.draw
  return { ...before, remaining: before.remaining - quantity, takenBack: before.takenBack + quantity }
}

describe('a payment that is given back', () => {
  test('takes back the same part of what it bought', () => {
    expect(after(grant, 500)).toMatchObject({ remaining: 0n, takenBack: 600n })
    expect(after(grant, 250)).toMatchObject({ remaining: 300n, takenBack: 300n })
    expect(after(grant, 0)).toEqual(grant)
  })

  test('takes back no more than is unused', () => {
    expect(after({ ...grant, remaining: 100n }, 500)).toMatchObject({ remaining: 0n, takenBack: 100n })
    expect(after({ ...grant, remaining: 0n }, 500)).toMatchObject({ remaining: 0n, takenBack: 0n })
  })

  test('twice in part is once wholly, and more than was paid is all of it', () => {
    expect(after(after(grant, 200), 500)).toEqual(after(grant, 500))
    expect(after(grant, 900)).toEqual(after(grant, 500))
  })

  test('seen again changes nothing', () => {
    const once = after(grant, 123)
    expect(takingBack(once, PRICE, 123)).toEqual([])
  })

  test('gives it again when the refund comes back or the dispute is won', () => {
    expect(after(after(grant, 500), 0)).toEqual(grant)
    expect(after(after({ ...grant, remaining: 450n }, 500), 250)).toMatchObject({ remaining: 150n, takenBack: 300n })
  })

  test('ends the same in whatever order it is seen, and never below nothing', () => {
    let seed = 7
    const random = (most: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % most
    }
    for (let round = 0; round < 1_000; round++) {
      const used = { ...grant, remaining: BigInt(random(601)) }
      const looks = [random(700), random(700), random(700)]
      const last = looks.at(-1) ?? 0
      const end = looks.reduce(after, used)
      expect(end).toEqual(after(used, last))
      expect(end.remaining >= 0n && end.remaining + end.takenBack === used.remaining).toBe(true)
    }
  })

  test('that cost nothing takes nothing back', () => {
    expect(takingBack(grant, 0, 0)).toEqual([])
  })
})
