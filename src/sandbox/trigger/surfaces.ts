import type { Caller, Parameters } from './caller.ts'
import { clockAt, type Recipes } from './recipe.ts'

const lineItems = [
  { quantity: 1, price_data: { currency: 'eur', unit_amount: 2000, product_data: { name: 'Triggered product' } } },
]
const session = (at: Caller) =>
  at.post('checkout/sessions', { mode: 'payment', success_url: 'https://example.com/paid', line_items: lineItems })

async function buy(at: Caller, method: Parameters | null) {
  const { id, amount_total } = await session(at)
  const payment_method = method === null ? 'pm_card_visa' : (await at.post('payment_methods', method)).id
  return at.post(`payment_pages/${id}/confirm`, { payment_method, expected_amount: amount_total })
}

const account = (iban: string): Parameters => ({
  type: 'sepa_debit',
  sepa_debit: { iban },
  billing_details: { name: 'Triggered', email: 'triggered@example.com' },
})

const configuration = (at: Caller) =>
  at.post('billing_portal/configurations', { features: { invoice_history: { enabled: true } } })

const link = async (at: Caller) => {
  const price = await at.post('prices', { currency: 'usd', unit_amount: 2000, product_data: { name: 'Triggered' } })
  return at.post('payment_links', { line_items: [{ price: price.id, quantity: 1 }] })
}

const clock = async (at: Caller) => (await clockAt(at)).clock

async function advanced(at: Caller) {
  const made = await clockAt(at)
  return at.advance(made.clock.id, made.now + 3_600)
}

export const surfaceRecipes: Recipes = {
  'billing_portal.configuration.created': configuration,
  'billing_portal.configuration.updated': async (at) =>
    at.post(`billing_portal/configurations/${(await configuration(at)).id}`, { metadata: { triggered: 'yes' } }),
  'billing_portal.session.created': async (at) => {
    const { id } = await configuration(at)
    const customer = await at.post('customers', { email: 'triggered@example.com' })
    return at.post('billing_portal/sessions', { customer: customer.id, configuration: id })
  },
  'checkout.session.async_payment_failed': (at) => buy(at, account('AT861904300235473202')),
  'checkout.session.async_payment_succeeded': (at) => buy(at, account('AT611904300234573201')),
  'checkout.session.completed': (at) => buy(at, null),
  'checkout.session.expired': async (at) => at.post(`checkout/sessions/${(await session(at)).id}/expire`),
  'payment_link.created': link,
  'payment_link.updated': async (at) => at.post(`payment_links/${(await link(at)).id}`, { active: false }),
  'test_helpers.test_clock.advancing': advanced,
  'test_helpers.test_clock.created': clock,
  'test_helpers.test_clock.deleted': async (at) => at.remove(`test_helpers/test_clocks/${(await clock(at)).id}`),
  'test_helpers.test_clock.ready': advanced,
}
