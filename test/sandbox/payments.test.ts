import { expect, test } from 'bun:test'
import { eventTypes, raw, refusalOf, started } from './support.ts'

test('a test token stands for a new card at every use', async () => {
  const { stripe } = await started()
  const [ann, bob] = [await stripe.customers.create({}), await stripe.customers.create({})]
  const first = await stripe.paymentMethods.attach('pm_card_visa', { customer: ann.id })
  const second = await stripe.paymentMethods.attach('pm_card_visa', { customer: bob.id })
  expect(first.id).not.toBe(second.id)
  expect(first).toMatchObject({ customer: ann.id, type: 'card', card: { brand: 'visa', last4: '4242' } })
  expect((await stripe.customers.listPaymentMethods(ann.id)).data.map(({ id }) => id)).toEqual([first.id])
  expect((await stripe.paymentMethods.list({ customer: bob.id, type: 'card' })).data).toHaveLength(1)
  expect((await refusalOf(stripe.paymentMethods.attach(first.id, { customer: bob.id }))).statusCode).toBe(400)
})

test('a declined card is refused when attached, in either spelling of its token', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const cases = [
    ['pm_card_visa_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
    ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc'],
    ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error'],
    ['pm_card_visa_chargeDeclinedVelocityLimitExceeded', 'card_declined', 'card_velocity_exceeded'],
  ] as const
  for (const [token, code, decline_code] of cases) {
    const refused = await refusalOf(stripe.paymentMethods.attach(token, { customer: customer.id }))
    expect(refused).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code })
  }
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(0)
  expect(await eventTypes(stripe)).toEqual(['customer.created'])
})

test('the recorded error of a declined attach is reproduced', async () => {
  const { sandbox, stripe } = await started()
  const customer = await stripe.customers.create({})
  const path = '/v1/payment_methods/pm_card_visa_chargeDeclined/attach'
  const { status, error } = await raw(sandbox, 'POST', path, `customer=${customer.id}`)
  expect(status).toBe(402)
  expect(error).toMatchObject({
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

test('cards can be made from numbers; malformed ones are refused', async () => {
  const { stripe } = await started()
  const make = (number: string, exp_month = 12, exp_year = new Date().getUTCFullYear() + 1) =>
    stripe.paymentMethods.create({ type: 'card', card: { number, exp_month, exp_year, cvc: '123' } })
  expect((await make('4242 4242 4242 4242')).card?.last4).toBe('4242')
  expect((await make('378282246310005')).card?.brand).toBe('amex')
  expect((await refusalOf(make('4242424242424241'))).code).toBe('incorrect_number')
  expect((await refusalOf(make('4242424242424242', 13))).code).toBe('invalid_expiry_month')
  expect((await refusalOf(make('4242424242424242', 1, 2020))).code).toBe('invalid_expiry_year')
})

test('a card is changed and detached, and is then nobody’s default', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id })
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } })
  const updated = await stripe.paymentMethods.update(id, { billing_details: { name: 'Ann' }, metadata: { a: '1' } })
  expect(updated).toMatchObject({ billing_details: { name: 'Ann', email: null }, metadata: { a: '1' } })
  expect((await stripe.paymentMethods.detach(id)).customer).toBeNull()
  const after = await stripe.customers.retrieve(customer.id)
  expect(after).toMatchObject({ invoice_settings: { default_payment_method: null } })
  expect((await refusalOf(stripe.paymentMethods.detach(id))).statusCode).toBe(400)
})

test('a payment is made in one call', async () => {
  const { stripe } = await started()
  const intent = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'USD',
    payment_method: 'pm_card_visa',
    confirm: true,
    description: 'custom scenario',
    metadata: { a: '1' },
    expand: ['latest_charge'],
  })
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 500, currency: 'usd', next_action: null })
  expect(intent.latest_charge).toMatchObject({ status: 'succeeded', captured: true, paid: true, amount: 500 })
  expect(await eventTypes(stripe)).toEqual(['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded'])
})

test('an intent waits for a method, is given one and confirmed', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const made = await stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer: customer.id })
  expect(made.status).toBe('requires_payment_method')
  expect(made.client_secret).toStartWith(`${made.id}_secret_`)
  expect((await refusalOf(stripe.paymentIntents.confirm(made.id))).code).toBe('payment_intent_unexpected_state')
  const given = await stripe.paymentIntents.update(made.id, { payment_method: 'pm_card_visa', amount: 600 })
  expect(given).toMatchObject({ status: 'requires_confirmation', amount: 600 })
  expect(await stripe.paymentIntents.confirm(made.id)).toMatchObject({ status: 'succeeded', amount_received: 600 })
  const again = await refusalOf(stripe.paymentIntents.confirm(made.id))
  expect(again).toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' })
  expect((await stripe.paymentIntents.list({ customer: customer.id })).data).toHaveLength(1)
})

