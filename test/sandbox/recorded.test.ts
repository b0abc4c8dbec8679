// What was recorded from Stripe itself at current versions, as vectors: amounts to the cent, wordings to the word.
import { describe, expect, test } from 'bun:test'
import type Stripe from 'stripe'
import { monthlyPrice, raw, readyToSubscribe, refusalOf, started, startedSandbox } from './support.ts'
import { advance, customerAt, invoicesOf, itemOf, linesOf, planOf } from './timing.ts'

describe('answers', () => {
  test('every successful POST carries these headers', async () => {
    const sandbox = await startedSandbox()
    const { headers } = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', {
      'idempotency-key': 'key-1',
      'stripe-version': '2026-10-28.endive',
      origin: 'https://shop.example',
    })
    expect(headers.get('idempotency-key')).toBe('key-1')
    expect(headers.get('request-id')).toStartWith('req_')
    expect(headers.get('original-request')).toBe(headers.get('request-id'))
    expect(headers.get('stripe-should-retry')).toBe('false')
    expect(headers.get('stripe-version')).toBe('2026-10-28.endive')
    expect(headers.get('vary')).toBe('Origin')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-expose-headers')).toStartWith(
      'Request-Id, Stripe-Manage-Version, Stripe-Should-Retry',
    )
    expect(headers.get('cache-control')).toBe('no-cache, no-store')
  })

  test('an invalid key is told in these words, and with nothing else', async () => {
    const sandbox = await startedSandbox()
    const answer = await raw(sandbox, 'GET', '/v1/account', undefined, { authorization: 'Bearer nonsense_mock' })
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="Stripe"')
    expect(Object.keys(answer.error).sort()).toEqual(['message', 'type'])
    expect(answer.error.type).toBe('invalid_request_error')
    expect(String(answer.error.message)).toStartWith('Invalid API Key provided: ')
  })
})

describe('errors', () => {
  type Call = (stripe: Stripe) => Promise<unknown>
  const expected: readonly (readonly [string, Call, object])[] = [
    [
      'a subscription without anything to pay with',
      async (stripe) => {
        const customer = await stripe.customers.create()
        return stripe.subscriptions.create({
          customer: customer.id,
          items: [{ price: (await monthlyPrice(stripe)).id }],
        })
      },
      {
        statusCode: 400,
        code: 'resource_missing',
        param: undefined,
        message:
          'This customer has no attached payment source or default payment method. Please consider adding a default payment method. For more information, visit https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.',
      },
    ],
    [
      'a price that does not exist',
      async (stripe) => {
        const { customer } = await readyToSubscribe(stripe)
        return stripe.subscriptions.create({ customer: customer.id, items: [{ price: 'invalid' }] })
      },
      { statusCode: 400, param: 'items[0][price]', message: "No such price: 'invalid'" },
    ],
    [
      'a customer in the path who does not exist',
      (stripe) => stripe.customers.retrieve('cus_X'),
      { statusCode: 404, code: 'resource_missing', param: 'id', message: "No such customer: 'cus_X'" },
    ],
    [
      'a customer in a filter who does not exist',
      (stripe) => stripe.subscriptions.list({ customer: 'cus_X' }),
      { statusCode: 400, code: 'resource_missing', param: 'customer', message: "No such customer: 'cus_X'" },
    ],
    [
      'a customer in the body who does not exist',
      (stripe) => stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer: 'cus_X' }),
      { statusCode: 400, code: 'resource_missing', param: 'customer', message: "No such customer: 'cus_X'" },
    ],
    [
      'an amount of nothing',
      (stripe) => stripe.paymentIntents.create({ amount: 0, currency: 'usd' }),
      { statusCode: 400, code: 'parameter_invalid_integer', param: 'amount' },
    ],
    [
      'a product that prices were made for',
      async (stripe) => {
        const price = await monthlyPrice(stripe)
        return stripe.products.del(price.product as string)
      },
      {
        statusCode: 400,
        code: undefined,
        message: 'This product cannot be deleted because it has one or more user-created prices.',
      },
    ],
  ]
  test.each(expected)('%s', async (_name, call, wanted) => {
    const { stripe } = await started()
    const refusal = await refusalOf(call(stripe))
    expect(refusal).toMatchObject(wanted)
    expect(refusal.raw).toMatchObject({ type: 'invalid_request_error' })
    if (refusal.code) expect(refusal.doc_url).toStartWith('https://stripe.com/docs/error-codes/')
    expect((refusal.raw as { request_log_url?: string }).request_log_url).toStartWith('https://dashboard.stripe.com/')
  })

  test('a payment method that does not exist may be on a connected account', async () => {
    const { stripe } = await started()
    const { message, ...refusal } = await refusalOf(stripe.paymentMethods.retrieve('x'))
    expect(refusal).toMatchObject({ statusCode: 404, param: 'payment_method' })
    expect(message).toStartWith(
      "No such PaymentMethod: 'x'; It's possible this PaymentMethod exists on one of your connected accounts, ",
    )
  })

  test('attaching a declined card', async () => {
    const { stripe } = await started()
    const customer = await stripe.customers.create()
    const refusal = await refusalOf(
      stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: customer.id }),
    )
    expect(refusal.statusCode).toBe(402)
    expect(refusal.raw).toMatchObject({
      type: 'card_error',
      code: 'card_declined',
      decline_code: 'generic_decline',
      advice_code: 'try_again_later',
      network_decline_code: '01',
      param: '',
      message: 'Your card was declined.',
      doc_url: 'https://stripe.com/docs/error-codes/card-declined',
    })
  })
})

