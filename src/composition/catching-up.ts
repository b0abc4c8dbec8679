import type { Log } from '../adapters/process/log.ts'
import { NOTHING_LEFT, startWorker, type Worker } from '../adapters/process/worker.ts'
import { isOutage } from '../domain/errors.ts'
import { DAY_MS, type Instant } from '../domain/period.ts'
import { type CatchingUp, catchUp } from '../usecases/catch-up.ts'

const IDLE_MS = 60_000
const LOOK_AT_ENDPOINT =
  'If the server was not off meanwhile, "speech-billing doctor" tells whether the endpoint sends what it should.'

/** Fetches what was missed at the start, and then once a day. What fails because Stripe is out of reach is tried again. */
export function startCatchingUp(ports: Omit<CatchingUp, 'onProgress'>, onEvents: () => void, log: Log): Worker {
  let done: Instant | null = null
  let isStopping = false
  const onProgress = () => {
    if (isStopping) throw new Error('The server ended while it caught up; the next start begins anew.')
  }
  const round = async () => {
    const now = ports.clock.now()
    if (done !== null && now - done < DAY_MS) return NOTHING_LEFT
    const { events, mended } = await catchUp({ ...ports, onProgress })
    done = now
    if (events > 0) onEvents()
    if (events > 0 || (mended ?? 0) > 0)
      log.warning('Events that no webhook had brought were fetched from Stripe.', {
        events,
        mended,
        cure: LOOK_AT_ENDPOINT,
      })
    return NOTHING_LEFT
  }
  const failed = (error: unknown) => {
    if (isStopping) return
    if (isOutage(error))
      log.warning('What was missed could not be fetched from Stripe and will be tried again.', { error })
    else log.error('What was missed could not be fetched from Stripe and will be tried again.', { error })
  }
  const worker = startWorker(round, IDLE_MS, failed)
  return {
    wake: worker.wake,
    stop() {
      isStopping = true
      return worker.stop()
    },
  }
}
