import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { observe } from '../../src/domain/observation.ts'
import { addMonths, DAY_MS, HOUR_MS, isoTime, MINUTE_MS } from '../../src/domain/period.ts'
import type { ObservedSubscription } from '../../src/domain/subscription.ts'
import type { ChangeRequest } from '../../src/usecases/change-plan.ts'
import { resumeWishes } from '../../src/usecases/resume-wishes.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { SEVERAL_PRICES } from '../support/several-prices.ts'

let ports: MemoryPorts
let billing: Billing

beforeEach(() => {
  ports = memoryPorts(SEVERAL_PRICES)
  billing = createBilling(ports)
})

const whoever = { user: 'ann', person: { email: null, name: null }, key: null }
const key = { caller: 'user:ann', key: 'k1' }
const subscribe = (planName: string, paymentMethodId: string | null = 'pm_card_visa', priceId: string | null = null) =>
  billing.subscribe({ ...whoever, planName, priceId, paymentMethodId })
const undecided = { priceId: null, when: null, prorationDate: null, paymentMethodId: null, promotionCode: null }
const change = (planName: string, more: Partial<ChangeRequest> = {}) =>
  billing.changePlan({ ...whoever, ...undecided, planName, ...more })
const preview = (planName: string, more: Partial<ChangeRequest> = {}) =>
  billing.previewPlanChange({ user: 'ann', ...undecided, planName, ...more })
const resume = () => billing.resumeSubscription({ ...whoever, paymentMethodId: null })
const cancel = (atPeriodEnd = true) =>
  billing.cancelSubscription({ ...whoever, atPeriodEnd, reason: null, feedback: null })
const status = () => billing.subscriptionStatus('ann')
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    (error: { code: string }) => error.code,
  )
const use = (amount: number, resourceId: string, occurredAt: number | null = null) =>
  billing.recordUsage({
    user: 'ann',
    service: 'voice_call',
    unit: 'minutes',
    amount,
    resourceId,
    eventId: null,
    occurredAt,
    enforce: false,
    key: null,
  })

/** What Stripe shows differently from now on, told by a webhook. */
async function atStripe(changes: Partial<ObservedSubscription>): Promise<void> {
  const [subscription] = [...ports.stripe.subscriptions.values()].slice(-1)
  if (subscription === undefined) throw new Error('There is none.')
  ports.stripe.subscriptions.set(subscription.id, { ...subscription, ...changes })
  await look(subscription.id)
}

async function look(id: string): Promise<void> {
  const subscription = ports.stripe.subscriptions.get(id)
  if (subscription === undefined) throw new Error('There is none.')
  const knowledge = { catalogue: ports.catalogue, priceIds: ports.priceIds(), at: ports.clock.now() }
  await ports.ledger.change('ann', {}, (account) => ({
    changes: observe(account, { type: 'subscription', subscription }, knowledge),
    result: undefined,
  }))
}

