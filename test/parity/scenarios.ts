import type Stripe from 'stripe'
import type { Play, Scenario } from './script.ts'

const day = 86_400
const start = Date.UTC(2026, 0, 31, 10) / 1000

/** A recurring price of a product of its own; both are put away afterwards. */
async function priceOf(play: Play, unit_amount: number, interval: 'month' | 'year' = 'month'): Promise<string> {
  const { stripe } = play
  const product = await stripe.products.create({ name: `Plan at ${unit_amount}` })
  const { id } = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount,
    recurring: { interval },
  })
  play.afterwards(() => stripe.products.update(product.id, { active: false }))
  play.afterwards(() => stripe.prices.update(id, { active: false }))
  return id
}

async function customerWith(play: Play, card: string, test_clock?: string): Promise<string> {
  const { id } = await play.stripe.customers.create({
    email: 'ann@example.com',
    payment_method: card,
    invoice_settings: { default_payment_method: card },
    ...(test_clock ? { test_clock } : {}),
  })
  if (!test_clock) play.afterwards(() => play.stripe.customers.del(id))
  return id
}

async function atClock(play: Play, card = 'pm_card_visa') {
  const clock = await play.clock(start)
  return { clock, customer: await customerWith(play, card, clock) }
}

const itemOf = ({ items }: Stripe.Subscription) => items.data[0]?.id ?? ''
const withPayments = ['latest_invoice.payments']

