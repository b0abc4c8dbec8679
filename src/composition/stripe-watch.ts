import type { Log } from '../adapters/process/log.ts'
import { NOTHING_LEFT, startWorker } from '../adapters/process/worker.ts'
import type { Config } from '../config/config.ts'
import type { OpenBooks } from './books.ts'
import { startCatchingUp } from './catching-up.ts'
import { settle } from './ports.ts'
import { askStripe, tellOfEndpoints } from './stripe-questions.ts'

const PRICES_IDLE_MS = 60_000

/**
 * What is asked of Stripe once the server listens at `port`: first whether there is anything to serve, then the prices again
 * and again, and what no webhook brought. `problems` are those that make serving senseless.
 */
export function watchStripe(
  config: Config,
  { store, access, ports }: Pick<OpenBooks, 'store' | 'access' | 'ports'>,
  port: number,
  onEvents: () => void,
  log: Log,
) {
  const problems = access.connect(port).then(() => askStripe(access.stripe, store, ports.priceBook, log))
  const looked = problems.then(() => tellOfEndpoints(access.stripe, config, log))
  const prices = startWorker(
    () => ports.priceBook.refresh().then(() => NOTHING_LEFT),
    PRICES_IDLE_MS,
    () => {},
  )
  // With the keys of another account, or before the simulator is set up, there is nothing to catch up with.
  const catchingUp = problems.then((found) =>
    found.length > 0 ? null : startCatchingUp({ ...ports, settle }, onEvents, log),
  )
  return {
    problems,
    stop: () => Promise.all([prices.stop(), catchingUp.then((worker) => worker?.stop()), looked]),
  }
}
