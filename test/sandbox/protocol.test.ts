import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { clientOf, monthlyPrice, raw, readyToSubscribe, refusalOf, started, startedSandbox } from './support.ts'

test('any test key is accepted, as a bearer token or as the user of basic authentication', async () => {
  const sandbox = await startedSandbox()
  for (const authorization of ['Bearer sk_test_1', 'Bearer rk_test_2', `Basic ${btoa('sk_test_3:')}`]) {
    expect((await raw(sandbox, 'GET', '/v1/account', undefined, { authorization })).status).toBe(200)
  }
})

test('a live key, a made-up key and no key are refused with 401 in the words of Stripe', async () => {
  const sandbox = await startedSandbox()
  const live = await raw(sandbox, 'GET', '/v1/account', undefined, { authorization: 'Bearer sk_live_abcdefghijkl1234' })
  expect(live.status).toBe(401)
  expect(live.error).toEqual({
    type: 'invalid_request_error',
    message: 'Invalid API Key provided: sk_live_************1234',
  })
  expect(live.headers.get('www-authenticate')).toBe('Bearer realm="Stripe"')
  const none = await raw(sandbox, 'GET', '/v1/account', undefined, { authorization: '' })
  expect(none.status).toBe(401)
  expect(String(none.error.message)).toStartWith('You did not provide an API key.')
  expect((await refusalOf(clientOf(sandbox, 'nonsense').customers.list())).message).toBe(
    'Invalid API Key provided: nonsense',
  )
})

test('a publishable key may not call what belongs to the server', async () => {
  const { sandbox, stripe } = await started()
  const refused = await refusalOf(clientOf(sandbox, 'pk_test_x').customers.list())
  expect(refused.statusCode).toBe(401)
  const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' })
  const withoutSecret = await raw(sandbox, 'GET', `/v1/payment_intents/${intent.id}?key=pk_test_x`, undefined, {
    authorization: '',
  })
  expect(withoutSecret.status).toBe(401)
  const query = `key=pk_test_x&client_secret=${intent.client_secret}`
  const withSecret = await raw(sandbox, 'GET', `/v1/payment_intents/${intent.id}?${query}`, undefined, {
    authorization: '',
  })
  expect(withSecret.status).toBe(200)
})

test('answers carry the headers the client reads', async () => {
  const sandbox = await startedSandbox()
  const answer = await raw(sandbox, 'POST', '/v1/customers', 'name=Ann', {
    'idempotency-key': 'k1',
    'stripe-version': '2026-10-28.endive',
  })
  expect(answer.headers.get('request-id')).toStartWith('req_')
  expect(answer.headers.get('original-request')).toBe(answer.headers.get('request-id'))
  expect(answer.headers.get('idempotency-key')).toBe('k1')
  expect(answer.headers.get('stripe-should-retry')).toBe('false')
  expect(answer.headers.get('stripe-version')).toBe('2026-10-28.endive')
})

test('an unknown version is refused', async () => {
  const sandbox = await startedSandbox()
  for (const version of ['yesterday', '2019-13-40', '2020-02-30', '2031-01-01.future']) {
    const answer = await raw(sandbox, 'GET', '/v1/customers', undefined, { 'stripe-version': version })
    expect(answer.status).toBe(400)
    expect(answer.error.message).toStartWith(`Invalid Stripe API version: ${version}`)
  }
  for (const version of ['2020-08-27', '2025-09-30.clover', '2026-10-28.preview']) {
    const answer = await raw(sandbox, 'GET', '/v1/customers', undefined, { 'stripe-version': version })
    expect(answer.status).toBe(200)
  }
})

test('a parameter that endive renamed is understood from older callers only', async () => {
  const sandbox = await startedSandbox()
  const body = 'amount=500&currency=usd&payment_method_types[]=card'
  const version = (date: string) => ({ 'stripe-version': date })
  const older = await raw(sandbox, 'POST', '/v1/payment_intents', body, version('2025-09-30.clover'))
  expect(older.status).toBe(200)
  const today = await raw(sandbox, 'POST', '/v1/payment_intents', body, version('2026-10-28.endive'))
  expect(today.error).toMatchObject({ code: 'parameter_unknown', param: 'payment_method_types' })
})

