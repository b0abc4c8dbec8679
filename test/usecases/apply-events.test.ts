import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { type Observation, observe } from '../../src/domain/observation.ts'
import type { ObservedSubscription } from '../../src/domain/subscription.ts'
import type { StripeEvent } from '../../src/domain/webhook-event.ts'
import { applyDueEvents, type Served } from '../../src/usecases/apply-events.ts'
import { sendDueReports } from '../../src/usecases/report-usage.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'

let ports: MemoryPorts
let billing: Billing
let failures: string[]

beforeEach(() => {
  ports = memoryPorts()
  billing = createBilling(ports)
  failures = []
})

const body = new TextEncoder().encode('{}')
const person = { email: null, name: null }
const apply = async () => {
  let applied = 0
  for (let found = -1; found !== 0; applied += found) found = await applyOnce()
  return applied
}
const applyOnce = () => applyDueEvents({ ...ports, onFailure: (event) => failures.push(event.id) })
const stateOf = (id: string) => ports.store.events.get(id)?.state
const subscribe = (paymentMethodId: string | null, user = 'ann') =>
  billing.subscribe({ user, person, key: null, planName: 'pro_monthly', priceId: null, paymentMethodId })

const knowledge = () => ({
  catalogue: ports.catalogue,
  priceIds: ports.priceIds(),
  at: ports.clock.now(),
  isCompared: true,
})

function event(values: Partial<StripeEvent> & { readonly id: string }): StripeEvent {
  return {
    type: 'customer.subscription.updated',
    objectType: 'subscription',
    objectId: 'sub_2',
    customerId: 'cus_1',
    paymentIntentId: null,
    livemode: false,
    account: null,
    apiVersion: null,
    createdAt: TEST_START,
    ...values,
  }
}

