import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'

let ports: MemoryPorts
let billing: Billing
let first: string | null
const ann = { user: 'ann', person: { email: null, name: null }, key: null }
const customer = async () => (await ports.ledger.account('ann', {})).customerId

beforeEach(async () => {
  ports = memoryPorts()
  billing = createBilling(ports)
  await billing.subscribe({ ...ann, planName: 'pro_monthly', priceId: null, paymentMethodId: 'pm_card_visa' })
  first = await customer()
  ports.stripe.deleteCustomer(first ?? '')
})

const pay = () => {
  const asked = { amount: 500, currency: null, pack: null, description: null, paymentMethodId: 'pm_card_visa' }
  return billing.createPaymentIntent({ ...ann, ...asked, metadata: {} })
}

describe('a customer that was deleted at Stripe', () => {
  test('is replaced by the next wish, and what was running is over', async () => {
    expect((await pay()).result).toMatchObject({ status: 'succeeded' })
    expect(await customer()).not.toBe(first)
    const status = await billing.subscriptionStatus('ann')
    expect(status).toMatchObject({ has_subscription: false, status: 'canceled', access: { reason: 'canceled' } })
  })

  test('keeps its past', async () => {
    await pay()
    expect(await ports.records.userOfCustomer(first ?? '')).toBe('ann')
    const { payments } = await billing.billingHistory({ user: 'ann', limit: 10, cursor: null })
    expect(payments).toMatchObject([{ kind: 'payment' }, { kind: 'invoice' }])
  })

  test('can subscribe again after that', async () => {
    await billing.setPaymentMethod({ ...ann, paymentMethodId: 'pm_card_visa' })
    const again = { planName: 'basic_monthly', priceId: null, paymentMethodId: 'pm_card_visa' }
    expect((await billing.subscribe({ ...ann, ...again })).result).toMatchObject({ status: 'active' })
  })

  test('that is gone twice within one wish is told, and blocks nobody', async () => {
    const gateway = { ...ports.gateway, createCustomer: async () => first ?? '' }
    const unlucky = createBilling({ ...ports, gateway })
    const asked = { amount: 500, currency: null, pack: null, description: null, paymentMethodId: null }
    const refused = await unlucky.createPaymentIntent({ ...ann, ...asked, metadata: {} }).catch((error) => error)
    expect(refused).toBeInstanceOf(BillingError)
    expect((await pay()).result).toMatchObject({ status: 'succeeded' })
  })
})
