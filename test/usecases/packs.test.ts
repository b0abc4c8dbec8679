import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { DAY_MS } from '../../src/domain/period.ts'
import type { PaymentRequest } from '../../src/usecases/create-payment-intent.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { ring } from '../support/ring.ts'
import { SELLING_CATALOGUE } from '../support/selling-catalogue.ts'

let ports: MemoryPorts
let billing: Billing
beforeEach(() => {
  ports = memoryPorts(SELLING_CATALOGUE)
  billing = createBilling(ports)
})

const wanted: PaymentRequest = {
  user: 'ann',
  person: { email: null, name: null },
  key: null,
  amount: null,
  currency: null,
  pack: 'minutes_100',
  description: null,
  paymentMethodId: 'pm_card_visa',
  metadata: {},
}
const buy = (changes: Partial<PaymentRequest> = {}) => billing.createPaymentIntent({ ...wanted, ...changes })
const grants = async () => (await billing.listGrants('ann')).grants

/** Stripe tells of a payment once more. */
const told = (paymentId: string, eventId: string) =>
  ring(ports, {
    id: eventId,
    type: 'payment_intent.succeeded',
    objectType: 'payment_intent',
    objectId: paymentId,
    customerId: ports.stripe.payments.get(paymentId)?.customerId ?? null,
  })

describe('a pack', () => {
  test('costs what the catalogue says and is given when it is paid', async () => {
    expect((await buy()).result).toMatchObject({ status: 'succeeded', amount: 500, currency: 'usd' })
    expect(await grants()).toMatchObject([
      {
        service_type: 'voice_call',
        amount: 100,
        remaining: 100,
        reason: 'Pack minutes_100',
        expires_at: new Date(TEST_START + 365 * DAY_MS).toISOString(),
      },
    ])
  })

  test('is given once, however often Stripe tells of the payment, and with what was used of it', async () => {
    const { result } = await buy()
    const use = { user: 'ann', key: null, service: 'voice_call', amount: 30, unit: 'minutes' } as const
    await billing.recordUsage({ ...use, resourceId: 'CA1', eventId: null, occurredAt: null, enforce: false })
    await told(result.payment_intent_id, 'evt_1')
    await told(result.payment_intent_id, 'evt_2')
    expect(await grants()).toMatchObject([{ amount: 100, remaining: 70 }])
  })

  test('waits for its payment, and comes with the event', async () => {
    const { result } = await buy({ paymentMethodId: null })
    expect(await grants()).toEqual([])
    const paid = ports.stripe.payments.get(result.payment_intent_id)
    if (paid) ports.stripe.payments.set(paid.id, { ...paid, status: 'succeeded' })
    await told(result.payment_intent_id, 'evt_1')
    expect(await grants()).toHaveLength(1)
  })

  test('twice is two payments and two grants', async () => {
    await buy()
    await buy()
    expect(await grants()).toHaveLength(2)
  })

  test('that is declined gives nothing', async () => {
    expect(await refusalOf(buy({ paymentMethodId: 'pm_card_chargeCustomerFail' }))).toMatchObject({
      code: 'card_declined',
    })
    expect(await grants()).toEqual([])
  })

  test.each([
    [{ pack: 'minutes_1000' }, '/pack'],
    [{ amount: 1 }, '/amount'],
    [{ currency: 'jpy' }, '/currency'],
    [{ pack: null }, '/amount'],
    [{ metadata: { pack_amount: '9999' } }, '/metadata/pack_amount'],
  ] as const)('asked for as %p is refused', async (changes: Partial<PaymentRequest>, path: string) => {
    const error = await refusalOf(buy(changes))
    expect(error).toBeInstanceOf(BillingError)
    expect(error?.fields[0]?.path).toBe(path)
    expect(ports.stripe.payments.size).toBe(0)
  })

  test('may be asked for with the price that it has', async () => {
    expect((await buy({ amount: 500, currency: 'usd' })).status).toBe(201)
  })
})