describe('subscriptions', () => {
  test('billing is flexible unless asked otherwise', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
    expect(made.billing_mode).toMatchObject({ type: 'flexible', flexible: { proration_discounts: 'included' } })
    expect(made.billing_mode.updated_at).toBeNumber()
  })

  test.each([
    [1, undefined, '1 × Identity Plus (at $35.00 / month)'],
    [10, 'user', '10 user × Identity Plus (at $35.00 / month)'],
  ])('a line of %p %p reads %p', async (quantity, label, text) => {
    const { stripe } = await started()
    const { customer } = await customerAt(stripe, 1775589264)
    const price = await planOf(stripe, 'Identity Plus', 3500, 'month', label)
    const made = await stripe.subscriptions.create({ customer, items: [{ price, quantity }] })
    const [invoice] = await invoicesOf(stripe, made.id)
    expect(invoice?.lines.data[0]?.description).toBe(text)
  })

  test('a trial bills nothing, on an invoice that is paid', async () => {
    const { stripe } = await started()
    const { customer } = await customerAt(stripe, 1775589264)
    const price = await planOf(stripe, 'Test Subscription', 2500, 'month', 'user')
    const made = await stripe.subscriptions.create({ customer, items: [{ price }], trial_period_days: 14 })
    expect(made.status).toBe('trialing')
    expect(made.billing_cycle_anchor).toBe(made.trial_end ?? 0)
    expect(itemOf(made)).toMatchObject({
      current_period_start: made.trial_start,
      current_period_end: made.trial_end,
    })
    const [invoice] = await invoicesOf(stripe, made.id)
    expect(invoice).toMatchObject({
      status: 'paid',
      total: 0,
      billing_reason: 'subscription_create',
      attempt_count: 0,
      attempted: true,
    })
    expect(invoice?.number).toBeString()
    expect(invoice?.lines.data[0]?.description).toBe('Free trial for 1 user × Test Subscription')
  })

  test('to cancel at the end of the period says when, undoing it takes that back, deleting ends it', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
    const leaving = await stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
    expect(leaving).toMatchObject({ status: 'active', cancel_at: itemOf(made).current_period_end })
    expect(leaving.canceled_at).toBeNumber()
    const staying = await stripe.subscriptions.update(made.id, { cancel_at_period_end: false })
    expect(staying).toMatchObject({ cancel_at: null, canceled_at: null })
    const gone = await stripe.subscriptions.cancel(made.id)
    expect(gone).toMatchObject({ status: 'canceled', cancel_at: null, cancel_at_period_end: false })
    expect([gone.ended_at, gone.canceled_at]).not.toContain(null)
    expect(gone.items.data).toHaveLength(1)
  })

  test('trial_end=now is accepted where there is no trial', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
    expect((await stripe.subscriptions.update(made.id, { trial_end: 'now' })).status).toBe('active')
  })

  test('a card that asks for 3-D Secure leaves it incomplete, with an attempt that does not count', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe, 'pm_card_authenticationRequired')
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      expand: ['latest_invoice.payments'],
    })
    expect(made.status).toBe('incomplete')
    const invoice = made.latest_invoice as Stripe.Invoice
    expect(invoice).toMatchObject({
      status: 'open',
      attempt_count: 0,
      attempted: true,
      auto_advance: true,
      next_payment_attempt: null,
    })
    const intent = await stripe.paymentIntents.retrieve(invoice.payments?.data[0]?.payment.payment_intent as string)
    expect(intent).toMatchObject({ status: 'requires_action', next_action: { type: 'use_stripe_sdk' } })
  })

  test('a coupon is on the lines, and off the total', async () => {
    const { stripe } = await started()
    const { customer } = await readyToSubscribe(stripe)
    const price = await monthlyPrice(stripe, 2500)
    const coupon = await stripe.coupons.create({ percent_off: 10, duration: 'forever' })
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      discounts: [{ coupon: coupon.id }],
    })
    const [invoice] = await invoicesOf(stripe, made.id)
    expect(invoice).toMatchObject({ subtotal: 2500, total: 2250 })
    expect(invoice?.lines.data[0]?.discount_amounts).toMatchObject([{ amount: 250 }])
  })

  test('what is added once comes first on the invoice, as an item of its own', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const once = await stripe.prices.create({ product: price.product as string, currency: 'usd', unit_amount: 900 })
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      add_invoice_items: [{ price: once.id }],
    })
    const [invoice] = await invoicesOf(stripe, made.id)
    expect(invoice?.lines.data.map(({ amount, parent }) => [amount, parent?.type])).toEqual([
      [900, 'invoice_item_details'],
      [3900, 'subscription_item_details'],
    ])
  })

  test('an empty pause_collection ends the pause', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
    const paused = await stripe.subscriptions.update(made.id, { pause_collection: { behavior: 'void' } })
    expect(paused.pause_collection).toMatchObject({ behavior: 'void' })
    expect((await stripe.subscriptions.update(made.id, { pause_collection: '' })).pause_collection).toBeNull()
  })
})

