import { commandSocketPath } from './adapters/process/command-path.ts'
import { serveCommands } from './adapters/process/command-socket.ts'
import type { Log } from './adapters/process/log.ts'
import { openBooks } from './composition/books.ts'
import { createHttp, listen } from './composition/http.ts'
import { readinessNow } from './composition/readiness.ts'
import { serverCommands } from './composition/server-commands.ts'
import { atMost, endSoon } from './composition/shutdown.ts'
import type { StripeProblem } from './composition/stripe-problems.ts'
import { watchStripe } from './composition/stripe-watch.ts'
import { startWorkers } from './composition/workers.ts'
import type { Config } from './config/config.ts'

export interface Running {
  readonly url: string
  readonly port: number
  /** Of the simulator; null with Stripe itself. */
  readonly simulatorUrl: string | null
  /** What Stripe, when first asked, said that makes serving senseless. Empty also when it could not be asked. */
  readonly problems: Promise<readonly StripeProblem[]>
  /** Answers what has begun, for a few seconds at most, and closes everything. */
  stop(): Promise<void>
}

/**
 * Builds the whole program and serves: the one place where the parts meet, for production and for tests alike. Nothing
 * that waits for Stripe delays serving.
 */
export async function start(config: Config, log: Log): Promise<Running> {
  // With port 0 it is known only once the server listens.
  const publicUrl = () => config.publicUrl ?? `http://localhost:${app.server?.port ?? config.port}`
  const books = await openBooks(config, publicUrl, (error) => endSoon(log, error), log)
  const { store, access, ports } = books
  const refreshPrices = () => void ports.priceBook.refresh().catch(() => {})
  const workers = startWorkers(config, ports, log, refreshPrices)
  const readiness = () => readinessNow(ports, store)
  const app = createHttp(config, ports, access, publicUrl, readiness, workers.wakeEvents, log)
  const port = listen(app, config)
  const commands = await serveCommands(
    commandSocketPath(config.databaseFile),
    serverCommands(ports, readiness, workers.wakeEvents),
  )
  const watch = watchStripe(config, books, port, workers.wakeEvents, log)
  return {
    url: config.publicUrl ?? `http://localhost:${port}`,
    port,
    simulatorUrl: access.simulatorUrl,
    problems: watch.problems,
    async stop() {
      await atMost(app.stop())
      commands.stop()
      await atMost(Promise.all([workers.stop(), watch.stop(), ports.driftCheck.stop()]))
      await books.close()
    },
  }
}
