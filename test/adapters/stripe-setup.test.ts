import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { createStripe } from '../../src/adapters/stripe/client.ts'
import { findPastPrices, findPrices } from '../../src/adapters/stripe/prices.ts'
import { misfitsAtStripe, openSetup } from '../../src/adapters/stripe/setup.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { type Catalogue, planOfPrice } from '../../src/domain/catalogue.ts'
import { EVENT_TYPES, METER_ERROR_TYPES } from '../../src/domain/event-types.ts'
import type { Plan } from '../../src/domain/plan.ts'
import { perService } from '../../src/domain/quantity.ts'
import type { SetupStep } from '../../src/domain/setup.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'

const URL = 'https://billing.example.com/payments/stripe-webhook'

let sandbox: Sandbox
let stripe: Stripe

beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:' })
  stripe = createStripe({ secretKey: 'sk_test_setup', apiBase: sandbox.url })
})
afterEach(() => sandbox.stop())

const line = ({ action, subject }: SetupStep) => `${action} ${subject.kind} ${subject.name}`

async function plan(catalogue: Catalogue = BUILT_IN_PLANS) {
  const { plan } = await openSetup(stripe, catalogue, URL)
  return { ...plan, todo: plan.steps.filter(({ action }) => action !== 'same').map(line) }
}

async function setUp(catalogue: Catalogue = BUILT_IN_PLANS) {
  const setup = await openSetup(stripe, catalogue, URL)
  const done: string[] = []
  const made = await setup.carryOut((step) => done.push(line(step)))
  return { made, done }
}

function withProPrice(amount: number): Catalogue {
  const plans = BUILT_IN_PLANS.plans.map((plan) =>
    plan.name === 'pro_monthly' ? { ...plan, prices: [{ ...plan.prices[0], amount }] as const } : plan,
  )
  return { ...BUILT_IN_PLANS, plans }
}

/** Pay As You Go, sold in euros as well at this rate of a message, and by the year. */
function inEuros(sms: string): Catalogue {
  const plans = BUILT_IN_PLANS.plans.map((plan): Plan => {
    if (plan.name !== 'usage_based') return plan
    const [first] = plan.prices
    const services = perService((service) => ({ ...plan.services[service], currencyOptions: { eur: sms } }))
    const yearly = { ...first, interval: 'year', lookupKey: 'usage_based.yearly' } as const
    return { ...plan, services, prices: [first, { ...first, currency: 'eur', lookupKey: 'usage_based.eur' }, yearly] }
  })
  return { ...BUILT_IN_PLANS, plans }
}

async function priceOf(lookupKey: string): Promise<Stripe.Price> {
  const { data } = await stripe.prices.list({ lookup_keys: [lookupKey] })
  const [price] = data
  if (price === undefined) throw new Error(`There is no price ${lookupKey}.`)
  return price
}

async function subscribe(price: string): Promise<Stripe.Subscription> {
  const customer = await stripe.customers.create({
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  })
  return stripe.subscriptions.create({ customer: customer.id, items: [{ price }] })
}