describe('invoices and payments', () => {
  test('a draft made by hand does nothing by itself; paying it finalizes it', async () => {
    const { stripe } = await started()
    const { customer } = await readyToSubscribe(stripe)
    const draft = await stripe.invoices.create({ customer: customer.id })
    expect(draft).toMatchObject({
      status: 'draft',
      auto_advance: false,
      billing_reason: 'manual',
      number: null,
      effective_at: null,
      ending_balance: null,
    })
    await stripe.invoiceItems.create({ customer: customer.id, invoice: draft.id, amount: 500, currency: 'usd' })
    expect(await stripe.invoices.pay(draft.id)).toMatchObject({ status: 'paid', amount_paid: 500 })
  })

  test('an empty draft is paid by being finalized, without an attempt', async () => {
    const { stripe } = await started()
    const { customer } = await readyToSubscribe(stripe)
    const draft = await stripe.invoices.create({ customer: customer.id })
    expect(await stripe.invoices.finalizeInvoice(draft.id)).toMatchObject({ status: 'paid', attempt_count: 0 })
    const another = await stripe.invoices.create({ customer: customer.id })
    expect(await stripe.invoices.pay(another.id)).toMatchObject({ status: 'paid', attempt_count: 0 })
  })

  test('the payment of an invoice is an object of its own', async () => {
    const { stripe } = await started()
    const { customer, price } = await readyToSubscribe(stripe)
    const made = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
    const { data } = await stripe.invoicePayments.list({ invoice: made.latest_invoice as string })
    expect(data).toMatchObject([{ is_default: true, status: 'paid', payment: { type: 'payment_intent' } }])
    expect(data[0]?.id).toStartWith('inpay_')
    expect(data[0]?.status_transitions.paid_at).toBeNumber()
  })

  test.each(['payment', 'subscription', 'setup'] as const)('a checkout session in %s mode', async (mode) => {
    const { stripe } = await started()
    const customer = await stripe.customers.create({ email: 'ann@example.com' })
    const { id: recurring, product } = await monthlyPrice(stripe)
    const once = await stripe.prices.create({ product: product as string, currency: 'usd', unit_amount: 900 })
    const price = mode === 'payment' ? once.id : recurring
    const session = await stripe.checkout.sessions.create({
      mode,
      customer: customer.id,
      success_url: 'https://example.com/paid',
      ...(mode === 'setup' ? { currency: 'usd' } : { line_items: [{ price, quantity: 1 }] }),
    })
    expect(session.id).toStartWith(mode === 'setup' ? 'cs_test_c1' : 'cs_test_a1')
    expect(session.expires_at).toBe(session.created + 86_400)
    expect(session).toMatchObject({
      payment_status: mode === 'setup' ? 'no_payment_required' : 'unpaid',
      payment_intent: null,
      ui_mode: 'hosted_page',
      customer_details: { email: 'ann@example.com' },
    })
    expect(session.setup_intent === null).toBe(mode !== 'setup')
    expect(session.url).toBeString()
    expect((await stripe.checkout.sessions.expire(session.id)).url).toBeNull()
  })

  test('a payment with an address to return to is led there, one without stays in the page', async () => {
    const { stripe } = await started()
    const pay = (extra: Partial<Stripe.PaymentIntentCreateParams>) =>
      stripe.paymentIntents.create({
        amount: 500,
        currency: 'usd',
        confirm: true,
        payment_method: 'pm_card_authenticationRequired',
        ...extra,
      })
    const away = await pay({ return_url: 'https://example.com/back' })
    expect(away.next_action?.type).toBe('redirect_to_url')
    const here = await pay({ automatic_payment_methods: { enabled: true, allow_redirects: 'never' } })
    expect(here.next_action?.type).toBe('use_stripe_sdk')
  })
})

