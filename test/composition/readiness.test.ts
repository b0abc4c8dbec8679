import { expect, test } from 'bun:test'
import { readinessOf, storageCheck } from '../../src/composition/readiness.ts'
import type { InboxCounts } from '../../src/ports/inbox.ts'

const PRICES = { known: 9, missing: [], trouble: null }
const STORAGE = { status: 'ok', detail: 'The database answers.' } as const
const QUIET: InboxCounts = { dead: 0, waiting: 0, waitingSince: null, parked: 0, parkedSince: null }
const NOON = Date.parse('2026-11-22T12:00:00.000Z')

/** What is said of the events, ten seconds after noon if nothing else is asked for. */
function told(changes: Partial<InboxCounts>, at = NOON + 10_000) {
  return readinessOf(PRICES, STORAGE, { ...QUIET, ...changes }, at).checks.events
}

test('says how the events stand, for one and for many', () => {
  expect(told({})).toEqual({ status: 'ok', detail: 'All events are applied.' })
  expect(told({ waiting: 1, waitingSince: NOON })?.detail).toBe(
    '1 event waits to be applied, the oldest since 2026-11-22T12:00:00.000Z.',
  )
  expect(told({ waiting: 2, waitingSince: NOON })?.detail).toStartWith('2 events wait to be applied')
  expect(told({ waiting: 1, waitingSince: NOON }, NOON + 6 * 60_000)?.status).toBe('degraded')
})

test('does not call all applied where some were given up', () => {
  expect(told({ dead: 1 })).toEqual({
    status: 'degraded',
    detail:
      '1 event was given up; "webhooks list --state dead" says why, "webhooks replay --dead" tries again. All others are applied.',
  })
  expect(told({ dead: 2 })?.detail).toStartWith('2 events were given up')
})

test('tells why Stripe does not answer, and what is done meanwhile', () => {
  const prices = (known: number) => {
    const trouble = 'Stripe refuses the key in STRIPE_SECRET_KEY; "speech-billing doctor" tells more.'
    return readinessOf({ ...PRICES, known, missing: null, trouble }, STORAGE, QUIET, NOON).checks.prices
  }
  expect(prices(9)).toEqual({
    status: 'degraded',
    detail:
      'Stripe refuses the key in STRIPE_SECRET_KEY; "speech-billing doctor" tells more. The last known prices are used.',
  })
  expect(prices(0)?.detail).toStartWith('The prices have not been found at Stripe yet. Stripe refuses the key')
})

test('tells of parked events, which are no trouble', () => {
  expect(told({ parked: 3, parkedSince: NOON })).toEqual({
    status: 'ok',
    detail:
      'All events are applied. Parked for customers who are linked to no user: 3, the oldest since 2026-11-22T12:00:00.000Z.',
  })
})

test('is down where nothing can be recorded, and warns before', () => {
  expect(storageCheck(true, true, 1e9)).toEqual({ status: 'ok', detail: 'The database answers.' })
  expect(storageCheck(true, true, 42_600_000)).toEqual({
    status: 'degraded',
    detail: 'Only 42 MB are free on the disk of the database. Make room: on a full disk nothing can be recorded.',
  })
  expect(storageCheck(true, true, 4_096)).toEqual({
    status: 'failed',
    detail: 'The disk of the database is full: nothing can be recorded. Make room; no restart is needed.',
  })
  expect(storageCheck(true, false, 1e9).status).toBe('failed')
  expect(storageCheck(false, true, 1e9).detail).toContain('must start anew')
})
