import { wallClock } from '../adapters/process/clock.ts'
import { newId } from '../adapters/process/ids.ts'
import { acquireLock } from '../adapters/process/lock.ts'
import type { Log } from '../adapters/process/log.ts'
import { openStore } from '../adapters/sqlite/store.ts'
import type { Config } from '../config/config.ts'
import { wirePorts } from './ports.ts'
import { keepSoldTerms, withSoldTerms } from './sold-terms.ts'
import { openStripe } from './stripe-access.ts'
import { askStripe } from './stripe-questions.ts'

/** The books with Stripe behind them. As long as they are open, no other process can open them. */
export type OpenBooks = Awaited<ReturnType<typeof openBooks>>

/**
 * Opens the books and reaches for Stripe. `publicUrl` may be known only once the server listens. `onDiskFailure` is called
 * when what was written may not be on disk: nothing can be kept any more.
 */
export async function openBooks(
  config: Config,
  publicUrl: () => string,
  onDiskFailure: (error: unknown) => void,
  log: Log,
) {
  const lock = acquireLock(config.databaseFile)
  const store = openStore(config.databaseFile, onDiskFailure)
  const access = await openStripe(config, (line) => log.debug(line))
  const catalogue = await keepSoldTerms(config.catalogue, store, wallClock().wall())
  return {
    store,
    access,
    ports: wirePorts({ ...config, catalogue }, store, access, publicUrl, log),
    async close() {
      await access.close()
      await store.close()
      lock.release()
    },
  }
}

/** The books alone, for a command that has no need of Stripe. */
export function openBooksAlone(config: Config) {
  const lock = acquireLock(config.databaseFile)
  const store = openStore(config.databaseFile, toldToWhoeverRecords)
  const catalogue = withSoldTerms(config.catalogue, store)
  return {
    ports: { ...store.ports, clock: wallClock(), newId, catalogue },
    async close() {
      await store.close()
      lock.release()
    },
  }
}

/**
 * The books and Stripe without a server, for a command that compares or takes over. `problems` is what Stripe says that makes
 * that senseless.
 */
export async function openBooksWithStripe(config: Config, log: Log) {
  // Nobody is led back anywhere: there is no server.
  const publicUrl = () => config.publicUrl ?? `http://localhost:${config.port}`
  const { store, access, ports, close } = await openBooks(config, publicUrl, toldToWhoeverRecords, log)
  return {
    ports,
    problems: await askStripe(access.stripe, store, ports.priceBook, log),
    async close() {
      await ports.driftCheck.stop()
      await close()
    },
  }
}

/** A command ends with the refusal of what it records. */
function toldToWhoeverRecords(): void {}
