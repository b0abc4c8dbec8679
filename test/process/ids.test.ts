import { expect, test } from 'bun:test'
import { wallClock } from '../../src/adapters/process/clock.ts'
import { base32, newId } from '../../src/adapters/process/ids.ts'

test('ids carry their prefix and 26 letters that cannot be mistaken for each other', () => {
  expect(newId('usage')).toMatch(/^usage_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
})

test('ids sort in the order they were made, and none comes twice', () => {
  const ids = Array.from({ length: 20_000 }, () => newId('usage'))
  expect(ids.toSorted()).toEqual(ids)
  expect(new Set(ids).size).toBe(ids.length)
})

test('ids of different times sort by time', () => {
  const at = (time: number) => base32(Bun.randomUUIDv7('buffer', time))
  const times = [0, 1, 1_000, Date.UTC(2026, 0), Date.UTC(2026, 0) + 1, Date.UTC(2100, 0)]
  const ids = times.map(at)
  expect(ids.toSorted()).toEqual(ids)
})

test('letters are the bytes in order, to the last bit', () => {
  expect(base32(new Uint8Array(16))).toBe('0'.repeat(26))
  expect(base32(new Uint8Array(16).fill(255))).toBe(`7${'z'.repeat(25)}`)
  expect(base32(Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? 33 : 0)))).toBe(`${'0'.repeat(24)}11`)
})

test('business time is wall time moved by the offset of the moment', () => {
  let offset = 0
  const clock = wallClock(() => offset)
  const isMovedBy = (moved: number, now: () => number) => {
    const [before, seen, after] = [clock.wall(), now(), clock.wall()]
    return before + moved <= seen && seen <= after + moved
  }
  expect(isMovedBy(0, clock.now)).toBe(true)
  offset = 86_400_000
  expect(isMovedBy(86_400_000, clock.now)).toBe(true)
  expect(isMovedBy(0, wallClock().now)).toBe(true)
})
