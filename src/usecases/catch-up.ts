import { DAY_MS, HOUR_MS, type Instant } from '../domain/period.ts'
import { reasonToIgnore } from '../domain/webhook-event.ts'
import type { Page } from '../ports/records.ts'
import type { Ports } from '../ports.ts'
import { reconcile } from './reconcile.ts'
import type { Reconciling } from './survey.ts'

export type CatchingUp = Reconciling & Pick<Ports, 'inbox' | 'eventFeed' | 'mirror' | 'ownStripe'>

/** What a catch-up came to. `mended` is null where Stripe's list of events told everything. */
export interface CaughtUp {
  readonly events: number
  readonly mended: number | null
}

/** Stripe keeps events for thirty days; an hour less, so that none of them disappears while the list is read. */
const REACH_MS = 30 * DAY_MS - HOUR_MS
/** Stripe may list an event a while after its time, and two clocks never agree. */
const OVERLAP_MS = HOUR_MS

const CATCHER = 'system:catch-up'

/**
 * Fetches what no webhook brought: every event since the last catch-up goes through the inbox as if it had been delivered.
 * What lies further back than Stripe's list of events is seen by comparing everything that Stripe has with what we have.
 */
export async function catchUp(ports: CatchingUp): Promise<CaughtUp> {
  const now = ports.clock.now()
  const mark = await ports.mirror.caughtUpTo()
  const hasCustomers = (await ports.mirror.customers(1, null)).items.length > 0
  // Nobody is here yet: the past of the Stripe account is none of ours.
  if (mark === null && !hasCustomers) {
    await ports.mirror.noteCaughtUp(now)
    return { events: 0, mended: null }
  }
  const reach = now - REACH_MS
  // Meters are only told, so that nothing about them can have been missed.
  const isBeyondEvents = hasCustomers && (mark === null || mark < reach)
  const report = isBeyondEvents ? await reconcile(ports, { mender: CATCHER, withMeters: false }) : null
  const { events, newest } = await receiveMissed(ports, Math.max((mark ?? reach) - OVERLAP_MS, reach))
  // By Stripe's clock where it tells, which ours may be ahead of; but customers of test clocks live in the future.
  await ports.mirror.noteCaughtUp(Math.min(now, newest ?? Math.max(mark ?? now, reach + DAY_MS)))
  return { events, mended: report === null ? null : report.total - report.left }
}

/** How many events were new, and when the newest came about. Those that would only be ignored are not kept. */
async function receiveMissed(ports: CatchingUp, from: Instant) {
  const own = ports.ownStripe()
  let events = 0
  let newest: Instant | null = null
  for (let cursor: string | null = null, isFirst = true; isFirst || cursor !== null; isFirst = false) {
    const page: Page<{ readonly event: Parameters<Ports['inbox']['receive']>[0]; readonly body: Uint8Array }> =
      await ports.eventFeed.events(from, cursor)
    const followed = page.items.filter(({ event }) => reasonToIgnore(event, own) === null)
    const at = ports.clock.wall()
    const outcomes = await Promise.all(followed.map(({ event, body }) => ports.inbox.receive(event, body, at)))
    events += outcomes.filter((outcome) => outcome === 'stored').length
    newest ??= page.items[0]?.event.createdAt ?? null
    cursor = page.nextCursor
  }
  return { events, newest }
}
