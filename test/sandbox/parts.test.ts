import { expect, test } from 'bun:test'
import { Glob } from 'bun'
import { cardOfNumber, numberOfToken } from '../../src/sandbox/engine/cards.ts'
import { decimalSum, timesQuantity } from '../../src/sandbox/engine/money.ts'
import { stepsFromAnchor } from '../../src/sandbox/engine/periods.ts'
import { previousAttributes } from '../../src/sandbox/events/difference.ts'
import { parseForm } from '../../src/sandbox/http/form.ts'

const at = (text: string) => Date.parse(`${text}T10:20:30Z`) / 1000
const monthly = { interval: 'month', interval_count: 1 } as const

test('an anchor on the 31st is clamped to short months and returns', () => {
  const ends = [1, 2, 3, 4].map((steps) => stepsFromAnchor(at('2027-01-31'), monthly, steps))
  expect(ends).toEqual([at('2027-02-28'), at('2027-03-31'), at('2027-04-30'), at('2027-05-31')])
  expect(stepsFromAnchor(at('2026-12-31'), monthly, 2)).toBe(at('2027-02-28'))
  expect(stepsFromAnchor(at('2028-02-29'), { interval: 'year', interval_count: 1 }, 1)).toBe(at('2029-02-28'))
  expect(stepsFromAnchor(at('2028-02-29'), { interval: 'year', interval_count: 1 }, 4)).toBe(at('2032-02-29'))
  expect(stepsFromAnchor(at('2027-03-01'), { interval: 'week', interval_count: 2 }, 1)).toBe(at('2027-03-15'))
})

test('money is multiplied exactly and rounded once', () => {
  expect(timesQuantity('0.0125', 10_000)).toBe(125)
  expect(timesQuantity('0.5', 1)).toBe(1)
  expect(timesQuantity('0.4999', 1)).toBe(0)
  expect(timesQuantity('0.1', '3.5')).toBe(0)
  expect(timesQuantity('3900', 2)).toBe(7800)
  expect(decimalSum(['0.1', '0.2', '-0.05'])).toBe('0.25')
  expect(decimalSum(['-1', '0.5'])).toBe('-0.5')
  expect(decimalSum([])).toBe('0')
})

test('form parameters become a tree whatever the order of their indices', () => {
  const plain = (encoded: string): unknown => JSON.parse(JSON.stringify(parseForm(encoded)))
  expect(plain('a[b][c]=1&a[b][d]=2&e=x+y')).toEqual({ a: { b: { c: '1', d: '2' } }, e: 'x y' })
  expect(plain('i[1][p]=b&i[0][p]=a')).toEqual({ i: { 0: { p: 'a' }, 1: { p: 'b' } } })
  expect(plain('i[][p]=a&i[][q]=1&i[][p]=b')).toEqual({ i: { 0: { p: 'a', q: '1' }, 1: { p: 'b' } } })
  expect(plain('e[]=a&e[]=b')).toEqual({ e: { 0: 'a', 1: 'b' } })
  expect(() => parseForm('a=1&a[b]=2')).toThrow()
  expect(() => parseForm(`a${'[b]'.repeat(20)}=1`)).toThrow()
})

test('the difference between two objects is what changed and nothing else', () => {
  expect(previousAttributes({ a: 1, b: { c: 1, d: 2 } }, { a: 1, b: { c: 1, d: 3 } })).toEqual({ b: { d: 2 } })
  expect(previousAttributes({ a: [1, 2] }, { a: [1, 3] })).toEqual({ a: [1, 2] })
  expect(previousAttributes({ a: null }, { a: 1, b: 2 })).toEqual({ a: null, b: null })
  expect(previousAttributes({ a: 1 }, { a: 1 })).toBeUndefined()
})

test('every card token is known in both spellings', () => {
  expect(numberOfToken('pm_card_visa')).toBe('4242424242424242')
  expect(numberOfToken('pm_card_visa_chargeDeclined')).toBe(numberOfToken('pm_card_chargeDeclined') ?? '')
  expect(numberOfToken('pm_card_nothing')).toBeUndefined()
  expect(numberOfToken('pm_123')).toBeUndefined()
  expect(cardOfNumber('4242424242424241')).toBeUndefined()
})

test('the simulator is a program of its own: it imports nothing of the application', async () => {
  const root = new URL('../../src/sandbox/', import.meta.url).pathname
  for await (const name of new Glob('**/*.ts').scan(root)) {
    const source = await Bun.file(root + name).text()
    const folder = new URL(name, `file://${root}`)
    for (const [, target = ''] of source.matchAll(/from '([^']+)'/g)) {
      const own = target.startsWith('.') && new URL(target, folder).pathname.startsWith(root)
      expect([name, own || ['bun', 'bun:sqlite', 'stripe'].includes(target)]).toEqual([name, true])
      if (target === 'stripe') expect(source).toContain("import type Stripe from 'stripe'")
    }
  }
})