export const scenarios: Readonly<Record<string, Scenario>> = {
  'a customer is made, changed, cleared and deleted': async ({ stripe, step, refused }) => {
    const { id } = await step('create', () => stripe.customers.create({ name: 'Ann', metadata: { a: '1', b: '2' } }))
    await step('merge', () => stripe.customers.update(id, { metadata: { b: '', c: '3' }, phone: '+15550100' }))
    await step('clear', () => stripe.customers.update(id, { name: '', metadata: '' }))
    await step('delete', () => stripe.customers.del(id))
    await step('retrieve', () => stripe.customers.retrieve(id))
    await refused('update what is deleted', () => stripe.customers.update(id, { name: 'Bea' }))
  },

  'a lookup key moves from one price to another': async (play) => {
    const { stripe, step, refused, token } = play
    const product = await step('product', () => stripe.products.create({ name: 'Pro' }))
    const creation = {
      product: product.id,
      currency: 'usd',
      recurring: { interval: 'month' },
      lookup_key: token,
    } as const
    const first = await step('first', () => stripe.prices.create({ ...creation, unit_amount: 3900 }))
    await refused('taken', () => stripe.prices.create({ ...creation, unit_amount: 4900 }))
    const moving = { ...creation, unit_amount: 4900, transfer_lookup_key: true }
    const second = await step('moved', () => stripe.prices.create(moving))
    await step('found', () => stripe.prices.list({ lookup_keys: [token] }))
    await step('left without', () => stripe.prices.retrieve(first.id))
    await refused('delete', () => stripe.products.del(product.id))
    for (const { id } of [first, second]) play.afterwards(() => stripe.prices.update(id, { active: false }))
  },

  'parameters are refused': async ({ stripe, refused }) => {
    const sent = (params: object) => () => stripe.rawRequest('POST', '/v1/prices', params)
    await refused('missing', sent({ unit_amount: 100 }))
    await refused('unknown', sent({ currency: 'usd', unit_amount: 100, colour: 'red' }))
    await refused('of a list', sent({ currency: 'usd', unit_amount: 100, recurring: { interval: 'fortnight' } }))
    await refused('no number', sent({ currency: 'usd', unit_amount: 'many' }))
    await refused('no such price', () => stripe.prices.retrieve('price_none'))
    await refused('no such customer', () => stripe.invoices.create({ customer: 'cus_none' }))
  },

  'an idempotency key is used for something else': async ({ stripe, step, refused, token, afterwards }) => {
    const idempotencyKey = token
    const made = await step('first', () => stripe.customers.create({ name: 'Ann' }, { idempotencyKey }))
    await step('again', () => stripe.customers.create({ name: 'Ann' }, { idempotencyKey }))
    await refused('other', () => stripe.customers.create({ name: 'Bea' }, { idempotencyKey }))
    afterwards(() => stripe.customers.del(made.id))
  },

  'cards are declined when attached and when charged': async (play) => {
    const { stripe, step, refused } = play
    const price = await priceOf(play, 3900)
    const { id: customer } = await stripe.customers.create({})
    play.afterwards(() => stripe.customers.del(customer))
    for (const card of ['chargeDeclined', 'chargeDeclinedInsufficientFunds', 'chargeDeclinedExpiredCard']) {
      await refused(card, () => stripe.paymentMethods.attach(`pm_card_${card}`, { customer }))
    }
    await refused('without a card', () => stripe.subscriptions.create({ customer, items: [{ price }] }))
    const failing = await customerWith(play, 'pm_card_chargeCustomerFail')
    const creation = { customer: failing, items: [{ price }] }
    await refused('refused as a whole', () =>
      stripe.subscriptions.create({ ...creation, payment_behavior: 'error_if_incomplete' }),
    )
    await step('incomplete', () =>
      stripe.subscriptions.create({ ...creation, payment_behavior: 'allow_incomplete', expand: withPayments }),
    )
  },

  'a subscription waits for 3-D Secure': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3900)
    const customer = await customerWith(play, 'pm_card_authenticationRequired')
    const made = await step('create', () =>
      stripe.subscriptions.create({ customer, items: [{ price }], expand: withPayments }),
    )
    const invoice = typeof made.latest_invoice === 'object' ? made.latest_invoice : null
    const intent = invoice?.payments?.data[0]?.payment.payment_intent
    await step('payment', () => stripe.paymentIntents.retrieve(String(intent)))
    await step('cancel', () => stripe.subscriptions.cancel(made.id))
  },

  'a trial ends and is paid': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3900)
    const { clock, customer } = await atClock(play)
    const made = await step('create', () =>
      stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 14 }),
    )
    await play.advance(clock, start + 14 * day + 7_200)
    await step('after the trial', () => stripe.subscriptions.retrieve(made.id))
    await step('invoices', () => stripe.invoices.list({ subscription: made.id }))
  },

  'an upgrade costs what its preview said': async (play) => {
    const { stripe, step } = play
    const [basic, pro] = [await priceOf(play, 3500), await priceOf(play, 8500)]
    const { clock, customer } = await atClock(play)
    const made = await stripe.subscriptions.create({ customer, items: [{ price: basic }] })
    await play.advance(clock, start + 10 * day + 1_234)
    const change = { items: [{ id: itemOf(made), price: pro }], proration_behavior: 'always_invoice' as const }
    await step('preview', () => stripe.invoices.createPreview({ subscription: made.id, subscription_details: change }))
    await step('update', () => stripe.subscriptions.update(made.id, { ...change, expand: ['latest_invoice'] }))
  },

  'a month from the 31st ends on the last day': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3900)
    const { clock, customer } = await atClock(play)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    for (const [index, to] of [start + 29 * day, start + 60 * day].entries()) {
      await play.advance(clock, to)
      await step(`month ${index + 2}`, () => stripe.subscriptions.retrieve(made.id))
    }
    await step('invoices', () => stripe.invoices.list({ subscription: made.id }))
  },

  'a coupon takes a quarter off, once': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3999)
    const coupon = await step('coupon', () =>
      stripe.coupons.create({ id: play.token, percent_off: 25, duration: 'once' }),
    )
    play.afterwards(() => stripe.coupons.del(coupon.id))
    const { clock, customer } = await atClock(play)
    const made = await step('create', () =>
      stripe.subscriptions.create({
        customer,
        items: [{ price }],
        discounts: [{ coupon: coupon.id }],
        expand: ['latest_invoice'],
      }),
    )
    await play.advance(clock, start + 29 * day)
    await step('the second month', () => stripe.invoices.list({ subscription: made.id }))
  },

  'a cancellation at the end of the period is taken back, and then not': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3900)
    const { clock, customer } = await atClock(play)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    const wish = (cancel_at_period_end: boolean) => () => stripe.subscriptions.update(made.id, { cancel_at_period_end })
    await step('cancel', wish(true))
    await step('take it back', wish(false))
    await step('cancel again', wish(true))
    await play.advance(clock, start + 29 * day)
    await step('gone', () => stripe.subscriptions.retrieve(made.id))
    await step('invoices', () => stripe.invoices.list({ subscription: made.id }))
  },

  'a renewal fails': async (play) => {
    const { stripe, step } = play
    const price = await priceOf(play, 3900)
    const { clock, customer } = await atClock(play)
    const made = await stripe.subscriptions.create({ customer, items: [{ price }] })
    const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer })
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: bad.id } })
    await play.advance(clock, start + 28 * day + 7_200)
    const failed = await step('past due', () => stripe.subscriptions.retrieve(made.id))
    await step('invoices', () => stripe.invoices.list({ subscription: made.id }))
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer })
    const invoice = String(failed.latest_invoice)
    await step('paid by hand', () => stripe.invoices.pay(invoice, { payment_method: good.id }))
    await step('active again', () => stripe.subscriptions.retrieve(made.id))
  },

  'a payment is refunded in part, and not beyond': async ({ stripe, step, refused }) => {
    const paid = await step('pay', () =>
      stripe.paymentIntents.create({
        amount: 5_000,
        currency: 'usd',
        payment_method: 'pm_card_visa',
        confirm: true,
        return_url: 'https://example.com/back',
      }),
    )
    await step('part', () => stripe.refunds.create({ payment_intent: paid.id, amount: 2_000 }))
    await refused('too much', () => stripe.refunds.create({ payment_intent: paid.id, amount: 4_000 }))
    await step('rest', () => stripe.refunds.create({ payment_intent: paid.id }))
    await refused('nothing left', () => stripe.refunds.create({ payment_intent: paid.id }))
  },
}