describe('setting Stripe up', () => {
  test('makes everything that the catalogue needs, and then finds nothing to do', async () => {
    const { made, done } = await setUp()
    expect(done.filter((step) => step.startsWith('create meter'))).toHaveLength(5)
    expect(done.filter((step) => step.startsWith('create price'))).toHaveLength(9)
    expect(done.slice(-3)).toEqual([
      'create portal customer portal',
      `create webhook endpoint ${URL}`,
      `create event destination ${URL}`,
    ])
    expect(made.map(({ secret }) => secret)).toEqual([
      expect.stringMatching(/^whsec_/),
      expect.stringMatching(/^whsec_/),
    ])
    expect((await findPrices(stripe, BUILT_IN_PLANS)).missing).toEqual([])
    expect(await plan()).toMatchObject({ todo: [], problems: [], notes: [] })
  })

  test('marks what it makes as its own', async () => {
    await setUp()
    const marks = { managed_by: 'speech-billing', plan_name: 'pro_monthly' }
    expect((await priceOf('pro_monthly')).metadata).toEqual(marks)
    expect((await stripe.products.retrieve('speech_billing_pro_monthly')).metadata).toEqual(marks)
    expect((await priceOf('usage_based.sms')).metadata).toEqual({
      managed_by: 'speech-billing',
      plan_name: 'usage_based',
      service: 'sms',
    })
  })

  test('what is billed by use has a product of its own, which says what it is on the invoice', async () => {
    await setUp()
    const { product } = await priceOf('usage_based.sms')
    expect(await stripe.products.retrieve(String(product))).toMatchObject({
      id: 'speech_billing_usage_based_sms',
      name: 'Pay As You Go: SMS messages',
      metadata: { managed_by: 'speech-billing', plan_name: 'usage_based', service: 'sms' },
    })
  })

  test('metered prices that stand in the product of their plan stay there as long as they fit', async () => {
    await setUp()
    const { recurring } = await priceOf('usage_based.sms')
    const older = await stripe.prices.create({
      currency: 'usd',
      product: 'speech_billing_usage_based',
      unit_amount: 1,
      lookup_key: 'usage_based.sms',
      transfer_lookup_key: true,
      recurring: { interval: 'month', usage_type: 'metered', meter: recurring?.meter ?? '' },
      metadata: { managed_by: 'speech-billing', plan_name: 'usage_based' },
    })
    expect((await plan()).todo).toEqual([])
    const plans = BUILT_IN_PLANS.plans.map((plan) => ({
      ...plan,
      services: { ...plan.services, sms: { ...plan.services.sms, rate: '2' } },
    }))
    await setUp({ ...BUILT_IN_PLANS, plans })
    expect((await priceOf('usage_based.sms')).product).toBe('speech_billing_usage_based_sms')
    expect((await stripe.prices.retrieve(older.id)).product).toBe('speech_billing_usage_based')
  })

  test('use is billed by the month, in every currency of the plan', async () => {
    await setUp(inEuros('0.9'))
    const { data } = await stripe.prices.list({
      lookup_keys: ['usage_based.sms'],
      expand: ['data.currency_options'],
    })
    expect(data[0]).toMatchObject({ currency: 'usd', recurring: { interval: 'month' } })
    expect(String(data[0]?.currency_options?.eur?.unit_amount_decimal)).toBe('0.9')
    expect((await plan(inEuros('0.9'))).todo).toEqual([])
  })

  test('a currency that comes later is added to the price, and another rate in it is a new one', async () => {
    await setUp()
    const { id } = await priceOf('usage_based.sms')
    expect(await misfitsAtStripe(stripe, inEuros('0.9'))).toContain(
      `price usage_based.sms: ${id}: it has no amount in eur`,
    )
    expect((await setUp(inEuros('0.9'))).done).toContain('change price usage_based.sms')
    expect((await priceOf('usage_based.sms')).id).toBe(id)
    expect(await misfitsAtStripe(stripe, inEuros('0.9'))).toEqual([])
    expect((await setUp(inEuros('0.8'))).done).toContain('create price usage_based.sms')
    expect((await priceOf('usage_based.sms')).id).not.toBe(id)
  })

  test('the endpoint has the API version of the SDK and the events that are handled, no more', async () => {
    await setUp()
    const { data } = await stripe.webhookEndpoints.list()
    expect(data[0]).toMatchObject({ url: URL, api_version: Stripe.API_VERSION, enabled_events: [...EVENT_TYPES] })
    const destinations = await stripe.v2.core.eventDestinations.list()
    expect(destinations.data[0]).toMatchObject({ event_payload: 'thin', enabled_events: [...METER_ERROR_TYPES] })
  })

  test('customers can switch between the plans that bill nothing by use, up at once and down later', async () => {
    await setUp()
    const { data } = await stripe.billingPortal.configurations.list({
      expand: ['data.features.subscription_update.products'],
    })
    const update = data[0]?.features.subscription_update
    expect(update?.products?.map(({ product }) => product).toSorted()).toEqual([
      'speech_billing_basic_monthly',
      'speech_billing_enterprise_monthly',
      'speech_billing_pro_monthly',
    ])
    expect(update).toMatchObject({ proration_behavior: 'always_invoice', default_allowed_updates: ['price'] })
    expect(data[0]?.features.subscription_cancel).toMatchObject({ enabled: true, mode: 'at_period_end' })
  })
})

describe('a price that changes', () => {
  test('is replaced, its lookup key moved, and the old one archived when nobody is on it', async () => {
    await setUp()
    const old = await priceOf('pro_monthly')
    const changed = await plan(withProPrice(4_900))
    expect(changed.todo).toEqual([
      'create price pro_monthly',
      'change portal customer portal',
      'archive price pro_monthly',
    ])
    expect(changed.steps.find(({ action }) => action === 'create')?.why).toEqual([
      'the amount is 3900 and should be 4900',
    ])
    await setUp(withProPrice(4_900))
    const replacement = await priceOf('pro_monthly')
    expect(replacement).toMatchObject({ unit_amount: 4_900, active: true, product: 'speech_billing_pro_monthly' })
    expect(await stripe.prices.retrieve(old.id)).toMatchObject({ active: false, lookup_key: null, unit_amount: 3_900 })
    expect((await plan(withProPrice(4_900))).todo).toEqual([])
  })

  test('stays active as long as somebody is on it', async () => {
    await setUp()
    const old = await priceOf('pro_monthly')
    await subscribe(old.id)
    const { todo, notes } = await plan(withProPrice(4_900))
    expect(todo).toEqual(['create price pro_monthly', 'change portal customer portal'])
    expect(notes).toEqual([expect.stringContaining(`${old.id} stays active: subscriptions are on it`)])
    await setUp(withProPrice(4_900))
    expect(await stripe.prices.retrieve(old.id)).toMatchObject({ active: true, lookup_key: null })
  })

  test('stays active as long as somebody is planned to be on it', async () => {
    await setUp()
    const planned = await priceOf('pro_monthly')
    const { id } = await subscribe((await priceOf('basic_monthly')).id)
    const schedule = await stripe.subscriptionSchedules.create({ from_subscription: id })
    const [now] = schedule.phases
    await stripe.subscriptionSchedules.update(schedule.id, {
      phases: [
        {
          start_date: now?.start_date ?? 0,
          end_date: now?.end_date ?? 0,
          items: [{ price: (await priceOf('basic_monthly')).id }],
        },
        { items: [{ price: planned.id }], duration: { interval: 'month', interval_count: 1 } },
      ],
    })
    expect((await plan(withProPrice(4_900))).todo).not.toContain('archive price pro_monthly')
    await stripe.subscriptionSchedules.release(schedule.id)
    expect((await plan(withProPrice(4_900))).todo).toContain('archive price pro_monthly')
  })
})

