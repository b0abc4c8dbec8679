// Delivers the events of several lives, recorded from the simulator, in every order and in random orders with copies, each
// time to an empty store, and looks whether all end in one and the same state, which is Stripe's.
//   bun run test:orders [orders] [events]        random orders (200), and events of which all orders are tried (5, at most 7)
//   bun run test:orders [orders] [events] twin   a control that must fail: the payload that arrives last wins
//   bun run test:orders [orders] [events] twice  another: whether an event was applied is not asked in the step that applies it
import type { Stripe } from 'stripe'
import { createLanes } from '../../src/adapters/process/lanes.ts'
import { toInvoiceEntry, toSubscription } from '../../src/adapters/stripe/translate.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Observation } from '../../src/domain/observation.ts'
import { reasonToIgnore } from '../../src/domain/webhook-event.ts'
import type { Ledger, Observatory } from '../../src/ports.ts'
import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { billingHistory } from '../../src/usecases/billing-history.ts'
import { receiveEvent } from '../../src/usecases/receive-event.ts'
import { subscriptionStatus } from '../../src/usecases/subscription-status.ts'
import { LIVES, type Life, type LifeEvent, recordLife } from '../support/lives.ts'
import { sqliteStoreMaker } from '../support/sqlite-store.ts'
import { sortedEntries } from '../support/stripe-truth.ts'

/** One way in which a life's events may come. */
interface Order {
  readonly deliveries: readonly LifeEvent[]
  /** Before which delivery the customer is linked to a user; what came earlier waits for that. */
  readonly linkedBefore: number
  /** After which deliveries the program finds time to apply what it has, and whether two of its workers do at once. */
  readonly pause: (delivery: number) => 'none' | 'apply' | 'apply twice at once'
}

const USER = 'ann'
const MOST_COPIES = 3
const MOST_PERMUTED = 7
const SHOWN = 5
const TOLD_EVERY = 5_000

const numbers = process.argv.slice(2).map(Number).filter(Number.isSafeInteger)
const randomOrders = numbers[0] ?? 200
const permuted = Math.min(numbers[1] ?? 5, MOST_PERMUTED)
const isTwin = process.argv.includes('twin')
const isTwice = process.argv.includes('twice')
const random = generator(Number(process.env.SEED ?? 1))
const newStore = sqliteStoreMaker()
let [orders, deliveries, wrong] = [0, 0, 0]

for (const name of LIVES) {
  const life = await recordLife(name)
  const before = { orders, wrong }
  const whole = inOrder(life.events)
  // Where everything comes as it came about, the twins must be right too: what they get wrong elsewhere is the order.
  const expected = await stateAfter(life, whole)
  if (expected.trouble !== null) report(life, whole, expected.trouble)
  const few = tellingEvents(life.events, permuted)
  for (const permutation of permutationsOf(few)) {
    await check(life, inOrder(permutation), expected.told)
    await check(life, inOrder(doubled(permutation)), expected.told)
  }
  for (let count = 0; count < randomOrders / LIVES.length; count++) await check(life, randomOrder(life), expected.told)
  await life.close()
  const counted = `${life.events.length} events, ${(orders - before.orders).toLocaleString('en')} orders`
  const { status, plan_name } = life.truth.status
  console.log(`${name} (ends ${status} on ${plan_name}): ${counted}, ${wrong - before.wrong} wrong`)
}
console.log(
  `${orders.toLocaleString('en')} orders with ${deliveries.toLocaleString('en')} deliveries, ${wrong.toLocaleString('en')} that did not end as Stripe stands`,
)
process.exit(wrong > 0 ? 1 : 0)

async function check(life: Life, order: Order, expected: string): Promise<void> {
  orders += 1
  deliveries += order.deliveries.length
  const { told, trouble } = await stateAfter(life, order)
  if (trouble !== null) report(life, order, trouble)
  else if (told !== expected) report(life, order, `another state than in the order of events: ${told}`)
  if (orders % TOLD_EVERY === 0) console.log(`${orders.toLocaleString('en')} orders, ${wrong} wrong`)
}

function report(life: Life, { deliveries, linkedBefore }: Order, trouble: string): void {
  wrong += 1
  if (wrong > SHOWN) return
  const types = deliveries.map(({ event }) => event.type).join(', ')
  console.log(`FAILED  ${life.name}, linked before delivery ${linkedBefore}: ${types}\n        ${trouble}`)
}

/** Plays an order on an empty store; what the program then tells of the user, and what is wrong with that. */
async function stateAfter(life: Life, order: Order): Promise<{ told: string; trouble: string | null }> {
  const store = newStore()
  const effects = new Map<string, number>()
  const failures: string[] = []
  let wall = life.now
  const ports = {
    ...store,
    ledger: watched(store.ledger, effects),
    observatory: isTwin ? payloadsOf(life) : life.observatory,
    clock: { now: () => life.now, wall: () => wall },
    catalogue: BUILT_IN_PLANS,
    priceIds: () => life.priceIds,
    lanes: createLanes(),
    livemode: false,
    onFailure: (event: { readonly type: string }, error: unknown) => failures.push(`${event.type}: ${String(error)}`),
  }
  const applyAll = async () => {
    while ((await applyDueEvents(ports)) > 0);
  }
  for (const [index, { event, body }] of order.deliveries.entries()) {
    wall += 1
    if (index === order.linkedBefore) await link(ports.ledger, life)
    await receiveEvent(ports, event, body)
    const pause = order.pause(index)
    if (pause === 'apply') await applyAll()
    if (pause === 'apply twice at once') await Promise.all([applyAll(), applyAll()])
  }
  await applyAll()
  const status = await subscriptionStatus(ports, USER)
  const { payments } = await billingHistory(ports, { user: USER, limit: 100, cursor: null })
  const unsettled = store.client
    .query("SELECT type, state FROM stripe_webhook_events WHERE state NOT IN ('applied', 'ignored')")
    .values()
  store.client.close()
  const repeated = [...effects].filter(([, count]) => count > 1).map(([id]) => id)
  const trouble = [
    ...failures,
    ...unsettled.map(([type, state]) => `${type} was left ${state}`),
    ...repeated.map((id) => `${id} had its effect ${effects.get(id)} times`),
    ...differences(life, { ...status }, sortedEntries(payments)),
  ]
  return { told: JSON.stringify({ status, payments }), trouble: trouble.length > 0 ? trouble.join('; ') : null }
}

