import { beforeEach, describe, expect, test } from 'bun:test'
import { pastPriceKey } from '../../src/domain/catalogue.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { type Adoption, adoptCustomers } from '../../src/usecases/adopt-customers.ts'
import { applyDueEvents } from '../../src/usecases/apply-events.ts'
import { createPaymentIntent } from '../../src/usecases/create-payment-intent.ts'
import { subscribe } from '../../src/usecases/subscribe.ts'
import { subscriptionStatus } from '../../src/usecases/subscription-status.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts

/** What an old program sold: made as ours would be, for somebody else, and then put under its customer. */
beforeEach(async () => {
  ports = memoryPorts()
  ports.stripe.customers.set('cus_old', '')
  const who = { user: 'zed', person: { email: null, name: null }, key: null, paymentMethodId: 'pm_card_visa' }
  const sold = await subscribe(ports, { ...who, planName: 'pro_monthly', priceId: null })
  const paid = await createPaymentIntent(ports, {
    ...who,
    amount: 3_900,
    currency: 'usd',
    description: null,
    metadata: {},
    pack: null,
  })
  const subscription = ports.stripe.subscriptions.get(sold.result.subscription_id)
  const entry = ports.stripe.payments.get(paid.result.payment_intent_id)?.entry
  if (!subscription || !entry) throw new Error('nothing was sold')
  ports.stripe.subscriptions.set('sub_old', { ...subscription, id: 'sub_old', customerId: 'cus_old' })
  ports.books.entries.set('in_old', { ...entry, id: 'in_old', kind: 'invoice', customerId: 'cus_old' })
})

function sellAt(priceId: string): void {
  const subscription = ports.stripe.subscriptions.get('sub_old')
  if (subscription) ports.stripe.subscriptions.set('sub_old', { ...subscription, priceId })
}

const adopt = (user: string, customerId: string, dryRun = false, others: readonly Adoption[] = []) =>
  adoptCustomers(ports, { adoptions: [{ user, customerId }, ...others], dryRun, operator: 'operator:alice' })
const customerOf = async (user: string) => (await ports.ledger.account(user, {})).customerId

describe('a customer is adopted', () => {
  test('with what it has, and Stripe is told whose it is', async () => {
    expect(await adopt('ann', 'cus_old')).toEqual([
      { kind: 'adopted', subscriptions: 1, payments: 1, unknownPrices: [] },
    ])
    expect(await subscriptionStatus(ports, 'ann')).toMatchObject({ plan_name: 'pro_monthly', status: 'active' })
    expect((await ports.records.payments('ann', 10, null)).items).toMatchObject([{ id: 'in_old', amount: 3_900 }])
    expect(ports.stripe.customers.get('cus_old')).toBe('ann')
    expect(ports.store.auditOf('ann')).toMatchObject([{ actor: 'operator:alice', action: 'customer-adopted' }])
  })

  test('once: again it is known', async () => {
    expect((await adopt('ann', 'cus_old', false, [{ user: 'ann', customerId: 'cus_old' }]))[1]).toEqual({
      kind: 'known',
    })
    expect(await adopt('ann', 'cus_old')).toEqual([{ kind: 'known' }])
    expect([...ports.stripe.customers.values()].filter((user) => user === 'ann')).toHaveLength(1)
  })

  test('only to see what would come of it', async () => {
    expect((await adopt('ann', 'cus_old', true))[0]?.kind).toBe('adopted')
    expect([await customerOf('ann'), ports.stripe.customers.get('cus_old')]).toEqual([null, ''])
  })

  test('with a price that no plan has, which is told', async () => {
    sellAt('price_of_old')
    expect(await adopt('ann', 'cus_old')).toMatchObject([{ unknownPrices: ['price_of_old'] }])
    expect(await subscriptionStatus(ports, 'ann')).toMatchObject({ plan_name: null, status: 'active' })
  })

  test('with a price that was a plan’s once, whose plan it keeps', async () => {
    sellAt('price_of_before')
    const past = [pastPriceKey('pro_monthly', 'price_of_before'), 'price_of_before'] as const
    const priceIds = new Map([...ports.priceIds(), past])
    ports = { ...ports, priceIds: () => priceIds }
    expect(await adopt('ann', 'cus_old')).toMatchObject([{ unknownPrices: [] }])
    expect(await subscriptionStatus(ports, 'ann')).toMatchObject({ plan_name: 'pro_monthly', status: 'active' })
  })

  test('and events that waited for it are applied', async () => {
    const event = {
      id: 'evt_1',
      type: 'customer.subscription.updated',
      objectType: 'subscription',
      objectId: 'sub_old',
      customerId: 'cus_old',
      paymentIntentId: null,
      livemode: false,
      account: null,
      apiVersion: null,
      createdAt: ports.clock.now(),
    }
    const applying = { ...ports, onFailure: () => {} }
    await ports.inbox.receive(event, new Uint8Array(), ports.clock.wall())
    await applyDueEvents(applying)
    expect(ports.store.events.get('evt_1')?.state).toBe('parked')
    await adopt('ann', 'cus_old')
    await applyDueEvents(applying)
    expect(ports.store.events.get('evt_1')?.state).toBe('applied')
  })
})

describe('a line is refused alone', () => {
  const codesOf = async (...adoptions: readonly Adoption[]) =>
    (await adoptCustomers(ports, { adoptions, dryRun: false, operator: 'operator:alice' })).map((outcome) =>
      outcome.kind === 'refused' ? outcome.code : outcome.kind,
    )

  test('for a customer of somebody else, here or by its metadata', async () => {
    ports.stripe.customers.set('cus_of_eve', 'eve')
    expect(
      await codesOf(
        { user: 'ann', customerId: 'cus_old' },
        { user: 'bob', customerId: 'cus_old' },
        { user: 'bob', customerId: 'cus_of_eve' },
      ),
    ).toEqual(['adopted', 'customer_of_another_user', 'customer_of_another_user'])
    expect(await customerOf('bob')).toBeNull()
  })

  test('for a user who has another customer', async () => {
    ports.stripe.customers.set('cus_second', '')
    const second = { user: 'ann', customerId: 'cus_second' }
    expect(await codesOf({ user: 'ann', customerId: 'cus_old' }, second)).toEqual(['adopted', 'user_has_customer'])
    expect(ports.stripe.customers.get('cus_second')).toBe('')
  })

  test('for a customer that Stripe does not know, or has deleted', async () => {
    ports.books.deleted.add('cus_old')
    expect(await codesOf({ user: 'ann', customerId: 'cus_none' }, { user: 'bob', customerId: 'cus_old' })).toEqual([
      'customer_unknown',
      'customer_deleted',
    ])
  })

  test('while Stripe is out of reach, so that the file can be gone on with', async () => {
    const { stripeBooks } = ports
    const failing = { ...stripeBooks, holdings: () => Promise.reject(unreachable()) }
    const outcomes = await adoptCustomers(
      { ...ports, stripeBooks: failing },
      { adoptions: [{ user: 'ann', customerId: 'cus_old' }], dryRun: false, operator: 'operator:alice' },
    )
    expect(outcomes).toMatchObject([{ kind: 'refused', code: 'stripe_unavailable' }])
    expect(await customerOf('ann')).toBeNull()
  })
})

function unreachable() {
  return new BillingError('stripe_unavailable', 'Stripe is out of reach in this test.')
}
