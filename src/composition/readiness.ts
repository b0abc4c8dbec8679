import type { Readiness, ReadinessCheck } from '../adapters/http/health.ts'
import type { Store } from '../adapters/sqlite/store.ts'
import { presentPrices } from '../domain/past-prices.ts'
import { type Instant, isoTime } from '../domain/period.ts'
import type { InboxCounts } from '../ports/inbox.ts'
import type { WiredPorts } from './ports.ts'

/** What was last heard of the Stripe prices: null before the first answer. */
export interface PriceFacts {
  readonly known: number
  readonly missing: readonly string[] | null
  /** Why Stripe did not answer; null when it did. */
  readonly trouble: string | null
}

/** An event that waits longer than this is held up by something. */
const LONG_WAIT_MS = 5 * 60_000

const MEGABYTE = 1_000_000
const FULL = MEGABYTE
const NEARLY_FULL = 100 * MEGABYTE

/** How this program stands now: what it has heard of Stripe, its disk, and the events that wait. */
export async function readinessNow({ priceBook, inbox, clock }: WiredPorts, store: Store): Promise<Readiness> {
  const storage = storageCheck(store.isTrusted(), store.isReadable(), await store.freeBytes())
  const prices = {
    known: presentPrices(priceBook.current()),
    missing: priceBook.missing(),
    trouble: priceBook.trouble(),
  }
  return readinessOf(prices, storage, storage.status !== 'failed' ? await inbox.counts() : null, clock.wall())
}

/** Without Stripe the program goes on with what it remembers: degraded, not down. Without the disk it is down. */
export function readinessOf(
  prices: PriceFacts,
  storage: ReadinessCheck,
  events: InboxCounts | null,
  wallTime: Instant,
): Readiness {
  const checks = { storage, prices: priceCheck(prices), ...(events ? { events: eventCheck(events, wallTime) } : {}) }
  const worst = Object.values(checks).map((check) => check.status)
  const status = worst.includes('failed') ? 'unavailable' : worst.includes('degraded') ? 'degraded' : 'ready'
  return { status, checks }
}

/** `free`: bytes. A commit needs room for a few pages in the WAL. */
export function storageCheck(isTrusted: boolean, isReadable: boolean, free: number): ReadinessCheck {
  if (!isTrusted)
    return { status: 'failed', detail: 'The disk failed to keep what was written; the program must start anew.' }
  if (!isReadable) return { status: 'failed', detail: 'The database cannot be read.' }
  if (free < FULL)
    return {
      status: 'failed',
      detail: 'The disk of the database is full: nothing can be recorded. Make room; no restart is needed.',
    }
  if (free < NEARLY_FULL) {
    const left = `Only ${Math.floor(free / MEGABYTE)} MB are free on the disk of the database`
    return { status: 'degraded', detail: `${left}. Make room: on a full disk nothing can be recorded.` }
  }
  return { status: 'ok', detail: 'The database answers.' }
}

function eventCheck(
  { dead, waiting, waitingSince, parked, parkedSince }: InboxCounts,
  wallTime: Instant,
): ReadinessCheck {
  const isHeldUp = waitingSince !== null && wallTime - waitingSince > LONG_WAIT_MS
  const detail = [
    ...(dead > 0
      ? [
          `${dead === 1 ? '1 event was' : `${dead} events were`} given up; "webhooks list --state dead" says why, "webhooks replay --dead" tries again.`,
        ]
      : []),
    waitingSince === null
      ? `All ${dead === 0 ? 'events' : 'others'} are applied.`
      : `${waiting === 1 ? '1 event waits' : `${waiting} events wait`} to be applied, the oldest since ${isoTime(waitingSince)}.`,
    ...(parkedSince === null
      ? []
      : [`Parked for customers who are linked to no user: ${parked}, the oldest since ${isoTime(parkedSince)}.`]),
  ].join(' ')
  return { status: dead > 0 || isHeldUp ? 'degraded' : 'ok', detail }
}

function priceCheck({ known, missing, trouble }: PriceFacts): ReadinessCheck {
  if (missing !== null && missing.length > 0)
    return { status: 'degraded', detail: `Stripe does not have these prices: ${missing.join(', ')}.` }
  if (trouble !== null && known > 0) return { status: 'degraded', detail: `${trouble} The last known prices are used.` }
  if (known === 0)
    return {
      status: 'degraded',
      detail: `The prices have not been found at Stripe yet.${trouble ? ` ${trouble}` : ''}`,
    }
  return { status: 'ok', detail: `${known} prices were found at Stripe.` }
}
