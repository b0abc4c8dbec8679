import type Stripe from 'stripe'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { raw } from './support.ts'

export const day = 86_400
export const at = (text: string) => Date.parse(text.length === 10 ? `${text}T10:00:00Z` : text) / 1000

/** Moves the clock of everybody without a test clock. */
export async function pass(sandbox: Sandbox, duration: string | number): Promise<void> {
  const answer = await raw(sandbox, 'POST', '/_sim/clock', `advance=${duration}`)
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
}

/** Advances a test clock and waits until it stands still again. */
export async function advance(stripe: Stripe, clock: string, to: number): Promise<void> {
  await stripe.testHelpers.testClocks.advance(clock, { frozen_time: to })
  for (;;) {
    const { status } = await stripe.testHelpers.testClocks.retrieve(clock)
    if (status === 'ready') return
    if (status !== 'advancing') throw new Error(`the test clock is in ${status}`)
  }
}

/** A customer who lives by a clock of his own, with a good card as default. */
export async function customerAt(stripe: Stripe, frozen_time: number, card = 'pm_card_visa') {
  const clock = await stripe.testHelpers.testClocks.create({ frozen_time })
  const customer = await stripe.customers.create({
    email: 'ann@example.com',
    test_clock: clock.id,
    payment_method: card,
    invoice_settings: { default_payment_method: card },
  })
  return { clock: clock.id, customer: customer.id }
}

/** A product of that name with a recurring price. */
export async function planOf(
  stripe: Stripe,
  name: string,
  unit_amount: number,
  interval: 'day' | 'week' | 'month' | 'year' = 'month',
  unit_label?: string,
) {
  const product = await stripe.products.create({ name, ...(unit_label ? { unit_label } : {}) })
  const price = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount,
    recurring: { interval },
  })
  return price.id
}

export const linesOf = (invoice: Pick<Stripe.Invoice, 'lines'>) =>
  invoice.lines.data.map((line) => [line.description ?? '', line.amount] as const)

export async function invoicesOf(stripe: Stripe, subscription: string): Promise<Stripe.Invoice[]> {
  const list = await stripe.invoices.list({ subscription, limit: 100 })
  return list.data.reverse()
}

export const itemOf = (subscription: Stripe.Subscription): Stripe.SubscriptionItem => {
  const [item] = subscription.items.data
  if (!item) throw new Error('the subscription has no item')
  return item
}

/** The types of what happened from one business time to another, in order; the moves of the clock itself left out. */
export async function eventsBetween(stripe: Stripe, from: number, to = from): Promise<string[]> {
  const events = await stripe.events.list({ created: { gte: from, lte: to }, limit: 100 })
  return events.data
    .map(({ type }) => type as string)
    .filter((type) => !type.startsWith('test_helpers'))
    .reverse()
}