test('a path Stripe does not have is a 404, one it has and we have not a 501 that names the simulator', async () => {
  const sandbox = await startedSandbox()
  const unknown = await raw(sandbox, 'GET', '/v1/custmers')
  expect(unknown.status).toBe(404)
  expect(String(unknown.error.message)).toStartWith('Unrecognized request URL (GET: /v1/custmers).')
  for (const [method, path] of [
    ['GET', '/v1/quotes'],
    ['POST', '/v1/tax/calculations'],
    ['GET', '/v1/treasury/transactions'],
  ] as const) {
    const missing = await raw(sandbox, method, path, method === 'POST' ? 'a=b' : undefined)
    expect(missing.status).toBe(501)
    expect(missing.error.type).toBe('api_error')
    expect(String(missing.error.message)).toContain('The Stripe simulator does not implement')
  }
})

/** Every path the official library can call, from its own source. */
function pathsOfTheLibrary(): (readonly [method: string, path: string])[] {
  const root = new URL('../../node_modules/stripe/esm/resources/', import.meta.url).pathname
  const found = new Set<string>()
  for (const file of new Bun.Glob('**/*.js').scanSync(root)) {
    const source = readFileSync(join(root, file), 'utf8')
    for (const [, method, path] of source.matchAll(/'(GET|POST|DELETE)',\s*[`'](\/v[12]\/[^`']+)[`']/g)) {
      found.add(`${method} ${path?.replace(/\$?\{[^}]*\}/g, 'x_1')}`)
    }
  }
  return [...found].map((call) => [call.split(' ')[0] ?? '', call.split(' ')[1] ?? ''])
}

test('no path that the official library calls is taken for a misspelt one', async () => {
  const sandbox = await startedSandbox()
  const calls = pathsOfTheLibrary()
  expect(calls.length).toBeGreaterThan(500)
  for (const [method, path] of calls) {
    const answer = await raw(sandbox, method, path, method === 'POST' ? '' : undefined)
    expect(`${method} ${path} ${answer.error.message ?? ''}`).not.toContain('Unrecognized request URL')
  }
})

test('a parameter whose effect is not simulated is refused instead of dropped', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const refused = await refusalOf(
    stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: price.id }],
      application_fee_percent: 10,
    }),
  )
  expect(refused.statusCode).toBe(501)
  expect((await stripe.subscriptions.list({ status: 'all' })).data).toHaveLength(0)
})

test('a JSON body is refused', async () => {
  const sandbox = await startedSandbox()
  const answer = await raw(sandbox, 'POST', '/v1/customers', '{"name":"Ann"}', { 'content-type': 'application/json' })
  expect(answer.status).toBe(400)
  expect(answer.error.type).toBe('invalid_request_error')
})

test('parameters are read in every spelling of form encoding', async () => {
  const { sandbox, stripe } = await started()
  const price = await monthlyPrice(stripe)
  const method = 'payment_method=pm_card_visa&invoice_settings%5Bdefault_payment_method%5D=pm_card_visa'
  const customer = await raw(sandbox, 'POST', '/v1/customers', `${method}&name=Ann+Lee&description=a%20b`)
  expect(customer.body.name).toBe('Ann Lee')
  expect(customer.body.description).toBe('a b')
  for (const items of [
    `items[0][price]=${price.id}&items[0][quantity]=2`,
    `items[][price]=${price.id}&items[][quantity]=2`,
    `items%5B7%5D%5Bprice%5D=${price.id}&items%5B7%5D%5Bquantity%5D=2`,
  ]) {
    const made = await raw(
      sandbox,
      'POST',
      '/v1/subscriptions',
      `customer=${customer.body.id}&${items}&cancel_at_period_end=True&expand[]=latest_invoice`,
    )
    expect(made.status).toBe(200)
    expect(made.body).toMatchObject({ cancel_at_period_end: true, latest_invoice: { amount_paid: 7800 } })
  }
})

