import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import {
  addMonths,
  allowancePeriodAt,
  calendarMonth,
  isoTime,
  monthPeriod,
  monthsAround,
} from '../../src/domain/period.ts'

const at = (text: string) => Date.parse(text)

describe('an allowance period', () => {
  test('counts months from the anchor and comes back to the 31st after a short month', () => {
    const anchor = at('2026-01-31T10:00:00Z')
    const starts = [0, 1, 2, 3].map((months) => isoTime(addMonths(anchor, months)))
    expect(starts).toEqual([
      '2026-01-31T10:00:00.000Z',
      '2026-02-28T10:00:00.000Z',
      '2026-03-31T10:00:00.000Z',
      '2026-04-30T10:00:00.000Z',
    ])
  })

  test('is found in any year, also in one of two digits', () => {
    expect(isoTime(addMonths(at('0099-12-31T10:00:00Z'), -1))).toBe('0099-11-30T10:00:00.000Z')
    expect(isoTime(addMonths(at('0000-02-29T00:00:00Z'), 12))).toBe('0001-02-28T00:00:00.000Z')
    expect(isoTime(monthPeriod('0050-01').end)).toBe('0050-02-01T00:00:00.000Z')
  })

  test('is half-open: its end belongs to the next', () => {
    const anchor = at('2026-01-15T08:30:00Z')
    const end = at('2026-02-15T08:30:00Z')
    expect(allowancePeriodAt(anchor, end - 1)).toEqual({ start: anchor, end })
    expect(allowancePeriodAt(anchor, end).start).toBe(end)
  })

  test('exists before the anchor too, as in a trial', () => {
    const anchor = at('2026-03-31T00:00:00Z')
    expect(allowancePeriodAt(anchor, at('2026-03-10T00:00:00Z'))).toEqual({
      start: at('2026-02-28T00:00:00Z'),
      end: anchor,
    })
  })

  test('holds its moment, and neighbours touch, for any anchor and moment', () => {
    const moment = fc.integer({ min: at('2020-01-01T00:00:00Z'), max: at('2040-01-01T00:00:00Z') })
    fc.assert(
      fc.property(moment, moment, (anchor, now) => {
        const period = allowancePeriodAt(anchor, now)
        expect(period.start <= now && now < period.end).toBe(true)
        expect(allowancePeriodAt(anchor, period.end).start).toBe(period.end)
        expect(allowancePeriodAt(anchor, period.start - 1).end).toBe(period.start)
        const months = monthsAround(now)
        expect(months).toContain(calendarMonth(period.start))
        expect(months).toContain(calendarMonth(period.end - 1))
      }),
    )
  })

  test('agrees with calendar arithmetic for 48 months from the 28th to the 31st', () => {
    for (const day of [28, 29, 30, 31]) {
      const anchor = Date.UTC(2024, 0, day, 23, 59, 59)
      for (let months = 0; months < 48; months++) {
        const oracle = Temporal.Instant.fromEpochMilliseconds(anchor).toZonedDateTimeISO('UTC').add({ months })
        expect(addMonths(anchor, months)).toBe(oracle.epochMilliseconds)
      }
    }
  })
})

describe('a calendar month', () => {
  test('is that of UTC, half-open', () => {
    expect(calendarMonth(at('2026-01-31T23:59:59.999Z'))).toBe('2026-01')
    expect(monthPeriod('2026-12')).toEqual({ start: at('2026-12-01T00:00:00Z'), end: at('2027-01-01T00:00:00Z') })
  })
})
