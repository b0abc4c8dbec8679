import { wallClock } from '../adapters/process/clock.ts'
import { newId } from '../adapters/process/ids.ts'
import { createLanes } from '../adapters/process/lanes.ts'
import type { Log } from '../adapters/process/log.ts'
import { createPriceBook, type PriceBook } from '../adapters/process/price-book.ts'
import type { Store } from '../adapters/sqlite/store.ts'
import { stripeBills } from '../adapters/stripe/bills.ts'
import { stripeBooks } from '../adapters/stripe/books.ts'
import { stripeEventFeed } from '../adapters/stripe/event-feed.ts'
import { stripeGateway } from '../adapters/stripe/gateway.ts'
import { stripeMeters } from '../adapters/stripe/meters.ts'
import { stripeObservatory } from '../adapters/stripe/observatory.ts'
import { findPastPrices, findPrices } from '../adapters/stripe/prices.ts'
import type { Config } from '../config/config.ts'
import { withPastPrices } from '../domain/past-prices.ts'
import type { Instant } from '../domain/period.ts'
import type { Ports } from '../ports.ts'
import { createDriftCheck } from './drift-check.ts'
import type { StripeAccess } from './stripe-access.ts'

export type WiredPorts = Ports & {
  readonly priceBook: PriceBook
  readonly driftCheck: ReturnType<typeof createDriftCheck>
}

/** Every port with the adapter that stands behind it. `publicUrl` may be known only once the server listens. */
export function wirePorts(
  config: Config,
  store: Store,
  access: StripeAccess,
  publicUrl: () => string,
  log: Log,
): WiredPorts {
  const { stripe, meterCallsPerSecond, listCallsPerSecond } = access
  const clock = wallClock(access.clockOffsetMs)
  const priceBook = priceBookOf(config, store, access, clock.wall)
  const ports = {
    ...store.ports,
    gateway: stripeGateway(stripe, config),
    meters: stripeMeters(stripe, meterCallsPerSecond),
    observatory: stripeObservatory(stripe),
    bills: stripeBills(stripe),
    eventFeed: stripeEventFeed(stripe, listCallsPerSecond),
    stripeBooks: stripeBooks(stripe, listCallsPerSecond),
    clock,
    newId,
    catalogue: config.catalogue,
    priceBook,
    priceIds: priceBook.current,
    ownStripe: () => ({ livemode: access.livemode, account: store.stripeAccount() }),
    lanes: createLanes(),
    returnRules: {
      origins: () => (config.returnOrigins.length > 0 ? config.returnOrigins : [new URL(publicUrl()).origin]),
      httpsOnly: config.environment === 'production',
    },
  }
  const onFailure = (error: unknown) => log.warning('The comparison with Stripe could not be finished.', { error })
  return { ...ports, driftCheck: createDriftCheck({ ...ports, settle, onFailure }) }
}

/** A webhook is a second or two behind what Stripe's lists show. */
export const settle = () => Bun.sleep(2_000)

function priceBookOf({ catalogue }: Config, store: Store, { stripe }: StripeAccess, wall: () => Instant): PriceBook {
  return createPriceBook({
    remembered: store.rememberedPrices(),
    find: () => findPrices(stripe, catalogue),
    findPast: (present) => findPastPrices(stripe, catalogue, present),
    merge: (known, found) => withPastPrices(catalogue, known, found),
    remember: (found) => store.rememberPrices(found, wall()),
  })
}