test('__proto__ is no parameter', async () => {
  const sandbox = await startedSandbox()
  for (const body of ['__proto__[x]=1', 'metadata[__proto__]=1', 'metadata[constructor]=1', '__proto__=1']) {
    const answer = await raw(sandbox, 'POST', '/v1/customers', body)
    expect([answer.status, answer.error.code]).toEqual([400, 'parameter_unknown'])
  }
})

test('unknown, missing and malformed parameters are refused in the words of Stripe', async () => {
  const sandbox = await startedSandbox()
  const cases: [string, string, Record<string, unknown>][] = [
    [
      '/v1/customers',
      'nme=Ann',
      { code: 'parameter_unknown', param: 'nme', message: 'Received unknown parameter: nme. Did you mean name?' },
    ],
    [
      '/v1/customers',
      'invoice_settings[colour]=red',
      { param: 'invoice_settings[colour]', message: 'Received unknown parameter: invoice_settings[colour]' },
    ],
    [
      '/v1/subscriptions',
      'customer_id=cus_1&items[0][plan_name]=pro&items[0][amount]=4',
      { param: 'customer_id', message: 'Received unknown parameter: customer_id. Did you mean customer?' },
    ],
    [
      '/v1/subscriptions',
      'items[0][plan_name]=pro&items[0][amount]=4',
      { param: 'items[0][plan_name]', message: 'Received unknown parameters: plan_name, amount' },
    ],
    ['/v1/payment_intents', 'currency=usd', { code: 'parameter_missing', message: 'Missing required param: amount.' }],
    [
      '/v1/payment_intents',
      'amount=ten&currency=usd',
      { code: 'parameter_invalid_integer', param: 'amount', message: 'Invalid integer: ten' },
    ],
    ['/v1/payment_intents', 'amount=0&currency=usd', { code: 'parameter_invalid_integer', param: 'amount' }],
    ['/v1/payment_intents', 'amount=49&currency=usd', { code: 'amount_too_small', param: 'amount' }],
    [
      '/v1/payment_intents',
      'amount=900&currency=usd&capture_method=never',
      {
        param: 'capture_method',
        message: 'Invalid capture_method: must be one of automatic, automatic_async, or manual',
      },
    ],
    ['/v1/payment_intents', 'amount=900&currency=', { code: 'parameter_invalid_empty', param: 'currency' }],
    [
      '/v1/payment_intents',
      'amount=900&currency=usd&customer=cus_X',
      { code: 'resource_missing', param: 'customer', message: "No such customer: 'cus_X'" },
    ],
    [
      '/v1/payment_intents',
      'amount=900&currency=usd&confirm=perhaps',
      { param: 'confirm', message: 'Invalid boolean: perhaps' },
    ],
  ]
  for (const [path, body, error] of cases) {
    const answer = await raw(sandbox, 'POST', path, body)
    expect(answer.status).toBe(400)
    expect(answer.error).toMatchObject({ type: 'invalid_request_error', ...error })
    expect(String(answer.error.request_log_url)).toContain(answer.headers.get('request-id') ?? '-')
  }
})

test('an object that is not there is a 404 with the parameter id', async () => {
  const { stripe } = await started()
  const refused = await refusalOf(stripe.customers.retrieve('cus_X'))
  expect(refused).toMatchObject({
    statusCode: 404,
    code: 'resource_missing',
    param: 'id',
    message: "No such customer: 'cus_X'",
  })
  expect(refused.doc_url).toBe('https://stripe.com/docs/error-codes/resource-missing')
  const method = await refusalOf(stripe.paymentMethods.retrieve('pm_x'))
  expect(method.message).toStartWith("No such PaymentMethod: 'pm_x'; It's possible")
})