describe('a change of plan', () => {
  test('to more takes effect at once, and the allowance is the new one', async () => {
    await subscribe('basic_monthly')
    await use(30, 'call-1')
    expect(await change('pro_monthly')).toMatchObject({
      status: 200,
      result: { plan_name: 'pro_monthly', price_id: 'price_pro_monthly', client_secret: null, pending_change: null },
    })
    const { plan_name, current_usage } = await status()
    expect([plan_name, current_usage.voice_call.included, current_usage.voice_call.remaining]).toEqual([
      'pro_monthly',
      500,
      470,
    ])
  })

  test('to less takes effect when the paid period is over, and can be undone', async () => {
    await subscribe('pro_monthly')
    const end = addMonths(TEST_START, 1)
    const pending_change = {
      plan_name: 'basic_monthly',
      price_id: 'price_basic_monthly',
      effective_at: isoTime(end),
      expires_at: null,
    }
    expect((await change('basic_monthly')).result).toMatchObject({ plan_name: 'pro_monthly', pending_change })
    expect(await status()).toMatchObject({ plan_name: 'pro_monthly', pending_change })
    expect(await refusal(change('basic_monthly'))).toBe('plan_unchanged')
    expect((await resume()).result.pending_change).toBeNull()
    expect((await status()).pending_change).toBeNull()
    expect(await refusal(resume())).toBe('nothing_to_resume')
  })

  test('and back and there again within one second is even, and gives no allowance twice', async () => {
    await subscribe('basic_monthly')
    await use(90, 'call-1')
    await change('pro_monthly')
    await use(200, 'call-2')
    await change('basic_monthly', { when: 'now' })
    expect((await status()).current_usage.voice_call).toMatchObject({ amount: 290, included: 100, remaining: 0 })
    await change('pro_monthly')
    expect((await status()).current_usage.voice_call).toMatchObject({ amount: 290, included: 500, remaining: 210 })
    expect(ports.stripe.invoiced).toEqual([3_000, -3_000, 3_000])
  })

  test('twice on a day keeps what is used, and each record the terms under which it was recorded', async () => {
    await subscribe('basic_monthly')
    await use(120, 'call-1')
    ports.advance(6 * HOUR_MS)
    await change('pro_monthly')
    ports.advance(6 * HOUR_MS)
    await change('enterprise_monthly')
    await use(1_000, 'call-2')
    const usage = (await status()).current_usage.voice_call
    expect(usage).toMatchObject({ amount: 1_120, included: null, remaining: null, overage: 20 })
  })

  test('leaves what was used before and is told later under the plan of then', async () => {
    await subscribe('pro_monthly')
    ports.advance(3 * DAY_MS)
    await change('usage_based', { when: 'now' })
    ports.advance(DAY_MS)
    await use(60, 'late', TEST_START + DAY_MS)
    expect((await status()).current_usage.voice_call.billable_cost).toBe(0)
    await use(10, 'now')
    expect((await status()).current_usage.voice_call.billable_cost).toBe(50)
  })

  test('at the turn of the period holds from there, however late it is seen', async () => {
    await subscribe('pro_monthly')
    const end = addMonths(TEST_START, 1)
    await change('basic_monthly')
    ports.advance(end - TEST_START + DAY_MS)
    await atStripe({
      priceId: 'price_basic_monthly',
      price: { amount: 900, currency: 'usd', interval: 'month' },
      pendingChange: null,
      currentPeriodStart: end,
      currentPeriodEnd: addMonths(TEST_START, 2),
    })
    const [subscription] = (await ports.ledger.account('ann', {})).subscriptions
    expect(subscription?.pastTerms).toEqual([{ until: end, planName: 'pro_monthly', anchor: TEST_START }])
    expect((await use(300, 'before', end - 1)).result.limit_reached).toBe(false)
    expect((await use(300, 'after', end)).result).toMatchObject({ overage: 200, limit_reached: true })
  })

  test('declined leaves the old plan, and is the answer for good under its key', async () => {
    await subscribe('basic_monthly')
    const card = 'pm_card_chargeCustomerFail'
    expect(await refusal(change('pro_monthly', { paymentMethodId: card, key }))).toBe('card_declined')
    expect(await refusal(change('pro_monthly', { paymentMethodId: card, key }))).toBe('card_declined')
    expect(await status()).toMatchObject({ plan_name: 'basic_monthly', pending_change: null, status: 'active' })
    expect(ports.stripe.invoiced).toEqual([])
  })

  test('that must be confirmed waits with a client secret, which is fetched anew on a replay', async () => {
    await subscribe('basic_monthly')
    const card = 'pm_card_authenticationRequired'
    const first = await change('pro_monthly', { paymentMethodId: card, key })
    expect(first.result).toMatchObject({ plan_name: 'basic_monthly', client_secret: 'sub_2_secret' })
    expect(await change('pro_monthly', { paymentMethodId: card, key })).toEqual({ ...first, replayed: true })
    expect((await status()).pending_change).toMatchObject({ plan_name: 'pro_monthly', effective_at: null })
    ports.stripe.confirm('sub_2')
    await look('sub_2')
    expect(await status()).toMatchObject({ plan_name: 'pro_monthly', pending_change: null })
  })

  test('that nobody confirms lapses, and nothing is owed', async () => {
    await subscribe('basic_monthly')
    await change('pro_monthly', { paymentMethodId: 'pm_card_authenticationRequired' })
    ports.advance(23 * HOUR_MS)
    expect(await status()).toMatchObject({ plan_name: 'basic_monthly', pending_change: null })
    expect(ports.stripe.invoiced).toEqual([])
    expect((await change('pro_monthly')).result).toMatchObject({ plan_name: 'pro_monthly' })
  })

  test('withdraws a planned end', async () => {
    await subscribe('basic_monthly')
    await cancel()
    expect((await change('pro_monthly')).result).toMatchObject({ plan_name: 'pro_monthly', cancel_at: null })
  })

  test('is refused while an invoice is unpaid, and while it is paused', async () => {
    await subscribe('basic_monthly')
    await atStripe({ status: 'past_due' })
    expect(await refusal(change('pro_monthly'))).toBe('payment_overdue')
    expect(await refusal(preview('pro_monthly'))).toBe('payment_overdue')
    await atStripe({ status: 'paused' })
    expect(await refusal(change('pro_monthly'))).toBe('payment_overdue')
    await atStripe({ status: 'active', collectionPause: 'void' })
    expect(await refusal(change('pro_monthly'))).toBe('payment_overdue')
  })

  test('during a trial takes effect at once, keeps the trial, and costs nothing', async () => {
    await subscribe('basic_monthly')
    const trialEnd = TEST_START + 7 * DAY_MS
    await atStripe({ status: 'trialing', trialEnd, anchor: trialEnd, currentPeriodEnd: trialEnd })
    expect(await preview('enterprise_monthly')).toMatchObject({ when: 'now', amount_due_now: 0, lines: [] })
    expect((await change('enterprise_monthly')).result).toMatchObject({
      plan_name: 'enterprise_monthly',
      status: 'trialing',
      trial_end: isoTime(trialEnd),
    })
    expect((await change('basic_monthly')).result.plan_name).toBe('basic_monthly')
    expect(await refusal(change('pro_monthly', { when: 'period_end' }))).toBe('validation_failed')
  })

  test('before the first payment replaces what waits for it', async () => {
    await subscribe('basic_monthly', null)
    const { status: code, result } = await change('pro_monthly', { paymentMethodId: 'pm_card_visa', key })
    expect([code, result.plan_name, result.status, result.pending_change]).toEqual([200, 'pro_monthly', 'active', null])
    expect((await change('pro_monthly', { paymentMethodId: 'pm_card_visa', key })).replayed).toBe(true)
    const live = [...ports.stripe.subscriptions.values()].filter((subscription) => subscription.status === 'active')
    expect(live).toHaveLength(1)
  })

  test('without a subscription, to the same plan, or to a plan that is not there is refused', async () => {
    expect(await refusal(change('pro_monthly'))).toBe('no_subscription')
    await subscribe('basic_monthly')
    expect(await refusal(change('basic_monthly'))).toBe('plan_unchanged')
    expect(await refusal(change('gold'))).toBe('validation_failed')
    expect(await refusal(change('pro_monthly', { priceId: 'price_basic_monthly' }))).toBe('price_mismatch')
    await cancel(false)
    expect(await refusal(change('pro_monthly'))).toBe('no_subscription')
    expect(await refusal(resume())).toBe('no_subscription')
  })

  test('that would charge a card which is not there is refused', async () => {
    await subscribe('usage_based', null)
    expect(await refusal(change('pro_monthly'))).toBe('payment_method_required')
    expect((await preview('pro_monthly')).amount_due_now).toBe(3_900)
    expect((await change('pro_monthly', { paymentMethodId: 'pm_card_visa' })).result.plan_name).toBe('pro_monthly')
  })

  test('never changes the currency', async () => {
    await subscribe('pro_monthly', 'pm_card_visa', 'price_pro_monthly.jpy.month')
    expect(await refusal(change('basic_monthly'))).toBe('price_mismatch')
    expect(await refusal(change('pro_monthly', { priceId: 'price_pro_monthly' }))).toBe('price_mismatch')
  })

  test('another subscription that ended in the portal in the meantime is told', async () => {
    await subscribe('basic_monthly')
    const [subscription] = ports.stripe.subscriptions.values()
    if (subscription)
      ports.stripe.subscriptions.set(subscription.id, { ...subscription, status: 'canceled', endedAt: 1 })
    expect(await refusal(change('pro_monthly'))).toBe('no_subscription')
    expect((await status()).has_subscription).toBe(false)
  })
})

