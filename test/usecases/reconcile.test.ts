import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import type { DriftReport } from '../../src/domain/drift.ts'
import { boughtGrant } from '../../src/domain/pack.ts'
import type { Payment } from '../../src/domain/payment.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import { checkDrift } from '../../src/usecases/drift.ts'
import { reconcile } from '../../src/usecases/reconcile.ts'
import { subscribe } from '../../src/usecases/subscribe.ts'
import type { Reconciling } from '../../src/usecases/survey.ts'
import { type DriftWorld, openDriftWorld, withoutPayments } from '../support/drift-world.ts'
import { liveOn } from '../support/life-goes-on.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { nameOf, PLANTS, plant } from '../support/planted-drift.ts'
import { PAID_INVOICE } from '../support/sample-account.ts'

describe('against the simulator', () => {
  let world: DriftWorld
  beforeAll(async () => {
    world = await openDriftWorld(24, 7)
  }, 120_000)
  afterAll(() => world.close())

  test('differences of every kind are found and no others, mended, and gone', async () => {
    const planted = (await plant(world, 42)).map(nameOf).sort()
    expect(new Set(planted.map((name) => name.split(' ')[0])).size).toBe(Object.keys(PLANTS).length)
    expect((await world.take(false)).names.sort()).toEqual(planted)
    expect((await world.take(true)).mended.sort()).toEqual(planted)
    expect((await world.take(false)).names).toEqual([])
    expect((await world.take(true)).names).toEqual([])
    await world.settleMeters()
    expect((await world.take(false)).names).toEqual([])
  }, 120_000)

  test('as long as events bring what happens there is nothing to find', async () => {
    for (let run = 0; run < 8; run++) {
      const deed = await liveOn(world)
      await world.follow()
      expect([deed, (await world.take(false)).names]).toEqual([deed, []])
    }
    expect(world.failures()).toBe(0)
  }, 120_000)

  test('a list that is not read is missed, which shows that the others are', async () => {
    await plant(world, 21)
    const blind = await world.take(false, withoutPayments)
    expect(blind.names.length).toBeLessThan((await world.take(true)).names.length)
  }, 120_000)
})

const PAYMENT: Payment = { ...PAID_INVOICE, id: 'pi_none', kind: 'payment', amount: 700 }
const PAYMENT_INTENT = { id: 'pi_none', amount: 700, currency: 'usd', pack: null, refunds: null }

