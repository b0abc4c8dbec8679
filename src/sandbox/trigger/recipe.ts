import type { Caller, Made, Parameters } from './caller.ts'

/** Makes what leads to an event of a type. */
export type Recipe = (at: Caller) => Promise<unknown>
export type Recipes = Readonly<Record<string, Recipe>>

export const product = (at: Caller) => at.post('products', { name: 'Triggered product' })

export const monthlyPrice = (at: Caller, amount = 1500) =>
  at.post('prices', {
    currency: 'usd',
    unit_amount: amount,
    recurring: { interval: 'month' },
    product_data: { name: 'Triggered plan' },
  })

/** A customer whose card is the default for invoices. */
export const customerWith = (at: Caller, card: string, more: Parameters = {}) =>
  at.post('customers', {
    email: 'triggered@example.com',
    payment_method: card,
    invoice_settings: { default_payment_method: card },
    ...more,
  })

export const clockAt = async (at: Caller) => {
  const now = Math.floor(Date.now() / 1_000)
  return { now, clock: await at.post('test_helpers/test_clocks', { frozen_time: now, name: 'Triggered clock' }) }
}

export async function subscribe(at: Caller, customer: Made, more: Parameters = {}): Promise<Made> {
  const price = await monthlyPrice(at)
  return at.post('subscriptions', { customer: customer.id, items: [{ price: price.id }], ...more })
}

export const subscription = async (at: Caller, more: Parameters = {}) =>
  subscribe(at, await customerWith(at, 'pm_card_visa'), more)

/** A draft with one item of $20.00. */
export async function draft(at: Caller, card: string | null = 'pm_card_visa', more: Parameters = {}): Promise<Made> {
  const customer = await (card === null
    ? at.post('customers', { email: 'triggered@example.com' })
    : customerWith(at, card))
  const invoice = await at.post('invoices', { customer: customer.id, ...more })
  await at.post('invoiceitems', { customer: customer.id, invoice: invoice.id, amount: 2000, currency: 'usd' })
  return invoice
}

export const openInvoice = async (at: Caller, card: string | null = 'pm_card_visa', more: Parameters = {}) =>
  at.post(`invoices/${(await draft(at, card, more)).id}/finalize`)

export const payment = (at: Caller, card: string, more: Parameters = {}) =>
  at.post('payment_intents', { ...paymentOf(card), ...more })

export const paymentOf = (card: string): Parameters => ({
  amount: 2000,
  currency: 'usd',
  confirm: true,
  payment_method: card,
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
})