describe('what is there already', () => {
  test('is used where it fits, in the product of whoever made it, and only marked', async () => {
    const product = await stripe.products.create({ name: 'My Pro', description: 'My own words' })
    const recurring = { interval: 'month' as const }
    const own = { product: product.id, currency: 'usd', unit_amount: 3_900, recurring, lookup_key: 'pro_monthly' }
    const price = await stripe.prices.create(own)
    const { todo } = await plan()
    expect(todo).toContain('change price pro_monthly')
    expect(todo).not.toContain('create product speech_billing_pro_monthly')
    await setUp()
    expect((await priceOf('pro_monthly')).id).toBe(price.id)
    expect((await stripe.products.retrieve(product.id)).name).toBe('My Pro')
    expect((await plan()).todo).toEqual([])
    await setUp(withProPrice(4_900))
    expect((await priceOf('pro_monthly')).product).toBe(product.id)
  })

  test('archived, disabled, renamed or narrowed in the Dashboard is put right again', async () => {
    await setUp()
    await stripe.prices.update((await priceOf('basic_monthly')).id, { active: false })
    await stripe.products.update('speech_billing_pro_monthly', { name: 'Profi', active: false })
    const { data: meters } = await stripe.billing.meters.list()
    await stripe.billing.meters.deactivate(meters.find(({ event_name }) => event_name === 'sms')?.id ?? '')
    const { data: endpoints } = await stripe.webhookEndpoints.list()
    await stripe.webhookEndpoints.update(endpoints[0]?.id ?? '', { disabled: true, enabled_events: ['invoice.paid'] })
    expect((await plan()).todo).toEqual([
      'change meter sms',
      'change price basic_monthly',
      'change product speech_billing_pro_monthly',
      `change webhook endpoint ${URL}`,
    ])
    await setUp()
    expect((await plan()).todo).toEqual([])
  })

  test('a meter that counts otherwise is left to people, with the prices that need it', async () => {
    const formula = { formula: 'count' as const }
    await stripe.billing.meters.create({ display_name: 'SMS', event_name: 'sms', default_aggregation: formula })
    const { todo, problems } = await plan()
    expect(problems).toEqual([expect.stringContaining('it aggregates by count, not sum')])
    expect(todo).not.toContain('create price usage_based.sms')
    await setUp()
    expect((await plan()).todo).toEqual([])
  })

  test('an endpoint of another API version gets a successor, and stays until its secret is replaced', async () => {
    await stripe.webhookEndpoints.create({ url: URL, enabled_events: ['*'], api_version: '2024-06-20' })
    const { todo, notes } = await plan()
    expect(todo).toContain(`create webhook endpoint ${URL}`)
    expect(notes).toEqual([expect.stringContaining('sends to the same address')])
    await setUp()
    expect(await plan()).toMatchObject({ todo: [], notes: [expect.stringContaining('Delete it')] })
  })
})

describe('a restricted key', () => {
  test('that lacks a permission is told which step it may not do, and what is done stays done', async () => {
    const fault = new URLSearchParams({ path: '/v1/webhook_endpoints', method: 'POST', status: '403' })
    await fetch(`${sandbox.url}/_sim/faults`, { method: 'POST', body: fault })
    await expect(setUp()).rejects.toThrow(
      'The key in STRIPE_SECRET_KEY may not make the webhook endpoint: it lacks the permission rak_simulated_write. Give it',
    )
    expect((await plan()).todo).toEqual([`create webhook endpoint ${URL}`, `create event destination ${URL}`])
  })
})

test('prices that a plan had before are found in its product, archived ones too', async () => {
  await setUp()
  const first = await priceOf('pro_monthly')
  await setUp(withProPrice(4_900))
  const second = await priceOf('pro_monthly')
  await setUp(withProPrice(5_900))
  const { priceIds } = await findPrices(stripe, BUILT_IN_PLANS)
  const past = await findPastPrices(stripe, BUILT_IN_PLANS, priceIds)
  expect([...past.values()].toSorted()).toEqual([first.id, second.id].toSorted())
  expect(planOfPrice(BUILT_IN_PLANS, past, first.id)?.name).toBe('pro_monthly')
})
