import { wallClock } from '../../src/adapters/process/clock.ts'
import { memoryStripe } from '../support/memory-stripe.ts'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'
import { gatewayContract } from './gateway-contract.ts'

gatewayContract('the memory Stripe', async () => {
  const stripe = memoryStripe(wallClock())
  return {
    gateway: stripe.gateway,
    observatory: stripe.observatory,
    bills: stripe.bills,
    prices: { pro: 'price_pro_monthly', basic: 'price_basic_monthly', free: 'price_usage_based' },
    failRenewal: async (id) => stripe.failRenewal(id),
    makeCode: async (code) => {
      const terms = {
        percentOff: 10,
        amountOff: null,
        currency: null,
        duration: 'repeating',
        durationInMonths: 3,
      } as const
      const own = { expiresAt: null, isUsedUp: false, customerId: null, firstTimeOnly: false, minimum: null }
      const known = { isActive: true, coversPrice: true, customerHasPaid: false }
      stripe.promotionCodes.set(code.toLowerCase(), { id: `promo_${code}`, code, terms, ...own, ...known })
    },
    close: async () => {},
  }
})
gatewayContract('the SDK at the simulator', openSandboxGateway)