test('lists are newest first and are paged in both directions', async () => {
  const { stripe } = await started()
  const ids: string[] = []
  for (let count = 0; count < 5; count += 1) ids.unshift((await stripe.customers.create({})).id)
  const first = await stripe.customers.list({ limit: 2 })
  expect(first.data.map((customer) => customer.id)).toEqual(ids.slice(0, 2))
  expect(first).toMatchObject({ has_more: true, url: '/v1/customers' })
  const second = await stripe.customers.list({ limit: 3, starting_after: ids[1] ?? '' })
  expect(second.data.map((customer) => customer.id)).toEqual(ids.slice(2))
  expect(second.has_more).toBe(false)
  const back = await stripe.customers.list({ limit: 2, ending_before: ids[4] ?? '' })
  expect(back.data.map((customer) => customer.id)).toEqual(ids.slice(2, 4))
  expect(await stripe.customers.list({ limit: 2 }).autoPagingToArray({ limit: 100 })).toHaveLength(5)
  const now = Math.floor(Date.now() / 1000)
  expect((await stripe.customers.list({ created: { gt: now + 10 } })).data).toHaveLength(0)
  expect((await stripe.customers.list({ created: { gte: now - 10, lt: now + 10 } })).data).toHaveLength(5)
  expect((await refusalOf(stripe.customers.list({ limit: 101 }))).statusCode).toBe(400)
  const both = stripe.customers.list({ starting_after: ids[0] ?? '', ending_before: ids[1] ?? '' })
  expect((await refusalOf(both)).statusCode).toBe(400)
})

test('expand leads through lists and hashes, and shows what is left out by default', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const plain = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  expect(typeof plain.latest_invoice).toBe('string')
  const full = await stripe.subscriptions.retrieve(plain.id, {
    expand: [
      'items.data.price.product',
      'customer.invoice_settings.default_payment_method',
      'latest_invoice.payments',
      'latest_invoice.confirmation_secret',
    ],
  })
  expect(full.items.data[0]?.price.product).toMatchObject({ object: 'product', name: 'Pro' })
  expect(full.customer).toMatchObject({ invoice_settings: { default_payment_method: { card: { last4: '4242' } } } })
  expect(full.latest_invoice).toMatchObject({
    payments: { data: [{ status: 'paid', is_default: true }] },
    confirmation_secret: { type: 'payment_intent' },
  })
  const invoice = await stripe.invoices.retrieve(plain.latest_invoice as string)
  expect(invoice).not.toHaveProperty('payments')
  expect(invoice).not.toHaveProperty('confirmation_secret')
  const paid = await stripe.invoices.retrieve(invoice.id, { expand: ['payments.data.payment.payment_intent'] })
  expect(paid.payments?.data[0]?.payment.payment_intent).toMatchObject({ object: 'payment_intent', amount: 3900 })
  const list = await stripe.invoices.list({ expand: ['data.customer'] })
  expect(list.data[0]?.customer).toMatchObject({ object: 'customer' })
})

test('of a customer that was deleted nothing more is expanded', async () => {
  const { stripe } = await started()
  const { customer, price } = await readyToSubscribe(stripe)
  const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] })
  await stripe.customers.del(customer.id)
  const expand = ['customer.invoice_settings.default_payment_method']
  expect((await stripe.subscriptions.retrieve(id, { expand })).customer).toEqual({
    id: customer.id,
    object: 'customer',
    deleted: true,
  })
})

test('what cannot be expanded is refused', async () => {
  const { stripe } = await started()
  const customer = await stripe.customers.create({ name: 'Ann' })
  for (const path of ['name', 'nothing', 'a.b.c.d.e']) {
    const refused = await refusalOf(stripe.customers.retrieve(customer.id, { expand: [path] }))
    expect(refused.statusCode).toBe(400)
  }
})

test('health and the last requests can be looked at', async () => {
  const { sandbox, stripe } = await started()
  await stripe.customers.create({})
  expect(await (await fetch(`${sandbox.url}/_sim/health`)).json()).toEqual({ status: 'ok' })
  const { data } = (await (await fetch(`${sandbox.url}/_sim/requests`)).json()) as { data: unknown[] }
  expect(data[1]).toMatchObject({ method: 'POST', path: '/v1/customers', status: 200 })
})

test('another name for this machine is not answered', async () => {
  const sandbox = await startedSandbox()
  const response = await fetch(`${sandbox.url}/_sim/health`, { headers: { host: 'evil.example' } })
  expect(response.status).toBe(403)
})
