import { describe, expect, test } from 'bun:test'
import { moneyText } from '../../src/domain/money.ts'

describe('money is written', () => {
  test.each([
    [500, 'usd', '5.00 USD'],
    [5, 'eur', '0.05 EUR'],
    [500, 'jpy', '500 JPY'],
    [1_250, 'kwd', '1.250 KWD'],
    [-1_999, 'usd', '-19.99 USD'],
    [500, 'isk', '5.00 ISK'],
    [0, 'krw', '0 KRW'],
    [99_999_999, 'usd', '999999.99 USD'],
  ] as const)('%p %s as %s', (minor, currency, text) => {
    expect(moneyText(minor, currency)).toBe(text)
  })
})
