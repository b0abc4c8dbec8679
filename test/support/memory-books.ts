import type { ObservedDispute } from '../../src/domain/dispute.ts'
import type { Payment } from '../../src/domain/payment.ts'
import type { Instant } from '../../src/domain/period.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import type { EventFeed, StripeBooks } from '../../src/ports/mirror.ts'
import type { Page } from '../../src/ports/records.ts'
import type { MemoryStripe } from './memory-stripe.ts'

/** The lists of the memory Stripe: small pages, so that whoever forgets to ask for the next one is found out. */
export interface MemoryBooks {
  readonly eventFeed: EventFeed
  readonly stripeBooks: StripeBooks
  /** Oldest first. */
  readonly events: StripeEvent[]
  /** Invoices and refunds. */
  readonly entries: Map<string, Payment>
  readonly disputes: Map<string, ObservedDispute>
  readonly deleted: Set<string>
  /** How often each list was asked. */
  readonly calls: Map<string, number>
}

const PAGE = 3

export function memoryBooks({ customers, subscriptions, payments, firstInvoices }: MemoryStripe): MemoryBooks {
  const events: StripeEvent[] = []
  const entries = new Map<string, Payment>()
  const disputes = new Map<string, ObservedDispute>()
  const deleted = new Set<string>()
  const calls = new Map<string, number>()

  async function page<T>(list: string, oldestFirst: readonly T[], cursor: string | null): Promise<Page<T>> {
    calls.set(list, (calls.get(list) ?? 0) + 1)
    const start = Number(cursor ?? 0)
    const items = oldestFirst.toReversed().slice(start, start + PAGE)
    return { items, nextCursor: oldestFirst.length > start + PAGE ? String(start + PAGE) : null }
  }
  const customer = (id: string) => {
    const user = customers.get(id)
    if (user === undefined) return null
    return { id, user: deleted.has(id) || user === '' ? null : user, isDeleted: deleted.has(id) }
  }
  const allEntries = () => [...entries.values(), ...firstInvoices()]
  const ofKind = (kind: Payment['kind']) => allEntries().filter((entry) => entry.kind === kind)
  const paid = () => [...payments.values()].flatMap(({ entry }) => entry ?? [])

  const stripeBooks: StripeBooks = {
    customers: (cursor) =>
      page(
        'customers',
        [...customers.keys()].flatMap((id) => customer(id) ?? []).filter(({ isDeleted }) => !isDeleted),
        cursor,
      ),
    subscriptions: (cursor) => page('subscriptions', [...subscriptions.values()], cursor),
    invoices: (cursor) => page('invoices', ofKind('invoice'), cursor),
    payments: (cursor) => page('payments', paid(), cursor),
    refunds: (cursor) => page('refunds', ofKind('refund'), cursor),
    disputes: (cursor) => page('disputes', [...disputes.values()], cursor),
    async holdings(customerId, asked) {
      calls.set('holdings', (calls.get('holdings') ?? 0) + 1)
      const isTheirs = (thing: { readonly customerId: string }) => thing.customerId === customerId
      return {
        customer: customer(customerId),
        subscriptions: [...subscriptions.values()].filter(isTheirs),
        unknownSubscriptions: asked.subscriptions.filter((id) => !subscriptions.has(id)),
        entries: allEntries().filter(isTheirs),
        unknownEntries: asked.entries
          .map(({ id }) => id)
          .filter((id) => !payments.has(id) && allEntries().every((entry) => entry.id !== id)),
        paymentIntents: [...payments.values()].filter(isTheirs),
        disputes: [...disputes.values()].filter(isTheirs),
      }
    },
    async nameCustomer(customerId, user) {
      if (!customers.has(customerId)) return null
      if (!deleted.has(customerId)) customers.set(customerId, user)
      return deleted.has(customerId) ? null : customer(customerId)
    },
  }

  const eventFeed: EventFeed = {
    events: (from: Instant, cursor) =>
      page(
        'events',
        events.filter(({ createdAt }) => createdAt >= from).map((event) => ({ event, body: new Uint8Array() })),
        cursor,
      ),
  }
  return { eventFeed, stripeBooks, events, entries, disputes, deleted, calls }
}
