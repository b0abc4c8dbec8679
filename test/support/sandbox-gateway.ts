import type { Stripe } from 'stripe'
import { stripeBills } from '../../src/adapters/stripe/bills.ts'
import { createStripe } from '../../src/adapters/stripe/client.ts'
import { stripeGateway } from '../../src/adapters/stripe/gateway.ts'
import { stripeObservatory } from '../../src/adapters/stripe/observatory.ts'
import { findPrices } from '../../src/adapters/stripe/prices.ts'
import { setUpCatalogue } from '../../src/adapters/stripe/setup.ts'
import { SUBSCRIPTION_VIEW, toSubscription } from '../../src/adapters/stripe/translate/subscription.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import type { ObservedSubscription } from '../../src/domain/subscription.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import type { GatewayUnderTest } from '../contracts/gateway-contract.ts'

/** The real SDK against the simulator, set up from a catalogue. */
export async function openSandboxGateway(catalogue: Catalogue = BUILT_IN_PLANS): Promise<
  GatewayUnderTest & {
    readonly stripe: Stripe
    readonly sandbox: Sandbox
    /** A subscription as the program would see it now. */
    look(subscriptionId: string): Promise<ObservedSubscription | null>
  }
> {
  const sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
  const stripe = createStripe({ secretKey: 'sk_test_contract', apiBase: sandbox.url })
  await setUpCatalogue(stripe, catalogue)
  const { priceIds } = await findPrices(stripe, catalogue)
  const price = (lookupKey: string) => priceIds.get(lookupKey) ?? 'price_missing'
  return {
    sandbox,
    stripe,
    gateway: stripeGateway(stripe, { automaticTax: false }),
    observatory: stripeObservatory(stripe),
    bills: stripeBills(stripe),
    prices: { pro: price('pro_monthly'), basic: price('basic_monthly'), free: price('usage_based') },
    async failRenewal(id) {
      const { customer } = await stripe.subscriptions.retrieve(id)
      const card = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: String(customer) })
      await stripe.subscriptions.update(id, { default_payment_method: card.id })
      const advance = new URLSearchParams({ advance: '32d' })
      await fetch(`${sandbox.url}/_sim/clock`, { method: 'POST', body: advance })
    },
    async look(id) {
      return toSubscription(await stripe.subscriptions.retrieve(id, { expand: SUBSCRIPTION_VIEW }))
    },
    makeCode: async (code) => {
      const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'repeating', duration_in_months: 3 })
      const promotion = { type: 'coupon', coupon: coupon.id } as const
      await stripe.promotionCodes.create({ promotion, code, max_redemptions: 1 })
    },
    close: sandbox.stop,
  }
}