describe('monthly and yearly prices', () => {
  const YEARLY = 'price_pro_monthly.usd.year'

  test('to yearly a new period begins now, and the allowance with it, by the month', async () => {
    await subscribe('pro_monthly')
    await use(400, 'call-1')
    ports.advance(10 * DAY_MS)
    const changed = TEST_START + 10 * DAY_MS
    expect(await preview('pro_monthly', { priceId: YEARLY })).toMatchObject({
      when: 'now',
      next_invoice: { amount: 39_000, date: isoTime(addMonths(changed, 12)) },
    })
    expect((await change('pro_monthly', { priceId: YEARLY })).result).toMatchObject({
      current_period_start: isoTime(changed),
      current_period_end: isoTime(addMonths(changed, 12)),
    })
    expect((await status()).current_usage.voice_call).toMatchObject({ amount: 0, remaining: 500 })
    await use(400, 'call-2')
    ports.advance(40 * DAY_MS)
    expect((await status()).current_usage.voice_call).toMatchObject({ amount: 0, remaining: 500 })
  })

  test('to monthly it waits until the year is over', async () => {
    await subscribe('pro_monthly', 'pm_card_visa', YEARLY)
    const wanted = { priceId: 'price_pro_monthly' }
    expect(await refusal(change('pro_monthly', { ...wanted, when: 'now' }))).toBe('validation_failed')
    expect((await change('pro_monthly', wanted)).result.pending_change).toMatchObject({
      effective_at: isoTime(addMonths(TEST_START, 12)),
    })
  })

  test('without a choice the interval stays', async () => {
    await subscribe('basic_monthly', 'pm_card_visa', 'price_basic_monthly.usd.year')
    expect((await change('pro_monthly')).result.price_id).toBe(YEARLY)
  })

  test('a year of less begins when the month is over, a year of the same plan now', async () => {
    await subscribe('pro_monthly')
    expect((await preview('basic_monthly', { priceId: 'price_basic_monthly.usd.year' })).when).toBe('period_end')
    expect((await preview('pro_monthly', { priceId: YEARLY })).when).toBe('now')
  })
})

