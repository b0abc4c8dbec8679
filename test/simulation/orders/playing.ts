import type { Stripe } from 'stripe'
import { createLanes } from '../../../src/adapters/process/lanes.ts'
import { toInvoiceEntry } from '../../../src/adapters/stripe/translate/invoice.ts'
import { toSubscription } from '../../../src/adapters/stripe/translate/subscription.ts'
import { BUILT_IN_PLANS } from '../../../src/config/built-in-plans.ts'
import type { Observation } from '../../../src/domain/observation.ts'
import type { Ledger } from '../../../src/ports/ledger.ts'
import type { Observatory } from '../../../src/ports/observatory.ts'
import { applyDueEvents } from '../../../src/usecases/apply-events.ts'
import { billingHistory } from '../../../src/usecases/billing-history.ts'
import { receiveEvent } from '../../../src/usecases/receive-event.ts'
import { subscriptionStatus } from '../../../src/usecases/subscription-status.ts'
import type { Life } from '../../support/lives.ts'
import { sqliteStoreMaker } from '../../support/sqlite-store.ts'
import { sortedEntries } from '../../support/stripe-truth.ts'
import type { Order } from './orders.ts'

/**
 * How events are taken: as the program does, or by looking at Stripe for each, or, as controls that must fail, by believing
 * whatever payload arrives last, or without asking in the step that applies an event whether it was applied.
 */
export type Way = 'by payload' | 'by look' | 'twin' | 'twice'

export interface Ending {
  /** All that the program tells of the user in the end. */
  readonly told: string
  readonly trouble: string | null
}

/** How many events were believed and for how many Stripe was looked at, by way. */
export type Counts = Map<string, { told: number; looked: number }>

/** Plays one order after the other on one store in memory, which is emptied in between; each for a user of its own. */
export function createPlayer(counts: Counts) {
  const store = sqliteStoreMaker()()
  const tables = store.client
    .query(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' ESCAPE '\\'",
    )
    .values()
    .map(([name]) => store.client.prepare(`DELETE FROM ${name}`))
  const unsettled = store.client.prepare(
    "SELECT type, state, outcome FROM stripe_webhook_events WHERE state NOT IN ('applied', 'ignored')",
  )
  const paths = store.client.prepare(
    "SELECT sum(outcome LIKE '%Told by the event itself.'), sum(outcome LIKE '%Looked up at Stripe%') FROM stripe_webhook_events",
  )
  let players = 0

  return async function play(life: Life, order: Order, way: Way): Promise<Ending> {
    for (const table of tables) table.run()
    const user = `user_${++players}`
    const effects = new Map<string, number>()
    const failures: string[] = []
    let [wall, chapter] = [life.now, 0]
    const ports = {
      ...store,
      ledger: watched(store.ledger, effects, way),
      observatory: observatoryFor(life, way, () => chapter),
      clock: { now: () => life.now, wall: () => wall },
      catalogue: BUILT_IN_PLANS,
      priceIds: () => life.priceIds,
      lanes: createLanes(),
      ownStripe: () => ({ livemode: false, account: 'acct_ours' }),
      onFailure: (event: { readonly type: string }, error: unknown) => failures.push(`${event.type}: ${String(error)}`),
    }
    const applyAll = async () => {
      while ((await applyDueEvents(ports)) > 0);
    }
    for (const [index, { event, body }] of order.deliveries.entries()) {
      wall += 1
      chapter = order.chapter(index)
      if (index === order.linkedBefore) await link(ports.ledger, user, life)
      await receiveEvent(ports, event, body)
      const pause = order.pause(index)
      if (pause === 'apply') await applyAll()
      if (pause === 'apply twice at once') await Promise.all([applyAll(), applyAll()])
    }
    await applyAll()
    count(counts, way, paths.values()[0] ?? [])
    const status = await subscriptionStatus(ports, user)
    const { payments } = await billingHistory(ports, { user, limit: 100, cursor: null })
    const trouble = [
      ...failures,
      ...unsettled.values().map(([type, state, outcome]) => `${type} was left ${state}: ${outcome}`),
      ...[...effects].filter(([, times]) => times > 1).map(([id, times]) => `${id} had its effect ${times} times`),
      ...differences(life, { ...status }, sortedEntries(payments)),
    ]
    const told = JSON.stringify({ status, payments })
    return { told, trouble: trouble.length > 0 ? trouble.join('; ') : null }
  }
}

function count(counts: Counts, way: Way, [told, looked]: readonly unknown[]): void {
  const sum = counts.get(way) ?? { told: 0, looked: 0 }
  counts.set(way, { told: sum.told + Number(told ?? 0), looked: sum.looked + Number(looked ?? 0) })
}

function differences({ truth }: Life, status: Record<string, unknown>, history: object): readonly string[] {
  const fields = Object.entries(truth.status)
    .filter(([name, value]) => status[name] !== value)
    .map(([name, value]) => `${name} is ${status[name]} here and ${value} at Stripe`)
  const [told, held] = [JSON.stringify(history), JSON.stringify(truth.history)]
  return told === held ? fields : [...fields, `the history is ${told} here and ${held} at Stripe`]
}

async function link(ledger: Ledger, user: string, { customer, now }: Life): Promise<void> {
  const linked = { type: 'customer-linked', customerId: customer, at: now } as const
  await ledger.change(user, {}, () => ({ changes: [linked], result: undefined }))
}

/** Counts how often each event had its effect. */
function watched(ledger: Ledger, effects: Map<string, number>, way: Way): Ledger {
  return {
    account: ledger.account,
    change: (user, needs, decide) =>
      ledger.change(user, needs, (account) => {
        const decision = decide(way === 'twice' ? { ...account, eventApplied: false } : account)
        for (const change of decision.changes)
          if (change.type === 'event-applied') effects.set(change.eventId, (effects.get(change.eventId) ?? 0) + 1)
        return decision
      }),
  }
}

function observatoryFor(life: Life, way: Way, chapter: () => number): Observatory {
  const observatory = life.observatoryAt(chapter)
  if (way === 'by look') return { ...observatory, told: () => null }
  return way === 'twin' ? payloadsOf(life, observatory) : observatory
}

/** The twin takes subscriptions and invoices from the payload, for all else it looks at Stripe. */
function payloadsOf(life: Life, observatory: Observatory): Observatory {
  const objects = new Map(life.events.map(({ event, object }) => [event.id, object]))
  return {
    ...observatory,
    told: () => null,
    async look(event) {
      const object = objects.get(event.id)
      const seen = await observatory.look(event)
      if (event.objectType === 'subscription')
        return [{ type: 'subscription', subscription: toSubscription(object as Stripe.Subscription) }]
      if (event.objectType === 'invoice') return entriesOf(object as Stripe.Invoice, seen)
      return seen.filter(({ type }) => type !== 'subscription' && ['refund', 'dispute'].includes(event.objectType))
    },
  }
}

function entriesOf(invoice: Stripe.Invoice, seen: readonly Observation[]): readonly Observation[] {
  const known = seen.find((observation) => observation.type === 'entry')?.payment.refundedAmount ?? 0
  return invoice.status === 'draft' ? [] : [{ type: 'entry', payment: toInvoiceEntry(invoice, known) }]
}