test('a decline is a 402 with the intent in it, and can be mended with another card', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const bad = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id })
  const refused = await refusalOf(
    stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer: customer.id,
      payment_method: bad.id,
      confirm: true,
    }),
  )
  expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined', decline_code: 'generic_decline' })
  expect(refused.payment_intent).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: { code: 'card_declined', payment_method: { id: bad.id } },
  })
  const id = refused.payment_intent?.id ?? ''
  expect(await stripe.charges.retrieve(refused.charge ?? '')).toMatchObject({
    status: 'failed',
    failure_code: 'card_declined',
  })
  expect((await stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_visa' })).status).toBe('succeeded')
  expect((await stripe.charges.list({ payment_intent: id })).data).toHaveLength(2)
})

test('3-D Secure asks the buyer, who authorizes on the page or does not', async () => {
  const { sandbox, stripe } = await started()
  const wish = {
    amount: 500,
    currency: 'usd',
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
    return_url: 'http://127.0.0.1:1/back?a=b',
  }
  const asked = await stripe.paymentIntents.create(wish)
  expect(asked).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } })
  const url = asked.next_action?.redirect_to_url?.url ?? ''
  expect(await (await fetch(url)).text()).toContain('Authorize')
  const press = { method: 'POST', body: new URLSearchParams({ outcome: 'succeed' }), redirect: 'manual' } as const
  const back = await fetch(url, press)
  expect(back.status).toBe(303)
  expect(back.headers.get('location')).toContain(`payment_intent=${asked.id}`)
  expect(back.headers.get('location')).toContain('redirect_status=succeeded')
  expect((await stripe.paymentIntents.retrieve(asked.id)).status).toBe('succeeded')

  const second = await stripe.paymentIntents.create(wish)
  await raw(sandbox, 'POST', `/_sim/payment_intents/${second.id}/authenticate`, 'outcome=fail')
  expect(await stripe.paymentIntents.retrieve(second.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  })
})

test('without a return_url the client library is asked to act', async () => {
  const { stripe } = await started()
  const asked = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    payment_method: 'pm_card_threeDSecure2Required',
    confirm: true,
  })
  expect(asked.next_action?.type).toBe('use_stripe_sdk')
})

test('off-session, a card that wants authentication declines', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const { id } = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: customer.id })
  const charge = (payment_method: string) =>
    stripe.paymentIntents.create({
      amount: 500,
      currency: 'usd',
      customer: customer.id,
      payment_method,
      confirm: true,
      off_session: true,
    })
  expect(await refusalOf(charge(id))).toMatchObject({ statusCode: 402, code: 'authentication_required' })
})

test('a card set up for later is charged off-session without asking', async () => {
  const { sandbox, stripe } = await started()
  const customer = await stripe.customers.create({})
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
    confirm: true,
    return_url: 'http://127.0.0.1:1/back',
  })
  expect(setup.status).toBe('requires_action')
  await raw(sandbox, 'POST', `/_sim/setup_intents/${setup.id}/authenticate`, '{"outcome":"succeed"}')
  const done = await stripe.setupIntents.retrieve(setup.id)
  expect(done.status).toBe('succeeded')
  const paid = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    customer: customer.id,
    payment_method: String(done.payment_method),
    confirm: true,
    off_session: true,
  })
  expect(paid.status).toBe('succeeded')
})

test('an authenticated card may still be declined', async () => {
  const { sandbox, stripe } = await started()
  const asked = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    payment_method: 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds',
    confirm: true,
  })
  await raw(sandbox, 'POST', `/_sim/payment_intents/${asked.id}/authenticate`, 'outcome=succeed')
  const after = await stripe.paymentIntents.retrieve(asked.id)
  expect(after.last_payment_error).toMatchObject({ code: 'card_declined', decline_code: 'insufficient_funds' })
})