describe('a preview', () => {
  test('is what the change costs when its date is sent on', async () => {
    await subscribe('basic_monthly')
    ports.advance(10 * DAY_MS)
    const quoted = await preview('pro_monthly')
    ports.advance(14 * MINUTE_MS)
    await change('pro_monthly', { prorationDate: Date.parse(quoted.proration_date ?? '') })
    expect(ports.stripe.invoiced).toEqual([quoted.total])
    expect(quoted.amount_due_now).toBe(2_000)
  })

  test('is out of date after a quarter of an hour, a change or a turn of the period', async () => {
    await subscribe('basic_monthly')
    ports.advance(DAY_MS)
    const quotedAt = ports.clock.now()
    ports.advance(16 * MINUTE_MS)
    expect(await refusal(change('pro_monthly', { prorationDate: quotedAt }))).toBe('validation_failed')
    expect(await refusal(change('pro_monthly', { prorationDate: TEST_START - 1_000 }))).toBe('validation_failed')
    const fresh = ports.clock.now()
    ports.advance(MINUTE_MS)
    await change('pro_monthly')
    expect(await refusal(change('enterprise_monthly', { prorationDate: fresh }))).toBe('validation_failed')
  })
})

describe('several at once', () => {
  test('eight clicks under one key are one change', async () => {
    await subscribe('basic_monthly')
    const clicks = await Promise.all(Array.from({ length: 8 }, () => change('pro_monthly', { key })))
    expect(clicks.filter(({ replayed }) => replayed)).toHaveLength(7)
    expect(ports.stripe.invoiced).toHaveLength(1)
  })

  test('two changes of two tabs are made one after the other, and both are paid for', async () => {
    await subscribe('basic_monthly')
    await Promise.all([change('pro_monthly'), change('enterprise_monthly')])
    expect((await status()).plan_name).toBe('enterprise_monthly')
    expect(ports.stripe.invoiced.reduce((sum, total) => sum + total)).toBe(29_000)
  })

  test.each(['before', 'after'] as const)(
    'an outage %s its effect ends in one change when it is taken up again',
    async (when) => {
      await subscribe('basic_monthly')
      ports.stripe.failNext(when)
      expect(await refusal(change('pro_monthly'))).toBe('stripe_unavailable')
      await resumeWishes({
        ...ports,
        onFailure: (_user, error) => {
          throw error
        },
      })
      expect((await status()).plan_name).toBe('pro_monthly')
      expect(ports.stripe.invoiced).toEqual([3_000])
    },
  )

  test('that was paid before an outage is not dropped after it, however long it was', async () => {
    await subscribe('basic_monthly')
    ports.stripe.failNext('after')
    expect(await refusal(change('pro_monthly', { key }))).toBe('stripe_unavailable')
    ports.advance(HOUR_MS)
    await resumeWishes({
      ...ports,
      onFailure: (_user, error) => {
        throw error
      },
    })
    expect((await status()).plan_name).toBe('pro_monthly')
    expect(await change('pro_monthly', { key })).toMatchObject({ replayed: true, result: { plan_name: 'pro_monthly' } })
    expect(ports.stripe.invoiced).toEqual([3_000])
  })

  test('withdrawing is finished after an outage as well', async () => {
    await subscribe('pro_monthly')
    await cancel()
    ports.stripe.failNext('after')
    expect(await refusal(resume())).toBe('stripe_unavailable')
    expect((await resume()).result.cancel_at).toBeNull()
  })
})

