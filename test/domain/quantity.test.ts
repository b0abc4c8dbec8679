import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { exactCost, isRate, minorUnits } from '../../src/domain/money.ts'
import { amountOf, divideHalfUp, quantityOf, SERVICES } from '../../src/domain/quantity.ts'

const MINUTE = SERVICES.voice_call.unitQuanta

describe('a quantity', () => {
  test('keeps a minute as sixty million microseconds', () => {
    expect(quantityOf(1, MINUTE)).toBe(60_000_000n)
  })

  test('takes seconds divided by sixty for whole seconds', () => {
    for (let seconds = 1; seconds <= 7_200; seconds++)
      expect(quantityOf(seconds / 60, MINUTE)).toBe(BigInt(seconds) * 1_000_000n)
  })

  test('rounds what is finer than a quantum half up', () => {
    expect(quantityOf(0.0000005 + 1, 1_000_000n)).toBe(1_000_001n)
    expect(quantityOf(1.0000004, 1_000_000n)).toBe(1_000_000n)
  })

  test('is shown with at most six decimals', () => {
    expect(amountOf(77_000_000n, MINUTE)).toBe(1.283333)
    expect(amountOf(45n * MINUTE, MINUTE)).toBe(45)
  })

  test('shows what was put in, at six decimals or fewer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000_000_000 }), (millionths) => {
        const amount = millionths / 1_000_000
        expect(amountOf(quantityOf(amount, 1_000_000n), 1_000_000n)).toBe(amount)
      }),
    )
  })
})

describe('division', () => {
  test('rounds exact halves up', () => {
    expect([0n, 1n, 2n, 3n, 4n, 5n].map((n) => divideHalfUp(n, 2n))).toEqual([0n, 1n, 1n, 2n, 2n, 3n])
  })
})

describe('money', () => {
  test("has the guide's figures: 45 transcription minutes cost 90, 23 voice minutes 115", () => {
    expect(minorUnits(exactCost('transcription', 45n * MINUTE, '2'))).toBe(90)
    expect(minorUnits(exactCost('voice_call', 23n * MINUTE, '5'))).toBe(115)
    expect(minorUnits(exactCost('sms', 1_000_000n, '1'))).toBe(1)
    expect(minorUnits(exactCost('custom_scenario', 1_000_000n, '500'))).toBe(500)
  })

  test('is summed before it is rounded: three thirds of a cent are a cent', () => {
    const third = exactCost('sms', 1_000_000n, '0.333333333333')
    const rest = exactCost('sms', 1_000_000n, '0.000000000001')
    expect(minorUnits(third * 3n + rest)).toBe(1)
    expect(minorUnits(third)).toBe(0)
  })

  test('agrees with rational arithmetic for any quantity and rate', () => {
    const rate = fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.bigInt({ min: 0n, max: 999_999_999_999n }))
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), rate, (quantity, [whole, decimals]) => {
        const text = `${whole}.${String(decimals).padStart(12, '0')}`
        const numerator = quantity * (BigInt(whole) * 10n ** 12n + decimals)
        const denominator = MINUTE * 10n ** 12n
        const expected = numerator / denominator + ((numerator % denominator) * 2n >= denominator ? 1n : 0n)
        expect(minorUnits(exactCost('voice_call', quantity, text))).toBe(Number(expected))
      }),
    )
  })

  test('takes rates as Stripe does: decimal strings of at most twelve decimals', () => {
    expect(['5', '0.79', '0.000000000001', '0'].every(isRate)).toBe(true)
    expect(['', '-1', '1e3', '.5', '5.', '01', '0.0000000000001', ' 5'].some(isRate)).toBe(false)
  })
})