test('a setup keeps its card for the customer, or is declined', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({})
  const setup = await stripe.setupIntents.create({ customer: customer.id, usage: 'off_session' })
  expect(setup).toMatchObject({ status: 'requires_payment_method', usage: 'off_session' })
  const declined = await refusalOf(stripe.setupIntents.confirm(setup.id, { payment_method: 'pm_card_chargeDeclined' }))
  expect(declined).toMatchObject({ statusCode: 402, code: 'card_declined' })
  const done = await stripe.setupIntents.confirm(setup.id, { payment_method: 'pm_card_visa' })
  expect(done.status).toBe('succeeded')
  expect((await stripe.customers.listPaymentMethods(customer.id)).data.map(({ id }) => id)).toEqual([
    String(done.payment_method),
  ])
  const other = await stripe.setupIntents.create({ customer: customer.id })
  expect((await stripe.setupIntents.cancel(other.id)).status).toBe('canceled')
  expect((await stripe.setupIntents.list({ customer: customer.id })).data).toHaveLength(2)
})

test('an authorized payment is captured in part', async () => {
  const { stripe } = await started()
  const wish = { amount: 500, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const
  const held = await stripe.paymentIntents.create({ ...wish, capture_method: 'manual' })
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 500, amount_received: 0 })
  const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 300 })
  expect(captured).toMatchObject({ status: 'succeeded', amount_received: 300, amount_capturable: 0 })
})

test('a payment not yet made is cancelled; a made one is not', async () => {
  const { stripe } = await started()
  const open = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
  const cancelled = await stripe.paymentIntents.cancel(open.id, { cancellation_reason: 'abandoned' })
  expect(cancelled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' })
  expect((await refusalOf(stripe.paymentIntents.cancel(open.id))).code).toBe('payment_intent_unexpected_state')
})

test('a charge is refunded in parts and not beyond', async () => {
  const { stripe } = await started()
  const wish = { amount: 500, currency: 'usd', payment_method: 'pm_card_visa', confirm: true } as const
  const intent = await stripe.paymentIntents.create(wish)
  const refund = await stripe.refunds.create({ payment_intent: intent.id, amount: 200, metadata: { a: '1' } })
  expect(refund).toMatchObject({
    status: 'succeeded',
    amount: 200,
    payment_intent: intent.id,
    charge: intent.latest_charge,
  })
  expect((await refusalOf(stripe.refunds.create({ payment_intent: intent.id, amount: 301 }))).param).toBe('amount')
  await stripe.refunds.create({ charge: String(intent.latest_charge), reason: 'requested_by_customer' })
  expect(await stripe.charges.retrieve(String(intent.latest_charge))).toMatchObject({
    refunded: true,
    amount_refunded: 500,
  })
  expect((await refusalOf(stripe.refunds.create({ payment_intent: intent.id }))).code).toBe('charge_already_refunded')
  expect((await stripe.refunds.list({ payment_intent: intent.id })).data).toHaveLength(2)
  const types = await eventTypes(stripe)
  expect(types.slice(-4)).toEqual(['refund.created', 'charge.refunded', 'refund.created', 'charge.refunded'])
})

test.each([
  ['pm_card_de', { brand: 'visa', country: 'DE' }],
  ['pm_card_cvcCheckFail', { checks: { cvc_check: 'fail' } }],
  ['pm_card_avsZipFail', { checks: { address_postal_code_check: 'fail', cvc_check: 'pass' } }],
] as const)('%s shows what it is, and pays', async (payment_method, card) => {
  const { stripe } = await started()
  const intent = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    payment_method,
    confirm: true,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    expand: ['latest_charge', 'payment_method'],
  })
  expect(intent.status).toBe('succeeded')
  expect(intent.payment_method).toMatchObject({ card })
  expect(intent.latest_charge).toMatchObject({ payment_method_details: { card } })
})

test('a payment that is too risky is blocked before it reaches the bank', async () => {
  const { stripe } = await started()
  const wish = { amount: 500, currency: 'usd', confirm: true, payment_method: 'pm_card_radarBlock' }
  const automatic_payment_methods = { enabled: true, allow_redirects: 'never' } as const
  const refused = await refusalOf(stripe.paymentIntents.create({ ...wish, automatic_payment_methods }))
  expect(refused).toMatchObject({ statusCode: 402, code: 'card_declined', decline_code: 'fraudulent' })
  const [charge] = (await stripe.charges.list()).data
  expect(charge?.outcome).toMatchObject({
    type: 'blocked',
    network_status: 'not_sent_to_network',
    risk_level: 'highest',
  })
})

test('a card that is not listed is of the brand that its number begins as', async () => {
  const { stripe } = await started()
  const card = { number: '2223003122003222', exp_month: 12, exp_year: 2031 }
  expect((await stripe.paymentMethods.create({ type: 'card', card })).card?.brand).toBe('mastercard')
})