describe('a plan that was set at Stripe by hand', () => {
  test('is taken over when it is one of ours, and explained when it is not', async () => {
    await subscribe('basic_monthly')
    const price = { amount: 3_900, currency: 'usd', interval: 'month' } as const
    await atStripe({ priceId: 'price_pro_monthly', price })
    expect(await status()).toMatchObject({ plan_name: 'pro_monthly', plan_note: null })
    await atStripe({ priceId: 'price_by_hand', price: { ...price, amount: 100 } })
    const odd = await status()
    expect([odd.plan_name, odd.price_id, odd.plan_note]).toEqual([
      null,
      'price_by_hand',
      'Its price was set at Stripe by hand and belongs to no plan of the catalogue, so that no plan holds.',
    ])
    expect((await change('pro_monthly')).result.plan_name).toBe('pro_monthly')
  })

  test('keeps its plan when its price is no longer sold', async () => {
    await subscribe('pro_monthly')
    const billingLater = createBilling({ ...ports, priceIds: () => new Map([['pro_monthly', 'price_new']]) })
    expect(await billingLater.subscriptionStatus('ann')).toMatchObject({
      plan_name: 'pro_monthly',
      plan_note: 'Its price is not on sale any more. The plan holds for it until it is changed.',
    })
  })
})

test('a paused subscription goes on', async () => {
  await subscribe('pro_monthly')
  await atStripe({ status: 'paused' })
  expect((await resume()).result.status).toBe('active')
})
