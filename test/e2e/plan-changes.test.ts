import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { Stripe } from 'stripe'
import { toInvoiceEntry } from '../../src/adapters/stripe/translate/invoice.ts'
import { addMonths, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/domain/period.ts'
import type { ChangeRequest } from '../../src/usecases/change-plan.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
import { openSandboxStage, type SandboxStage } from '../support/sandbox-ports.ts'
import { SEVERAL_PRICES } from '../support/several-prices.ts'

/** Changes of plan over time, with the real SDK at the simulator. */
let stage: SandboxStage
beforeEach(async () => {
  stage = await openSandboxStage(SEVERAL_PRICES)
  // A day that every month has, whatever day the test is run on.
  await goTo('2041-01-10T12:00:00Z')
})
afterEach(() => stage.close())

const whoever = { user: 'ann', person: { email: null, name: null }, key: null }
const undecided = { priceId: null, when: null, prorationDate: null, paymentMethodId: null, promotionCode: null }
const change = (planName: string, more: Partial<ChangeRequest> = {}) =>
  stage.billing.changePlan({ ...whoever, ...undecided, planName, ...more })
const status = () => stage.billing.subscriptionStatus('ann')

async function goTo(time: string): Promise<void> {
  await stage.advance(Math.ceil((Date.parse(time) - stage.ports.clock.now()) / 1_000))
}

async function subscribe(lookupKey: string): Promise<string> {
  const [planName = ''] = lookupKey.split('.')
  const wanted = { planName, priceId: stage.priceOf(lookupKey), paymentMethodId: 'pm_card_visa' }
  return (await stage.billing.subscribe({ ...whoever, ...wanted })).result.subscription_id
}

async function pass(id: string, milliseconds: number): Promise<void> {
  await stage.advance(Math.ceil(milliseconds / 1_000))
  await stage.observe('ann', id)
}

async function totals(subscription: string): Promise<readonly number[]> {
  const { data } = await stage.stripe.invoices.list({ subscription, limit: 100 })
  return data.map(({ total }) => total).toReversed()
}

describe('a change that was planned', () => {
  test('holds from the end of the period, costs the new price, and lets the subscription go', async () => {
    const id = await subscribe('pro_monthly')
    const { result } = await change('basic_monthly')
    await pass(id, Date.parse(result.current_period_end) - stage.ports.clock.now() + 2 * HOUR_MS)
    expect(await status()).toMatchObject({ plan_name: 'basic_monthly', pending_change: null })
    expect((await status()).current_period_start).toBe(result.current_period_end)
    expect(await totals(id)).toEqual([3_900, 900])
    await pass(id, 2 * DAY_MS)
    expect((await stage.stripe.subscriptions.retrieve(id)).schedule).toBeNull()
    await pass(id, 31 * DAY_MS)
    expect(await totals(id)).toEqual([3_900, 900, 900])
  })

  test('from yearly to monthly waits a year', async () => {
    const id = await subscribe('pro_monthly.usd.year')
    const { result } = await change('basic_monthly', { priceId: stage.priceOf('basic_monthly') })
    const end = Date.parse(result.current_period_end)
    expect(result.pending_change?.effective_at).toBe(result.current_period_end)
    await pass(id, 200 * DAY_MS)
    expect((await status()).plan_name).toBe('pro_monthly')
    await pass(id, end - stage.ports.clock.now() + 2 * HOUR_MS)
    expect((await status()).plan_name).toBe('basic_monthly')
    expect((await status()).current_period_end).toBe(new Date(addMonths(end, 1)).toISOString())
    expect(await totals(id)).toEqual([39_000, 900])
  })

  test('from monthly to yearly begins its year at the end of the month', async () => {
    const id = await subscribe('pro_monthly')
    const wanted = { priceId: stage.priceOf('pro_monthly.usd.year'), when: 'period_end' } as const
    const { result } = await change('pro_monthly', wanted)
    const end = Date.parse(result.current_period_end)
    await pass(id, end - stage.ports.clock.now() + 2 * HOUR_MS)
    const { current_period_start, current_period_end } = await status()
    expect([current_period_start, current_period_end]).toEqual([
      result.current_period_end,
      new Date(addMonths(end, 12)).toISOString(),
    ])
    expect(await totals(id)).toEqual([3_900, 39_000])
  })

  test('to charges by use begins them with the period', async () => {
    const id = await subscribe('pro_monthly')
    const { result } = await change('usage_based')
    await pass(id, Date.parse(result.current_period_end) - stage.ports.clock.now() + 2 * HOUR_MS)
    expect((await status()).plan_name).toBe('usage_based')
    const { items } = await stage.stripe.subscriptions.retrieve(id)
    expect(items.data.filter(({ price }) => price.recurring?.usage_type === 'metered')).toHaveLength(5)
  })
})

test('a change that nobody confirms lapses at Stripe, its invoice is void, and nothing is owed', async () => {
  const id = await subscribe('basic_monthly')
  const { result } = await change('pro_monthly', { paymentMethodId: 'pm_card_authenticationRequired' })
  expect(result.client_secret).toEqual(expect.any(String))
  await pass(id, 24 * HOUR_MS)
  expect(await status()).toMatchObject({ plan_name: 'basic_monthly', pending_change: null, status: 'active' })
  const { data } = await stage.stripe.invoices.list({ subscription: id, limit: 100 })
  expect(data.map((invoice) => invoice.status)).toEqual(['void', 'paid'])
})

test('a yearly plan gives its minutes by the month, from the 31st to the last of short months and back', async () => {
  await goTo('2041-01-31T12:00:00Z')
  const id = await subscribe('pro_monthly.usd.year')
  const resets: string[] = []
  for (let month = 0; month < 4; month++) {
    const { services } = await stage.billing.entitlements('ann')
    resets.push(String(services.voice_call.resets_at).slice(0, 10))
    expect(services.voice_call.remaining).toBe(500)
    await stage.billing.recordUsage({
      user: 'ann',
      service: 'voice_call',
      unit: 'minutes',
      amount: 500,
      resourceId: `call-${month}`,
      eventId: null,
      occurredAt: null,
      enforce: true,
      key: null,
    })
    await pass(id, Date.parse(String(services.voice_call.resets_at)) - stage.ports.clock.now() + HOUR_MS)
  }
  expect(resets).toEqual(['2041-02-28', '2041-03-31', '2041-04-30', '2041-05-31'])
})

test('a subscription that is paused goes on when its new period is paid, and not before', async () => {
  const id = await subscribe('pro_monthly')
  await stage.stripe.subscriptions.pause(id, { type: 'subscription' })
  await stage.observe('ann', id)
  expect((await status()).status).toBe('paused')
  const resume = (paymentMethodId: string | null) =>
    stage.billing.resumeSubscription({ ...whoever, paymentMethodId }).then(
      ({ result }) => result.status,
      (error: { code: string }) => error.code,
    )
  expect(await resume('pm_card_chargeCustomerFail')).toBe('card_declined')
  expect((await status()).status).toBe('paused')
  // The card on file has come back.
  expect(await resume(null)).toBe('active')
})

test('the history says what an upgrade was paid for, and not what was taken off', async () => {
  const subscription = await subscribe('basic_monthly')
  await change('pro_monthly')
  const [latest] = (await stage.stripe.invoices.list({ subscription })).data
  if (latest === undefined) throw new Error('There is no invoice.')
  expect(toInvoiceEntry(latest, 0).description).toStartWith('Remaining time on Pro Monthly')
})

test('a downgrade that an outage broke off after it had withdrawn the planned end is carried out, and the old price is not charged', async () => {
  const id = await subscribe('pro_monthly')
  await stage.billing.cancelSubscription({ ...whoever, atPeriodEnd: true, reason: null, feedback: null })
  const outage = { target: 'calls', effect: 'outage', path: '/v1/subscription_schedules', moment: 'before' }
  await fetch(`${stage.sandbox.url}/_sim/faults`, { method: 'POST', body: new URLSearchParams(outage) })
  expect(await change('basic_monthly').catch(({ code }) => code)).toBe('stripe_unavailable')
  await pass(id, 20 * MINUTE_MS)
  await fetch(`${stage.sandbox.url}/_sim/faults`, { method: 'DELETE' })
  await resumeWishes({ ...stage.ports, onFailure: (_user, error) => expect(error).toBeNull() })
  await pass(id, 32 * DAY_MS)
  expect(await totals(id)).toEqual([3_900, 900])
})

test('a card that was given with a change is the one that stays, also where the answer to the change was lost', async () => {
  const id = await subscribe('basic_monthly')
  const cardNow = async () => String((await stage.stripe.subscriptions.retrieve(id)).default_payment_method)
  const first = await cardNow()
  const { subscriptions } = stage.stripe
  const update = subscriptions.update.bind(subscriptions)
  let calls = 0
  const losing = ((...args: Parameters<typeof update>) =>
    update(...args).then((made) => {
      // The card is put on first; the answer of the change itself is what gets lost.
      if (++calls === 2) throw new Stripe.errors.StripeConnectionError({ message: 'lost' } as never)
      return made
    })) as typeof update
  Object.assign(subscriptions, { update: losing })
  const wanted = { paymentMethodId: 'pm_card_mastercard' }
  expect(await change('pro_monthly', wanted).catch(({ code }) => code)).toBe('stripe_unavailable')
  expect((await change('pro_monthly', wanted)).result.plan_name).toBe('pro_monthly')
  const second = await cardNow()
  expect(second).not.toBe(first)
  const declined = change('enterprise_monthly', { paymentMethodId: 'pm_card_chargeCustomerFail' })
  expect(await declined.catch(({ code }) => code)).toBe('card_declined')
  expect(await cardNow()).toBe(second)
})
