import { type AppWebhookPlace, appWebhook } from '../adapters/app-webhook/app-webhook.ts'
import { createLimiter } from '../adapters/process/limiter.ts'
import type { Log } from '../adapters/process/log.ts'
import { NOTHING_LEFT, startWorker, type Worker } from '../adapters/process/worker.ts'
import type { Config } from '../config/config.ts'
import { DAY_MS, HOUR_MS } from '../domain/period.ts'
import type { Ports } from '../ports.ts'
import type { Applying } from '../usecases/apply-event.ts'
import { beginTurns, MOST_SERVED, type Served } from '../usecases/apply-events.ts'
import { compareMeters } from '../usecases/compare-meters.ts'
import { sendDueReports } from '../usecases/report-usage.ts'
import { resumeWishes } from '../usecases/resume-wishes.ts'
import { type Telling, tellApp } from '../usecases/tell-app.ts'

/** Stripe takes some 25 calls a second in test mode, and a look is two or three; people's own calls need room beside. */
const LOOKS_AT_ONCE = 8
const EVENTS_IDLE_MS = 1_000
const REPORTS_IDLE_MS = 2_000
/** At the simulator time is moved, and what became due on the way is wanted before one's eyes. */
const SIMULATED_REPORTS_IDLE_MS = 200
const MESSAGES_IDLE_MS = 2_000
const WISHES_IDLE_MS = 15_000
const COMPARISON_IDLE_MS = 600_000

/** What goes on behind the requests: applying events, reporting usage, and finishing wishes that were left open. */
export function startWorkers(
  { appWebhook: place, stripe }: Config,
  ports: Ports,
  log: Log,
  onPricesChanged: () => void,
) {
  const applying = {
    ...ports,
    onPricesChanged,
    looking: createLimiter(LOOKS_AT_ONCE),
    onFailure: ({ id, type }: { readonly id: string; readonly type: string }, error: unknown, isGivenUp: boolean) => {
      const fields = { event_id: id, type, error }
      if (isGivenUp) log.error('An event could not be applied and was given up.', fields)
      else log.warning('An event could not be applied and will be tried again.', fields)
    },
  }
  const reporting = {
    ...ports,
    onTrouble: (report: { readonly id: string; readonly service: string }, error: unknown) =>
      log.warning('Usage could not be reported to Stripe.', { report_id: report.id, service: report.service, error }),
  }
  const resuming = {
    ...ports,
    onFailure: (user: string, error: unknown) =>
      log.warning('A wish could not be finished and will be tried again.', { user, error }),
  }
  const failed = (error: unknown) => log.error('Work in the background failed and will be tried again.', { error })
  const wishes = startWorker(() => resumeWishes(resuming).then(() => NOTHING_LEFT), WISHES_IDLE_MS, failed)
  const events = eventWorker({ ...applying, onWishOpened: wishes.wake }, failed)
  const comparing = dailyComparison(ports, log)
  const reportsIdleMs = stripe.kind === 'sandbox' ? SIMULATED_REPORTS_IDLE_MS : REPORTS_IDLE_MS
  const others = [
    startWorker(comparing, COMPARISON_IDLE_MS, failed),
    startWorker(() => sendDueReports(reporting), reportsIdleMs, failed),
    wishes,
    ...(place ? [startWorker(() => tellApp(telling(place, ports, log)), MESSAGES_IDLE_MS, failed)] : []),
  ]
  return {
    wakeEvents: events.wake,
    stop: () => Promise.all([events, ...others].map((worker) => worker.stop())),
  }
}

/** Whoever is slow is left to it; whoever else has events due is begun with. */
function eventWorker(applying: Applying, failed: (error: unknown) => void): Worker {
  const served: Served = new Map()
  const worker = startWorker(
    async () => {
      if (served.size >= MOST_SERVED) await Promise.race(served.values()).catch(() => {})
      const { count, turns, settled } = await beginTurns(applying, served)
      for (const turn of turns) turn.then(() => worker.wake(), failed)
      await settled
      return count
    },
    EVENTS_IDLE_MS,
    failed,
  )
  return {
    wake: worker.wake,
    stop: () =>
      worker
        .stop()
        .then(() => Promise.allSettled(served.values()))
        .then(() => {}),
  }
}

function telling(place: AppWebhookPlace, ports: Ports, log: Log): Telling {
  return {
    ...ports,
    appWebhook: appWebhook(place, ports.clock.wall),
    onTrouble: (id, reason, isGivenUp) => {
      const fields = { message_id: id, reason }
      if (isGivenUp) log.error('The app would not take a message, and it was given up.', fields)
      else log.warning('The app could not be told something; it will be tried again.', fields)
    },
  }
}

/** Once for each day that has settled. */
function dailyComparison(ports: Ports, log: Log): () => Promise<number> {
  let compared = 0
  return async () => {
    const now = ports.clock.now()
    if (now - compared < DAY_MS + HOUR_MS) return NOTHING_LEFT
    const { to, differences } = await compareMeters(ports, now)
    compared = to
    for (const { user, service, reported, counted } of differences)
      log.error("A meter of Stripe's does not hold what was reported to it (in millionths of the unit).", {
        user,
        service,
        reported: String(reported),
        counted: String(counted),
      })
    return NOTHING_LEFT
  }
}