describe('an event', () => {
  test('brings what Stripe shows now, whatever the event itself said', async () => {
    const { result } = await subscribe(null)
    ports.stripe.confirm(result.subscription_id)
    await billing.receiveEvent(event({ id: 'evt_old', type: 'customer.subscription.created' }), body)
    await apply()
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ status: 'active', has_subscription: true })
    expect(ports.store.events.get('evt_old')).toMatchObject({
      state: 'applied',
      outcome: expect.stringContaining('Subscription sub_2 (pro_monthly) went from incomplete to active'),
    })
  })

  test('is not believed while Stripe is looked at for its user: what that look brings may be older', async () => {
    const { result } = await subscribe('pm_card_visa')
    const before = ports.stripe.subscriptions.get(result.subscription_id)
    if (before === undefined) throw new Error('There is none.')
    const after: ObservedSubscription = { ...before, status: 'canceled', endedAt: ports.clock.now() }
    ports.observatory.told = () => ({ observations: [{ type: 'subscription', subscription: after }], invoice: null })
    const seen: Observation = { type: 'subscription', subscription: before, seenAt: ports.clock.now() }
    const take = () =>
      ports.ledger.change('ann', {}, (account) => ({
        changes: observe(account, seen, knowledge()),
        result: undefined,
      }))
    await take()
    const looked = Promise.withResolvers<void>()
    const looking = ports.lanes.run('ann', () => looked.promise.then(take))
    ports.stripe.subscriptions.set(after.id, after)
    await billing.receiveEvent(event({ id: 'evt_end', createdAt: ports.clock.now() + 60_000 }), body)
    const applying = apply()
    await Bun.sleep(0)
    expect((await billing.subscriptionStatus('ann')).status).toBe('active')
    looked.resolve()
    await Promise.all([looking, applying])
    expect((await billing.subscriptionStatus('ann')).status).toBe('canceled')
    expect(ports.store.events.get('evt_end')?.outcome).toContain('Looked up at Stripe')
  })

  test('delivered many times has one effect', async () => {
    await subscribe('pm_card_visa')
    const received = await Promise.all([1, 2, 3].map(() => billing.receiveEvent(event({ id: 'evt_1' }), body)))
    expect(received.filter((outcome) => outcome === 'stored')).toHaveLength(1)
    await apply()
    expect(await apply()).toBe(0)
  })

  test('that comes before we know the customer waits for it', async () => {
    await billing.receiveEvent(event({ id: 'evt_early' }), body)
    await apply()
    expect(stateOf('evt_early')).toBe('parked')
    await subscribe('pm_card_visa')
    await apply()
    expect(stateOf('evt_early')).toBe('applied')
  })

  test('about something else, of the other mode, or of a connected account is ignored with its reason', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_a', objectType: 'something', type: 'something.new' }), body)
    await billing.receiveEvent(event({ id: 'evt_b', livemode: true }), body)
    await billing.receiveEvent(event({ id: 'evt_c', account: 'acct_1' }), body)
    await billing.receiveEvent(event({ id: 'evt_d', objectType: 'invoice', objectId: null }), body)
    await apply()
    for (const id of ['evt_a', 'evt_b', 'evt_c', 'evt_d'])
      expect(ports.store.events.get(id)).toMatchObject({ state: 'ignored', outcome: expect.stringMatching(/\w+\./) })
  })

  test('that names its account is taken when that is ours', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_ours', account: 'acct_ours' }), body)
    await billing.receiveEvent(event({ id: 'evt_theirs', account: 'acct_theirs' }), body)
    await apply()
    expect(stateOf('evt_ours')).toBe('applied')
    expect(ports.store.events.get('evt_theirs')?.outcome).toBe(
      'It comes from the Stripe account acct_theirs, and this program serves acct_ours alone.',
    )
  })

  test('that names its account waits for a replay where the key may not tell whose it is', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_1', account: 'acct_ours' }), body)
    const unknowing = { ...ports, ownStripe: () => ({ livemode: false, account: null }), onFailure: () => {} }
    await applyDueEvents(unknowing)
    expect(ports.store.events.get('evt_1')).toMatchObject({
      state: 'ignored',
      outcome: expect.stringContaining('Let it read its account, restart, and replay the event.'),
    })
    await billing.replayEvent('evt_1', { operator: 'operator:alice', reason: null })
    await apply()
    expect(stateOf('evt_1')).toBe('applied')
  })

  test('that cannot be applied now is tried again later and holds up no other', async () => {
    await subscribe('pm_card_visa')
    await subscribe('pm_card_visa', 'bob')
    await billing.receiveEvent(event({ id: 'evt_1' }), body)
    await billing.receiveEvent(event({ id: 'evt_2', objectId: 'sub_4', customerId: 'cus_3' }), body)
    ports.stripe.failNext('before')
    await apply()
    expect([stateOf('evt_1'), stateOf('evt_2'), failures]).toEqual(['failed', 'applied', ['evt_1']])
    expect(await apply()).toBe(0)
    ports.advance(1_000)
    await apply()
    expect(stateOf('evt_1')).toBe('applied')
  })

  test('that never can be applied is given up after twenty tries and kept', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_1' }), body)
    ports.observatory.look = async () => {
      throw new Error('it is of a shape that nobody understands')
    }
    for (let round = 0; round < 20; round++) {
      await apply()
      ports.advance(3_600_000)
    }
    expect(stateOf('evt_1')).toBe('dead')
    expect(await ports.inbox.counts()).toMatchObject({ dead: 1, waiting: 0, waitingSince: null })
    expect(await apply()).toBe(0)
  })

  test('is never given up because Stripe is out of reach, however long', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_1' }), body)
    for (let round = 0; round < 100; round++) {
      ports.stripe.failNext('before')
      await apply()
      ports.advance(3_600_000)
    }
    await apply()
    expect(stateOf('evt_1')).toBe('applied')
  })

  test('of a customer is taken up again after even its postponing has failed', async () => {
    await subscribe('pm_card_visa')
    await billing.receiveEvent(event({ id: 'evt_1' }), body)
    const busy: Served = new Map()
    const round = () => applyDueEvents({ ...ports, onFailure: () => {} }, busy)
    const { fail } = ports.inbox
    ports.stripe.failNext('before')
    ports.inbox.fail = () => Promise.reject(new Error('the disk is full'))
    expect(await round().catch((error: Error) => error.message)).toBe('the disk is full')
    ports.inbox.fail = fail
    expect(await round()).toBe(1)
    expect(stateOf('evt_1')).toBe('applied')
  })

  test('of one customer who is slow holds up nobody else', async () => {
    await subscribe('pm_card_visa')
    await subscribe('pm_card_visa', 'bob')
    const slow = Promise.withResolvers<void>()
    const held = ports.lanes.run('ann', () => slow.promise)
    for (let index = 0; index < 40; index++) await billing.receiveEvent(event({ id: `evt_ann_${index}` }), body)
    await billing.receiveEvent(event({ id: 'evt_bob', objectId: 'sub_4', customerId: 'cus_3' }), body)
    const busy: Served = new Map()
    const first = applyDueEvents({ ...ports, onFailure: () => {} }, busy)
    await Bun.sleep(0)
    expect([...busy.keys()]).toEqual(['cus_1'])
    expect(await applyDueEvents({ ...ports, onFailure: () => {} }, busy)).toBe(1)
    expect(stateOf('evt_bob')).toBe('applied')
    expect(await applyDueEvents({ ...ports, onFailure: () => {} }, busy)).toBe(0)
    slow.resolve()
    await Promise.all([held, first])
    await apply()
    expect(stateOf('evt_ann_39')).toBe('applied')
  })

  test('of a meter that refused late sets the reports aside that it names', async () => {
    await billing.subscribe({
      user: 'ann',
      person,
      key: null,
      planName: 'usage_based',
      priceId: null,
      paymentMethodId: 'pm_card_visa',
    })
    await billing.recordUsage({
      user: 'ann',
      key: null,
      service: 'sms',
      amount: 3,
      unit: 'messages',
      resourceId: null,
      eventId: null,
      occurredAt: null,
      enforce: false,
    })
    ports.advance(61_000)
    await sendDueReports({ ...ports, onTrouble: () => {} })
    const [sent] = ports.store.reportsOf('ann')
    ports.stripe.rejections.set('evt_1', [
      { reportId: sent?.report.id ?? '', reason: 'archived meter' },
      { reportId: 'report_foreign', reason: 'x' },
    ])
    await billing.receiveEvent(
      event({
        id: 'evt_1',
        type: 'v1.billing.meter.error_report_triggered',
        objectType: 'billing.meter',
        customerId: null,
      }),
      body,
    )
    await apply()
    expect((await ports.outbox.setAside(10, null)).items).toMatchObject([
      { user: 'ann', state: 'rejected', reason: 'archived meter' },
    ])
    expect(stateOf('evt_1')).toBe('applied')
  })

  test('that came before the cancellation does not revive the subscription', async () => {
    const { result } = await subscribe('pm_card_visa')
    await billing.cancelSubscription({
      user: 'ann',
      person,
      key: null,
      atPeriodEnd: false,
      reason: null,
      feedback: null,
    })
    const canceled = ports.stripe.subscriptions.get(result.subscription_id)
    if (canceled) ports.stripe.subscriptions.set(canceled.id, { ...canceled, status: 'active', endedAt: null })
    await billing.receiveEvent(event({ id: 'evt_late' }), body)
    await apply()
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ status: 'canceled', has_subscription: false })
  })
})
