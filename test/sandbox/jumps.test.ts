import { expect, test } from 'bun:test'
import fc from 'fast-check'
import type Stripe from 'stripe'
import { raw, started } from './support.ts'
import { advance, at, customerAt, day, planOf } from './timing.ts'

const length = 62
/** Ahead of the wall clock for long: what is stamped by the wall can be told from what goes by the test clock. */
const BEGINNING = at('2096-01-01')

/** Something a customer does on a day of his life. */
type Act = {
  readonly kind: 'upgrade' | 'downgrade' | 'cancel' | 'keep' | 'bad card' | 'good card' | 'use' | 'pause' | 'go on'
}

const life = fc.record({
  begin: fc.integer({ min: 0, max: 400 }),
  trial: fc.constantFrom(0, 2, 7, 20),
  interval: fc.constantFrom('week' as const, 'month' as const),
  acts: fc.array(
    fc.record({
      day: fc.integer({ min: 1, max: length - 1 }),
      kind: fc.constantFrom<Act['kind']>(
        'upgrade',
        'downgrade',
        'cancel',
        'keep',
        'bad card',
        'good card',
        'use',
        'pause',
        'go on',
      ),
    }),
    { maxLength: 4 },
  ),
})
type Life = typeof life extends fc.Arbitrary<infer T> ? T : never

interface World {
  readonly stripe: Stripe
  readonly prices: { readonly low: string; readonly high: string; readonly metered: string }
}

async function world(stripe: Stripe, interval: 'week' | 'month', event_name: string): Promise<World> {
  const meter = await stripe.billing.meters.create({
    display_name: 'Seconds',
    event_name,
    default_aggregation: { formula: 'sum' },
  })
  const product = await stripe.products.create({ name: 'Speech' })
  const metered = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    unit_amount: 3,
    recurring: { interval, usage_type: 'metered', meter: meter.id },
  })
  const [low, high] = [await planOf(stripe, 'Low', 1000, interval), await planOf(stripe, 'High', 2900, interval)]
  return { stripe, prices: { low, high, metered: metered.id } }
}

/** Lives a life with clock steps of so many days, and tells what there was to see, without ids. */
async function lived({ stripe, prices }: World, story: Life, eventName: string, step: number): Promise<unknown> {
  const begin = BEGINNING + story.begin * day
  const { clock, customer } = await customerAt(stripe, begin)
  const made = await stripe.subscriptions.create({
    customer,
    items: [{ price: prices.low }, { price: prices.metered }],
    ...(story.trial > 0 ? { trial_period_days: story.trial } : {}),
  })
  const acts = [...story.acts].sort((left, right) => left.day - right.day)
  let today = 0
  const goTo = async (target: number) => {
    while (today < target) {
      today = Math.min(target, today + step)
      await advance(stripe, clock, begin + today * day)
    }
  }
  for (const act of acts) {
    await goTo(act.day)
    await perform(stripe, prices, made, customer, act, eventName).catch(refusalsAreFine)
  }
  await goTo(length)
  return seen(stripe, customer, begin)
}

// A life may ask for what a cancelled subscription refuses; both ways of living it are refused alike.
function refusalsAreFine(reason: unknown): void {
  if (!(reason instanceof Error) || !('statusCode' in reason) || Number(reason.statusCode) >= 500) throw reason
}

async function perform(
  stripe: Stripe,
  prices: World['prices'],
  made: Stripe.Subscription,
  customer: string,
  { kind }: Act,
  event_name: string,
): Promise<void> {
  const id = made.items.data[0]?.id ?? ''
  if (kind === 'upgrade') {
    await stripe.subscriptions.update(made.id, {
      items: [{ id, price: prices.high }],
      proration_behavior: 'always_invoice',
    })
  } else if (kind === 'downgrade') await stripe.subscriptions.update(made.id, { items: [{ id, price: prices.low }] })
  else if (kind === 'cancel') await stripe.subscriptions.update(made.id, { cancel_at_period_end: true })
  else if (kind === 'keep') await stripe.subscriptions.update(made.id, { cancel_at_period_end: false })
  else if (kind === 'pause') await stripe.subscriptions.update(made.id, { pause_collection: { behavior: 'void' } })
  else if (kind === 'go on') await stripe.subscriptions.update(made.id, { pause_collection: '' })
  else if (kind === 'use') {
    await stripe.billing.meterEvents.create({ event_name, payload: { stripe_customer_id: customer, value: '10' } })
  } else {
    const card = kind === 'bad card' ? 'pm_card_chargeCustomerFail' : 'pm_card_visa'
    const method = await stripe.paymentMethods.attach(card, { customer })
    await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } })
  }
}

/** Every event about the customer and the state at the end, with ids made anonymous and times counted from the start. */
async function seen(stripe: Stripe, customer: string, begin: number): Promise<unknown> {
  const all = await stripe.events
    .list({ limit: 100, created: { gte: begin, lte: begin + length * day } })
    .autoPagingToArray({ limit: 1000 })
  const events = all.filter((event) => JSON.stringify(event.data.object).includes(customer)).reverse()
  const invoices = await stripe.invoices.list({ customer, limit: 100 })
  const [subscription] = (await stripe.subscriptions.list({ customer, status: 'all' })).data
  return JSON.parse(
    anonymous({
      events: events.map(({ type, created, data }) => [type, created - begin, data]),
      invoices,
      subscription,
    }),
  )
}

function anonymous(value: unknown): string {
  const names = new Map<string, string>()
  const text = JSON.stringify(value, (key, entry) =>
    wallTimes.has(key) || (key === 'created' && Number(entry) < BEGINNING) ? 0 : entry,
  )
  return text.replace(
    /\b(?:[a-z]+_(?:test_)?1[0-9A-Za-z]{20,}(?:_secret_[0-9A-Za-z]+)?|[0-9A-Z]{8}(?=-\d{4}))/g,
    (id) => {
      const name = names.get(id) ?? `#${names.size}`
      names.set(id, name)
      return name
    },
  )
}
// Payments are stamped by the wall, and the account-wide values differ between two customers.
const wallTimes = new Set(['fingerprint', 'invoice_prefix', 'pending_webhooks', 'client_secret', 'test_clock'])

test('one jump of two months ends where sixty jumps of a day end: same state, same events', async () => {
  await fc.assert(
    fc.asyncProperty(life, async (story) => {
      const { sandbox, stripe } = await started()
      await raw(sandbox, 'POST', '/_sim/settings', 'test_clock_limits=off')
      const here = await world(stripe, story.interval, 'seconds')
      const jump = await lived(here, story, 'seconds', length)
      const steps = await lived(here, story, 'seconds', 1)
      expect(jump).toEqual(steps)
      await sandbox.stop()
    }),
    { numRuns: Number(process.env.LIVES ?? 10) },
  )
}, 300_000)
