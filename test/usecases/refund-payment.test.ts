import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { DisputeState } from '../../src/domain/dispute.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { needsOf, type Observation, observe } from '../../src/domain/observation.ts'
import type { RefundRequest } from '../../src/usecases/refund-payment.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { SELLING_CATALOGUE } from '../support/selling-catalogue.ts'

let ports: MemoryPorts
let billing: Billing
let payment: string

beforeEach(async () => {
  ports = memoryPorts(SELLING_CATALOGUE)
  billing = createBilling(ports)
  payment = await buy()
})

async function buy(): Promise<string> {
  const { result } = await billing.createPaymentIntent({
    user: 'ann',
    person: { email: null, name: null },
    key: null,
    amount: null,
    currency: null,
    pack: 'minutes_100',
    description: null,
    paymentMethodId: 'pm_card_visa',
    metadata: {},
  })
  return result.payment_intent_id
}

const refund = (changes: Partial<RefundRequest> = {}) =>
  billing.refundPayment({
    user: 'ann',
    operator: 'operator:alice',
    key: null,
    paymentId: payment,
    amount: null,
    reason: null,
    takeBack: null,
    note: null,
    ...changes,
  })
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'granted',
    (error) => (error instanceof BillingError ? error.code : error),
  )
const grant = async () => {
  const [only] = (await billing.listGrants('ann')).grants
  return { remaining: only?.remaining, taken_back: only?.taken_back }
}
const history = async () => (await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })).payments

async function see(...seen: readonly Observation[]): Promise<void> {
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  await ports.ledger.change('ann', needsOf(seen), (account) => ({
    changes: seen.flatMap((observation) => observe(account, observation, knowledge)),
    result: undefined,
  }))
}

const disputed = (state: DisputeState, amount = 500): Observation => ({
  type: 'dispute',
  dispute: {
    id: 'du_1',
    customerId: 'cus_1',
    paymentId: payment,
    subscriptionId: null,
    amount,
    currency: 'usd',
    reason: 'fraudulent',
    state,
    createdAt: ports.clock.now(),
  },
})

describe('a refund', () => {
  test('stands in the history and takes the pack with it', async () => {
    const { status, result } = await refund({ reason: 'requested_by_customer', note: 'Asked by mail' })
    expect([status, result]).toMatchObject([
      201,
      { payment_id: payment, amount: 500, currency: 'usd', take_back: true },
    ])
    expect(await history()).toMatchObject([
      { id: payment, refunded_amount: 500 },
      { id: result.refund_id, kind: 'refund', amount: 500, refund_of: payment },
    ])
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
    expect((await billing.auditLog(1, null)).entries).toMatchObject([
      {
        actor: 'operator:alice',
        action: 'payment-refunded',
        detail: `5.00 USD (${result.refund_id}) of ${payment} given back: requested_by_customer, Asked by mail`,
      },
    ])
  })

  test('of a part takes that part back, and another part the rest', async () => {
    await refund({ amount: 200 })
    expect(await grant()).toEqual({ remaining: 60, taken_back: 40 })
    await refund()
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
    expect(await codeOf(refund())).toBe('validation_failed')
  })

  test('that waited for another one is judged by what that one left', async () => {
    const both = await Promise.allSettled([refund({ amount: 300 }), refund({ amount: 250 })])
    const refusal = both.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []))
    expect(refusal.map(({ fields }) => fields)).toEqual([
      [{ path: '/amount', message: 'must be at most what is left of the payment: 200' }],
    ])
  })

  test('leaves what it bought when the operator says so, also when it is seen again', async () => {
    await refund({ amount: 200, takeBack: false })
    expect(await grant()).toEqual({ remaining: 100, taken_back: 0 })
    await refund({ amount: 100 })
    expect(await grant()).toEqual({ remaining: 80, taken_back: 20 })
  })

  test('does not take back what is used', async () => {
    const use = { service: 'voice_call', amount: 90, unit: 'minutes', resourceId: null, eventId: null } as const
    await billing.recordUsage({ user: 'ann', key: null, occurredAt: null, enforce: false, ...use })
    await refund()
    expect(await grant()).toEqual({ remaining: 0, taken_back: 10 })
  })

  test('is made once under its key, and once where Stripe was lost after its effect', async () => {
    const key = { caller: 'operator:alice', key: 'k1' }
    const first = await refund({ amount: 100, key })
    expect(await refund({ amount: 100, key })).toEqual({ ...first, replayed: true })
    ports.stripe.failNext('after')
    expect(await codeOf(refund({ amount: 50 }))).toBe('stripe_unavailable')
    await refund({ amount: 50 })
    expect((await history()).find(({ id }) => id === payment)).toMatchObject({ refunded_amount: 150 })
  })

  test('of somebody else’s payment, or of a refund, is of nothing', async () => {
    expect(await codeOf(refund({ user: 'bob' }))).toBe('not_found')
    const { result } = await refund({ amount: 100 })
    expect(await codeOf(refund({ paymentId: result.refund_id }))).toBe('not_found')
  })

  test('of more than was paid is refused by its field', async () => {
    expect(await refund({ amount: 501 }).catch((error) => error.fields)).toMatchObject([{ path: '/amount' }])
  })
})

describe('a dispute of a pack', () => {
  test('takes it back while the bank decides, and gives it again when it is won', async () => {
    await see(disputed('open'))
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
    await see(disputed('won'))
    expect(await grant()).toEqual({ remaining: 100, taken_back: 0 })
  })

  test('that is lost takes it for good, and a late look at the open dispute changes nothing', async () => {
    await see(disputed('open'))
    await see(disputed('lost'))
    await see(disputed('open'))
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
  })

  test('keeps it from being given back as well, unless it is won or only a question', async () => {
    for (const state of ['open', 'inquiry', 'open', 'lost'] as const) {
      await see(disputed(state))
      expect(await codeOf(refund({ amount: 100 }))).toBe(state === 'inquiry' ? 'granted' : 'validation_failed')
    }
    expect((await history()).map(({ kind, amount }) => [kind, amount])).toContainEqual(['refund', 100])
  })

  test('that is won leaves the payment to be given back', async () => {
    await see(disputed('open'))
    await see(disputed('won'))
    expect(await codeOf(refund())).toBe('granted')
  })

  test('after a part was refunded takes the rest, once', async () => {
    await refund({ amount: 200 })
    await see(disputed('open', 300))
    await see(disputed('open', 300))
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
    await see(disputed('won', 300))
    expect(await grant()).toEqual({ remaining: 60, taken_back: 40 })
  })

  test('that is known before its payment takes the pack when that is seen', async () => {
    const other = memoryPorts(SELLING_CATALOGUE)
    const paid = ports.stripe.payments.get(payment)
    if (!paid) throw new Error('There is a payment.')
    ports = { ...other }
    billing = createBilling(ports)
    await see(disputed('open'))
    await see({ type: 'payment-intent', paymentIntent: paid })
    expect(await grant()).toEqual({ remaining: 0, taken_back: 100 })
  })

  test('does not touch it where the catalogue says so', async () => {
    ports = { ...ports, catalogue: { ...SELLING_CATALOGUE, disputesSuspend: false } }
    await see(disputed('open'))
    expect(await grant()).toEqual({ remaining: 100, taken_back: 0 })
  })
})
