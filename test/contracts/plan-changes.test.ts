import { wallClock } from '../../src/adapters/process/clock.ts'
import { memoryStripe } from '../support/memory-stripe.ts'
import { openSandboxGateway } from '../support/sandbox-gateway.ts'
import { SEVERAL_PRICES } from '../support/several-prices.ts'
import { planChangeContract } from './plan-change-contract.ts'

planChangeContract('the memory Stripe', async () => {
  const stripe = memoryStripe(wallClock(), SEVERAL_PRICES)
  return {
    gateway: stripe.gateway,
    observatory: stripe.observatory,
    priceOf: (lookupKey) => `price_${lookupKey}`,
    confirm: async (subscriptionId) => stripe.confirm(subscriptionId),
    lastInvoice: async () => stripe.invoiced.at(-1) ?? null,
    // An invoice of a change waits as long as the change does.
    openInvoices: async (customerId) =>
      [...stripe.subscriptions.values()].filter((one) => one.customerId === customerId && one.pendingChange !== null)
        .length,
    subscription: async (id) => stripe.subscriptions.get(id) ?? null,
    close: async () => {},
  }
})

planChangeContract('the SDK at the simulator', async () => {
  const under = await openSandboxGateway(SEVERAL_PRICES)
  const { stripe, sandbox, gateway, observatory } = under
  const { data } = await stripe.prices.list({ limit: 100 })
  const latestInvoice = async (subscription: string) => (await stripe.invoices.list({ subscription, limit: 1 })).data[0]
  return {
    gateway,
    observatory,
    priceOf: (lookupKey) => data.find((price) => price.lookup_key === lookupKey)?.id ?? 'price_missing',
    async confirm(subscriptionId) {
      const invoice = await latestInvoice(subscriptionId)
      const payments = await stripe.invoicePayments.list({ invoice: invoice?.id ?? '' })
      const payment = payments.data[0]?.payment.payment_intent
      const body = new URLSearchParams({ outcome: 'succeed' })
      await fetch(`${sandbox.url}/_sim/payment_intents/${payment}/authenticate`, { method: 'POST', body })
    },
    lastInvoice: async (subscriptionId) => (await latestInvoice(subscriptionId))?.total ?? null,
    openInvoices: async (customer) => (await stripe.invoices.list({ customer, status: 'open' })).data.length,
    subscription: (id) => under.look(id),
    close: under.close,
  }
})