describe('prorations', () => {
  const start = 1775589264

  test('ten recorded prorations are reproduced to the cent and the word, and the renewal is paid by its own credit', async () => {
    const { stripe } = await started()
    const { clock, customer } = await customerAt(stripe, start)
    const plus = await planOf(stripe, 'Identity Plus', 3500)
    const pro = await planOf(stripe, 'Identity Pro', 8500)
    const yearly = await planOf(stripe, 'Identity Year', 85_000, 'year')
    const made = await stripe.subscriptions.create({ customer, items: [{ price: pro }] })
    const { id } = itemOf(made)
    for (const [moment, price] of [
      [1775590677, plus],
      [1775590756, yearly],
      [1775602671, plus],
      [1775602690, pro],
      [1775796934, plus],
    ] as const) {
      await advance(stripe, clock, moment)
      await stripe.subscriptions.update(made.id, { items: [{ id, price }] })
    }
    await advance(stripe, clock, 1778181264 + 3600)
    const [, renewal] = await invoicesOf(stripe, made.id)
    if (!renewal) throw new Error('it was not renewed')
    const lines = await stripe.invoices.listLineItems(renewal.id, { limit: 100 })
    expect(linesOf({ lines })).toEqual([
      ['Unused time on Identity Pro after 10 Apr 2026', -7819],
      ['Remaining time on Identity Plus after 10 Apr 2026', 3220],
      ['Unused time on Identity Plus after 7 Apr 2026', -3482],
      ['Remaining time on Identity Pro after 7 Apr 2026', 8456],
      ['Unused time on Identity Year after 7 Apr 2026', -84_964],
      ['Remaining time on Identity Plus after 7 Apr 2026', 3482],
      ['Unused time on Identity Plus after 7 Apr 2026', -3498],
      ['Remaining time on Identity Year after 7 Apr 2026', 84_996],
      ['Unused time on Identity Pro after 7 Apr 2026', -8495],
      ['Remaining time on Identity Plus after 7 Apr 2026', 3498],
      ['1 × Identity Plus (at $35.00 / month)', 3500],
    ])
    expect(renewal).toMatchObject({
      total: -1106,
      status: 'paid',
      amount_due: 0,
      attempt_count: 0,
      ending_balance: -1106,
      billing_reason: 'subscription_cycle',
    })
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -1106 })
    const details = lines.data.map((line) => line.parent?.subscription_item_details)
    expect(details.map((detail) => detail?.proration)).toEqual([...Array(10).fill(true), false])
    const first = (await invoicesOf(stripe, made.id))[0]
    expect(details[8]?.proration_details?.credited_items).toEqual({
      invoice: first?.id ?? '',
      invoice_line_items: [first?.lines.data[0]?.id ?? ''],
    })
    expect(details[9]?.proration_details?.credited_items).toBeNull()
    expect(renewal.lines.data[0]).toMatchObject({ quantity: 1, discountable: false })
  })

  test('a month exchanged for a year in the same second is invoiced at once', async () => {
    const { stripe } = await started()
    const { customer } = await customerAt(stripe, start)
    const monthly = await planOf(stripe, 'Test Subscription', 2500, 'month', 'user')
    const product = (await stripe.prices.retrieve(monthly)).product as string
    const yearly = await stripe.prices.create({
      product,
      currency: 'usd',
      unit_amount: 25_000,
      recurring: { interval: 'year' },
    })
    const swap = async (extra: Stripe.SubscriptionUpdateParams) => {
      const made = await stripe.subscriptions.create({ customer, items: [{ price: monthly, quantity: 1 }] })
      const items = [{ id: itemOf(made).id, price: yearly.id }]
      const after = await stripe.subscriptions.update(made.id, {
        items,
        proration_behavior: 'always_invoice',
        ...extra,
      })
      const [, invoice] = await invoicesOf(stripe, made.id)
      if (!invoice) throw new Error('nothing was invoiced')
      return { after, invoice }
    }
    const kept = await swap({})
    expect(kept.invoice).toMatchObject({ total: 22_500, status: 'paid', billing_reason: 'subscription_update' })
    expect(kept.invoice.lines.data.map(({ amount }) => amount)).toEqual([-2500, 25_000])
    expect(kept.after.billing_cycle_anchor).toBe(start)
    expect(itemOf(kept.after).current_period_end).toBe(Date.parse('2027-04-07T19:14:24Z') / 1000)
    const anew = await swap({ billing_cycle_anchor: { type: 'now' } })
    expect(linesOf(anew.invoice)).toEqual([
      ['Unused time on Test Subscription after 7 Apr 2026', -2500],
      ['1 user × Test Subscription (at $250.00 / year)', 25_000],
    ])
    const full = anew.invoice.lines.data[1]
    expect(full?.parent?.subscription_item_details?.proration).toBe(false)
    expect(full?.period.start).toBe(start)
  })
})