function differences({ truth }: Life, status: Record<string, unknown>, history: object): readonly string[] {
  const fields = Object.entries(truth.status)
    .filter(([name, value]) => status[name] !== value)
    .map(([name, value]) => `${name} is ${status[name]} here and ${value} at Stripe`)
  const [told, held] = [JSON.stringify(history), JSON.stringify(truth.history)]
  return told === held ? fields : [...fields, `the history is ${told} here and ${held} at Stripe`]
}

async function link(ledger: Ledger, { customer, now }: Life): Promise<void> {
  const linked = { type: 'customer-linked', customerId: customer, at: now } as const
  await ledger.change(USER, {}, () => ({ changes: [linked], result: undefined }))
}

/** Counts how often each event had its effect. */
function watched(ledger: Ledger, effects: Map<string, number>): Ledger {
  return {
    account: ledger.account,
    change: (user, needs, decide) =>
      ledger.change(user, needs, (account) => {
        const decision = decide(isTwice ? { ...account, eventApplied: false } : account)
        for (const change of decision.changes)
          if (change.type === 'event-applied') effects.set(change.eventId, (effects.get(change.eventId) ?? 0) + 1)
        return decision
      }),
  }
}

/** The twin takes subscriptions and invoices from the payload, for all else it looks at Stripe. */
function payloadsOf(life: Life): Observatory {
  const objects = new Map(life.events.map(({ event, object }) => [event.id, object]))
  return {
    ...life.observatory,
    async look(event) {
      const object = objects.get(event.id)
      const seen = await life.observatory.look(event)
      if (event.objectType === 'subscription')
        return [{ type: 'subscription', subscription: toSubscription(object as Stripe.Subscription) }]
      if (event.objectType === 'invoice') return entriesOf(object as Stripe.Invoice, seen)
      return seen.filter(({ type }) => type !== 'subscription' && event.objectType === 'refund')
    },
  }
}

function entriesOf(invoice: Stripe.Invoice, seen: readonly Observation[]): readonly Observation[] {
  const known = seen.find((observation) => observation.type === 'entry')?.payment.refundedAmount ?? 0
  return invoice.status === 'draft' ? [] : [{ type: 'entry', payment: toInvoiceEntry(invoice, known) }]
}

/** Each applied as it comes, for a customer known before. */
function inOrder(events: readonly LifeEvent[]): Order {
  return { deliveries: events, linkedBefore: 0, pause: () => 'apply' }
}

/** Up to three copies of each of a life's events, the customer linked and the inbox emptied at any time. */
function randomOrder({ events }: Life): Order {
  const copies = events.flatMap((event) => Array<LifeEvent>(1 + below(MOST_COPIES)).fill(event))
  const deliveries = shuffled(copies)
  const kinds = ['none', 'apply', 'apply twice at once'] as const
  const pauses = deliveries.map(() => kinds[below(kinds.length)] ?? 'none')
  return { deliveries, linkedBefore: below(deliveries.length), pause: (index) => pauses[index] ?? 'none' }
}

/** The last event of everything that has a state of its own, then what came last; in the order in which they came about. */
function tellingEvents(events: readonly LifeEvent[], count: number): readonly LifeEvent[] {
  const followed = events.filter(({ event }) => reasonToIgnore(event, false) === null).toReversed()
  const isStateful = ({ event }: LifeEvent) =>
    ['subscription', 'invoice', 'refund', 'dispute'].includes(event.objectType)
  const isLast = (one: LifeEvent) => followed.find(({ event }) => event.objectId === one.event.objectId) === one
  const last = followed.filter((one) => isStateful(one) && isLast(one))
  const earlier = followed.filter((one) => isStateful(one) && !isLast(one))
  const rest = followed.filter((one) => !isStateful(one))
  const chosen = new Set([...last, ...earlier, ...rest].slice(0, Math.max(count, last.length)))
  return events.filter((event) => chosen.has(event))
}

/** Every event once more, at some later place. */
function doubled(events: readonly LifeEvent[]): readonly LifeEvent[] {
  return events.reduce<LifeEvent[]>(
    (all, event) => {
      const first = all.indexOf(event)
      return all.toSpliced(first + 1 + below(all.length - first), 0, event)
    },
    [...events],
  )
}

function* permutationsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length <= 1) yield items
  for (const [index, item] of items.length > 1 ? items.entries() : [])
    for (const rest of permutationsOf(items.toSpliced(index, 1))) yield [item, ...rest]
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => [random(), item] as const)
    .sort(([one], [other]) => one - other)
    .map(([, item]) => item)
}

function below(limit: number): number {
  return Math.floor(random() * limit)
}

/** Mulberry32: the same seed, the same run. */
function generator(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
