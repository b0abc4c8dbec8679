import { beforeEach, describe, expect, test } from 'bun:test'
import { DAY_MS } from '../../src/domain/period.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { type CatchingUp, catchUp } from '../../src/usecases/catch-up.ts'
import { subscribe } from '../../src/usecases/subscribe.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let catching: CatchingUp
let subscriptionId: string

beforeEach(async () => {
  ports = memoryPorts()
  catching = { ...ports, settle: async () => {}, onProgress: () => {} }
  const person = { email: null, name: null }
  const wish = {
    user: 'ann',
    person,
    key: null,
    planName: 'pro_monthly',
    priceId: null,
    paymentMethodId: 'pm_card_visa',
  }
  subscriptionId = (await subscribe(ports, wish)).result.subscription_id
})

const theirs = () => {
  const subscription = ports.stripe.subscriptions.get(subscriptionId)
  if (subscription === undefined) throw new Error('there is none')
  return subscription
}
const statusHere = async () => (await ports.ledger.account('ann', {})).subscriptions[0]?.status

/** Stripe ends the subscription and says so to nobody but its own list of events. */
function endAtStripe(event: Partial<StripeEvent> = {}): void {
  const at = ports.clock.now()
  ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), status: 'canceled', endedAt: at })
  ports.books.events.push(eventAt(at, event))
}

function eventAt(createdAt: number, event: Partial<StripeEvent> = {}): StripeEvent {
  return {
    id: `evt_${ports.books.events.length}`,
    type: 'customer.subscription.deleted',
    objectType: 'subscription',
    objectId: subscriptionId,
    customerId: theirs().customerId,
    paymentIntentId: null,
    livemode: false,
    account: null,
    apiVersion: null,
    createdAt,
    ...event,
  }
}

const applied = async () => {
  while ((await applyDueEvents({ ...ports, onFailure: () => {} })) > 0);
}

describe('what was missed', () => {
  beforeEach(async () => {
    await catchUp(catching)
  })

  test('goes through the inbox as if it had been delivered, each event once', async () => {
    ports.advance(4 * DAY_MS)
    endAtStripe()
    ports.advance(DAY_MS)
    expect(await catchUp(catching)).toEqual({ events: 1, mended: null })
    expect(await statusHere()).toBe('active')
    await applied()
    expect(await statusHere()).toBe('canceled')
    expect((await catchUp(catching)).events).toBe(0)
  })

  test('is found on every page, and what would only be ignored is not kept', async () => {
    for (let count = 0; count < 8; count++) endAtStripe()
    endAtStripe({ objectType: 'product', type: 'product.updated' })
    endAtStripe({ livemode: true })
    expect((await catchUp(catching)).events).toBe(8)
  })

  test('is known where a delivery was faster', async () => {
    endAtStripe()
    const [event] = ports.books.events
    if (event) await ports.inbox.receive(event, new Uint8Array(), ports.clock.wall())
    expect((await catchUp(catching)).events).toBe(0)
  })

  test('is found although Stripe listed it later than its time', async () => {
    ports.advance(DAY_MS)
    await catchUp(catching)
    ports.books.events.push(eventAt(ports.clock.now() - 30 * 60_000))
    expect((await catchUp(catching)).events).toBe(1)
  })

  test('is looked for again when Stripe failed half-way', async () => {
    for (let count = 0; count < 8; count++) endAtStripe()
    ports.advance(2 * DAY_MS)
    const { events } = ports.eventFeed
    const failing: CatchingUp['eventFeed'] = {
      events: (from, cursor) => (cursor === null ? events(from, cursor) : Promise.reject(new Error('out of reach'))),
    }
    expect(await catchUp({ ...catching, eventFeed: failing }).catch((error: Error) => error.message)).toBe(
      'out of reach',
    )
    expect((await catchUp(catching)).events).toBe(5)
  })

  test('longer ago than Stripe keeps events, is seen by comparing everything', async () => {
    endAtStripe()
    ports.books.events.length = 0
    ports.advance(31 * DAY_MS)
    expect(await catchUp(catching)).toEqual({ events: 0, mended: 1 })
    expect(await statusHere()).toBe('canceled')
  })
})

describe('the first start', () => {
  test('with customers already there compares everything, whatever the events tell', async () => {
    endAtStripe()
    ports.books.events.length = 0
    expect(await catchUp(catching)).toEqual({ events: 0, mended: 1 })
  })

  test('with nobody there yet leaves the past of the Stripe account alone', async () => {
    const empty = memoryPorts()
    empty.books.events.push(eventAt(empty.clock.now() - 5 * DAY_MS, { customerId: 'cus_of_somebody' }))
    expect(await catchUp({ ...catching, ...empty })).toEqual({ events: 0, mended: null })
    expect(await empty.mirror.caughtUpTo()).toBe(empty.clock.now())
  })
})

test('a subscription with a price that no plan has is taken over without one', async () => {
  ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), priceId: 'price_of_an_old_program' })
  await catchUp(catching)
  const [subscription] = (await ports.ledger.account('ann', {})).subscriptions
  expect(subscription).toMatchObject({ priceId: 'price_of_an_old_program', planName: null, status: 'active' })
})
