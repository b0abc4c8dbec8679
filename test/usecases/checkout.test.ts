import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import type { CheckoutRequest } from '../../src/usecases/checkout.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
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

const wanted: CheckoutRequest = {
  user: 'ann',
  person: { email: 'ann@example.com', name: null },
  key: null,
  planName: 'pro_monthly',
  priceId: null,
  promotionCode: null,
  trial: false,
  successUrl: 'https://app.example.com/yes',
  cancelUrl: 'https://app.example.com/no',
}
const checkout = (changes: Partial<CheckoutRequest> = {}) => billing.createCheckoutSession({ ...wanted, ...changes })
const subscribe = () => {
  const { user, person, key, planName, priceId } = wanted
  return billing.subscribe({ user, person, key, planName, priceId, paymentMethodId: 'pm_card_visa' })
}
const resume = () =>
  resumeWishes({
    ...ports,
    onFailure: (_, error) => {
      throw error
    },
  })

/** The webhook of a subscription arrives, and what it calls for is done. */
async function rung(subscriptionId: string): Promise<void> {
  await ring(ports, {
    id: `evt_${subscriptionId}`,
    type: 'customer.subscription.created',
    objectType: 'subscription',
    objectId: subscriptionId,
    customerId: ports.stripe.subscriptions.get(subscriptionId)?.customerId ?? null,
  })
  await resume()
}

describe('a checkout', () => {
  test('opens a page, and what is paid there is a subscription', async () => {
    const { status, result } = await checkout()
    expect({ status, result }).toEqual({
      status: 201,
      result: {
        checkout_session_id: 'cs_2',
        url: 'https://checkout.stripe.test/cs_2',
        expires_at: new Date(TEST_START + 86_400_000).toISOString(),
      },
    })
    await rung(ports.stripe.payCheckout('cs_2'))
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ status: 'active', plan_name: 'pro_monthly' })
  })

  test('is refused to whoever has a subscription', async () => {
    await subscribe()
    expect(await refusalOf(checkout())).toMatchObject({ code: 'subscription_exists' })
    expect(ports.stripe.checkouts.size).toBe(0)
  })

  test('is answered again under its key, with the address as long as it is open', async () => {
    const key = { caller: 'user:ann', key: 'k' }
    const first = await checkout({ key })
    expect(await checkout({ key })).toEqual({ ...first, replayed: true })
    ports.stripe.payCheckout(first.result.checkout_session_id)
    expect((await checkout({ key })).result.url).toBeNull()
  })

  test.each(['before', 'after'] as const)('that failed %s its effect is opened once', async (when) => {
    ports.stripe.failLater(2, when)
    expect(await refusalOf(checkout())).toMatchObject({ code: 'stripe_unavailable' })
    expect((await checkout()).status).toBe(201)
    expect(ports.stripe.checkouts.size).toBe(1)
  })

  test('closes the page that was opened before', async () => {
    const first = await checkout()
    await checkout({ planName: 'basic_monthly' })
    expect(ports.stripe.checkouts.get(first.result.checkout_session_id)?.status).toBe('expired')
  })

  test('is closed by a subscription that is made directly', async () => {
    const { result } = await checkout()
    await subscribe()
    expect(ports.stripe.checkouts.get(result.checkout_session_id)?.status).toBe('expired')
  })

  test('with a trial asks whether there was one, and takes none before the page is completed', async () => {
    await checkout({ trial: true })
    expect((await checkout({ trial: true, user: 'bob' })).status).toBe(201)
    expect(await refusalOf(checkout({ trial: true, planName: 'enterprise_monthly' }))).toMatchObject({
      code: 'validation_failed',
    })
  })

  test.each(['/success_url', '/cancel_url'] as const)('with a foreign %s is refused', async (path) => {
    const foreign = 'https://app.example.com.evil.test/'
    const error = await refusalOf(checkout(path === '/success_url' ? { successUrl: foreign } : { cancelUrl: foreign }))
    expect(error).toMatchObject({ code: 'validation_failed', fields: [{ path }] })
  })
})

describe('two that were paid', () => {
  test('end in one subscription and one that is given back, in the audit log', async () => {
    const first = await checkout()
    const mine = ports.stripe.payCheckout(first.result.checkout_session_id)
    ports.advance(2_000)
    // The second tab was open before the webhook of the first had come.
    const second = await checkout()
    const late = ports.stripe.payCheckout(second.result.checkout_session_id)
    await rung(late)
    await rung(mine)
    expect(ports.stripe.subscriptions.get(mine)?.status).toBe('active')
    expect(ports.stripe.subscriptions.get(late)?.status).toBe('canceled')
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ status: 'active', has_subscription: true })
    expect((await billing.auditLog(10, null)).entries).toMatchObject([
      {
        actor: 'speech-billing',
        action: 'subscription-undone',
        detail: `${late} cancelled, 39.00 USD given back: another subscription of the same user was there first`,
      },
    ])
  })

  test('one directly and one on the page end the same, whichever is seen first', async () => {
    const { result } = await checkout()
    const mine = ports.stripe.payCheckout(result.checkout_session_id)
    ports.advance(2_000)
    await subscribe()
    await rung(mine)
    const live = [...ports.stripe.subscriptions.values()].filter(({ status }) => status === 'active')
    expect(live.map(({ id }) => id)).toEqual([mine])
  })
})

describe('the portal', () => {
  const portal = (returnUrl = 'https://app.example.com/') => billing.createPortalSession({ user: 'ann', returnUrl })

  test('is there for whoever has bought something, and leads back to the app alone', async () => {
    expect(await refusalOf(portal())).toMatchObject({ code: 'no_subscription' })
    await subscribe()
    expect(await portal()).toEqual({ url: 'https://portal.stripe.test/cus_1' })
    expect(await refusalOf(portal('https://evil.test/'))).toMatchObject({ code: 'validation_failed' })
  })
})
