import { createLanes } from '../../src/adapters/process/lanes.ts'
import { createDriftCheck } from '../../src/composition/drift-check.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { type Catalogue, cataloguePrices } from '../../src/domain/catalogue.ts'
import type { Ports } from '../../src/ports.ts'
import { type MemoryBooks, memoryBooks } from './memory-books.ts'
import { type MemoryMeters, memoryMeters } from './memory-meters.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'
import { type MemoryStripe, memoryStripe } from './memory-stripe.ts'

/** A fixed Wednesday noon, where every test begins. */
export const TEST_START = Date.UTC(2026, 5, 10, 12)

export interface MemoryPorts extends Ports {
  readonly driftCheck: ReturnType<typeof createDriftCheck>
  readonly store: MemoryStore
  readonly stripe: MemoryStripe
  readonly meters: MemoryMeters
  readonly books: MemoryBooks
  /** Moves both clocks. */
  advance(milliseconds: number): void
}

/** Every port in memory, with the built-in plans (or others) under price ids like `price_pro_monthly`, and a clock that stands still. */
export function memoryPorts(catalogue: Catalogue = BUILT_IN_PLANS): MemoryPorts {
  let now = TEST_START
  let ids = 0
  const clock = { now: () => now, wall: () => now }
  const store = memoryStore()
  const stripe = memoryStripe(clock, catalogue)
  const meters = memoryMeters(clock)
  const books = memoryBooks(stripe)
  const priceIds = new Map(cataloguePrices(catalogue).map(({ lookupKey }) => [lookupKey, `price_${lookupKey}`]))
  const ports = {
    ledger: store.ledger,
    records: store.records,
    inbox: store.inbox,
    eventLog: store.eventLog,
    outbox: store.outbox,
    messages: store.messages,
    mirror: store.mirror,
    eventFeed: books.eventFeed,
    stripeBooks: books.stripeBooks,
    books,
    meters,
    gateway: stripe.gateway,
    observatory: stripe.observatory,
    bills: stripe.bills,
    clock,
    newId: (prefix: string) => `${prefix}_${String(++ids).padStart(6, '0')}`,
    catalogue,
    priceIds: () => priceIds,
    lanes: createLanes(),
    ownStripe: () => ({ livemode: false, account: 'acct_ours' }),
    returnRules: { origins: () => ['https://app.example.com'], httpsOnly: true },
    store,
    stripe,
    advance(milliseconds: number) {
      now += milliseconds
    },
  }
  const onFailure = (error: unknown) => {
    throw error
  }
  return { ...ports, driftCheck: createDriftCheck({ ...ports, settle: async () => {}, onFailure }) }
}