describe('in memory', () => {
  let ports: MemoryPorts
  let comparing: Reconciling
  let subscriptionId: string
  let customerId: string

  beforeEach(async () => {
    ports = memoryPorts()
    comparing = { ...ports, settle: async () => {}, onProgress: () => {} }
    subscriptionId = await subscribed('ann')
    customerId = (await ports.ledger.account('ann', {})).customerId ?? ''
  })

  async function subscribed(user: string): Promise<string> {
    const person = { email: null, name: null }
    const wish = { user, person, key: null, planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_visa' }
    return (await subscribe(ports, wish)).result.subscription_id
  }
  const take = (mender: string | null = null): Promise<DriftReport> =>
    reconcile(comparing, { mender, withMeters: true })
  const theirs = () => {
    const subscription = ports.stripe.subscriptions.get(subscriptionId)
    if (subscription === undefined) throw new Error('there is none')
    return subscription
  }

  test('what is told has its money in it', async () => {
    ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), status: 'canceled', endedAt: ports.clock.now() })
    expect(await take()).toMatchObject({
      repair: false,
      total: 1,
      left: 1,
      byKind: { subscription_status: 1 },
      drift: [{ currency: 'usd', amount: 3_900 }],
      compared: { customers: 1, subscriptions: 1 },
      differences: [
        { user: 'ann', here: expect.stringContaining('active'), atStripe: expect.stringContaining('canceled') },
      ],
    })
    expect((await ports.ledger.account('ann', {})).subscriptions[0]?.status).toBe('active')
  })

  test('what is mended is in the audit log, and in the last report', async () => {
    ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), cancelAt: theirs().currentPeriodEnd })
    expect(await take('operator:alice')).toMatchObject({ total: 1, left: 0, differences: [{ outcome: 'mended' }] })
    expect(ports.store.auditOf('ann')).toMatchObject([{ actor: 'operator:alice', action: 'drift-mended' }])
    expect(await ports.mirror.driftReport()).toMatchObject({ repair: true, total: 1, left: 0 })
    expect(await take('operator:alice')).toMatchObject({ total: 0 })
    expect(ports.store.auditOf('ann')).toHaveLength(1)
  })

  test('what is only on its way is no drift', async () => {
    ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), cancelAt: theirs().currentPeriodEnd })
    comparing = {
      ...comparing,
      settle: async () => ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), cancelAt: null }) && undefined,
    }
    expect(await take()).toMatchObject({ total: 0 })
  })

  test('two live subscriptions of one user are told and left to the operator', async () => {
    ports.stripe.subscriptions.set('sub_second', { ...theirs(), id: 'sub_second', createdAt: ports.clock.now() + 1 })
    const { differences, left } = await take('operator:alice')
    expect(differences.map(({ kind, outcome }) => [kind, outcome])).toEqual([
      ['subscription_missing', 'mended'],
      ['two_live_subscriptions', 'left'],
    ])
    expect(left).toBe(1)
    expect(await take()).toMatchObject({ byKind: { two_live_subscriptions: 1 }, drift: [{ amount: 3_900 }] })
  })

  test('a second customer that names a user is told and not linked', async () => {
    ports.stripe.customers.set('cus_second', 'ann')
    expect(await take('operator:alice')).toMatchObject({ left: 1, byKind: { second_customer: 1 } })
    expect((await ports.ledger.account('ann', {})).customerId).toBe(customerId)
  })

  test('the keys of another account mend nothing', async () => {
    ports.stripe.customers.clear()
    ports.stripe.subscriptions.clear()
    expect(await take('operator:alice')).toMatchObject({ left: 1, byKind: { customer_unknown: 1 } })
    expect((await ports.ledger.account('ann', {})).subscriptions[0]?.status).toBe('active')
  })

  test('a user whose customer was deleted at Stripe gets another with the next purchase', async () => {
    ports.books.deleted.add(customerId)
    ports.stripe.subscriptions.set(subscriptionId, { ...theirs(), status: 'canceled', endedAt: ports.clock.now() })
    expect(await take('operator:alice')).toMatchObject({ total: 2, left: 0 })
    const next = await subscribed('ann')
    expect(ports.stripe.subscriptions.get(next)?.customerId).not.toBe(customerId)
    expect(await ports.records.userOfCustomer(customerId)).toBe('ann')
    expect(await take()).toMatchObject({ total: 0 })
  })

  test('customers who are nobody here are counted and named, and no drift', async () => {
    ports.stripe.customers.set('cus_foreign', '')
    ports.stripe.subscriptions.set('sub_foreign', { ...theirs(), id: 'sub_foreign', customerId: 'cus_foreign' })
    const { foreign, total } = await take()
    expect(foreign).toMatchObject({ customers: 1, subscriptions: 1, named: ['cus_foreign'] })
    expect(total).toBe(0)
  })

  test('what was never paid at Stripe is named in its money, called off once, and its minutes are taken back', async () => {
    const payment = { ...PAYMENT, customerId }
    const pack = { name: 'minutes', service: 'voice_call', amount: 10, expiresAfterDays: null } as const
    const grant = boughtGrant(payment.id, pack, ports.clock.now())
    const changes = [{ type: 'payment-observed', payment } as const, { type: 'grant-given', grant } as const]
    await ports.ledger.change('ann', {}, () => ({ changes, result: undefined }))
    expect(await take()).toMatchObject({
      total: 1,
      drift: [{ currency: 'usd', amount: 700 }],
      differences: [
        { kind: 'payment_unknown', objectId: 'pi_none', here: '7.00 USD paid', atStripe: 'Stripe does not know it' },
      ],
    })
    expect(await take('operator:alice')).toMatchObject({ total: 1, left: 0 })
    expect(await take('operator:alice')).toMatchObject({ total: 0 })
    expect(await ports.mirror.payment(payment.id)).toMatchObject({ status: 'void', amount: 700 })
    const { bought } = await ports.ledger.account('ann', { payments: [payment.id] })
    expect(bought).toMatchObject([{ remaining: 0n, takenBack: grant.amount }])
    expect(ports.store.auditOf('ann')).toHaveLength(1)
  })

  test('a payment that Stripe has, and that was never paid, is none', async () => {
    const canceled = { ...PAYMENT_INTENT, customerId, status: 'canceled', entry: null } as const
    ports.stripe.payments.set(canceled.id, canceled)
    const changes = [{ type: 'payment-observed', payment: { ...PAYMENT, customerId } } as const]
    await ports.ledger.change('ann', {}, () => ({ changes, result: undefined }))
    const found = { kind: 'payment_unknown', amount: 700, atStripe: 'canceled: nothing was paid' }
    expect((await take('operator:alice')).differences).toMatchObject([{ ...found, outcome: 'mended' }])
    expect(await take()).toMatchObject({ total: 0 })
  })

  test('many users take pages and not a call each', async () => {
    for (let index = 0; index < 60; index++) await subscribed(`user_${index}`)
    ports.books.calls.clear()
    await take()
    expect(ports.books.calls.get('holdings')).toBeUndefined()
    expect(ports.books.calls.get('subscriptions')).toBe(21)
  })

  test('one runs at a time, and one that only looks is not joined to mend', async () => {
    const first = checkDrift(ports, 'operator:alice', false)
    expect(checkDrift(ports, 'operator:bob', false)).toEqual(first)
    expect(() => checkDrift(ports, 'operator:alice', true)).toThrow('mends nothing')
    await ports.driftCheck.stop()
  })

  test('a meter is not judged before its sums have settled', async () => {
    ports.advance(3 * DAY_MS)
    expect(await take()).toMatchObject({ total: 0 })
  })
})
