import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import type { Catalogue } from '../../src/domain/catalogue.ts'
import { BillingError } from '../../src/domain/errors.ts'
import { calendarMonth } from '../../src/domain/period.ts'
import type { Plan } from '../../src/domain/plan.ts'
import { perService } from '../../src/domain/quantity.ts'
import { type MemoryPorts, memoryPorts } from '../support/memory-ports.ts'
import { voiceMinutes } from '../support/requests.ts'

/** Pay As You Go in dollars, euros and dinars; Basic, which bills nothing by use, in dollars and euros. */
const CATALOGUE: Catalogue = {
  ...BUILT_IN_PLANS,
  plans: BUILT_IN_PLANS.plans.map((plan): Plan => {
    const [first] = plan.prices
    const inCurrency = (currency: string) => ({ ...first, currency, lookupKey: `${plan.name}_${currency}` })
    if (plan.name === 'basic_monthly') return { ...plan, prices: [first, inCurrency('eur')] }
    if (plan.name !== 'usage_based') return plan
    const services = perService((service) => ({ ...plan.services[service], currencyOptions: { eur: '4', kwd: '15' } }))
    return { ...plan, services, prices: [first, inCurrency('eur'), inCurrency('kwd')] }
  }),
}

let ports: MemoryPorts
let billing: Billing

beforeEach(() => {
  ports = memoryPorts(CATALOGUE)
  billing = createBilling(ports)
})

const ANN = { user: 'ann', person: { email: null, name: null }, key: null }

const subscribe = (planName: string, lookupKey = planName) =>
  billing.subscribe({
    ...ANN,
    planName,
    priceId: ports.priceIds().get(lookupKey) ?? null,
    paymentMethodId: 'pm_card_visa',
  })

const use = (eventId: string | null = null) => billing.recordUsage(voiceMinutes(10, { eventId }))

const cancel = () => billing.cancelSubscription({ ...ANN, atPeriodEnd: false, reason: null, feedback: null })
const summary = (period: string) => billing.usageSummary({ user: 'ann', period, byDay: true })
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error) => (error instanceof BillingError ? error.fields : error),
  )

describe('a spending limit', () => {
  const spending = async () => (await billing.subscriptionStatus('ann')).spending
  const may = () => billing.checkService({ user: 'ann', service: 'voice_call', amount: 10 })

  test('holds in the currency in which it was set, and is set aside while another one is paid in', async () => {
    await subscribe('usage_based')
    await billing.setSpendingLimit('ann', 30)
    expect(await may()).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
    await cancel()
    await subscribe('usage_based', 'usage_based_eur')
    const aside = { amount: 30, currency: 'usd' }
    expect(await spending()).toEqual({ limit: null, spent: 0, currency: 'eur', set_aside: aside })
    expect(await may()).toMatchObject({ allowed: true })
    expect(await billing.setSpendingLimit('ann', 35)).toMatchObject({ limit: 35, own_limit: 35, set_aside: null })
    expect(await may()).toMatchObject({ allowed: false, reason: 'spending_limit_reached' })
  })

  test('holds again when its currency is paid in again', async () => {
    await billing.setSpendingLimit('ann', 30)
    await subscribe('usage_based', 'usage_based_eur')
    expect(await spending()).toMatchObject({ limit: null })
    await cancel()
    await subscribe('usage_based')
    expect(await spending()).toEqual({ limit: 30, spent: 0, currency: 'usd', set_aside: null })
  })

  test('of the operator is of its currency, too', async () => {
    await subscribe('usage_based')
    await billing.setUsersSpendingLimit({ user: 'ann', operator: 'operator:olga', amount: 30, reason: 'New' })
    expect(await spending()).toMatchObject({ limit: 30 })
    await cancel()
    await subscribe('usage_based', 'usage_based_kwd')
    expect(await spending()).toMatchObject({ limit: null, currency: 'kwd' })
  })
})

describe('money of several currencies', () => {
  test('is what the subscription is paid in: of a record, of the status, of the summary and of the limit', async () => {
    await subscribe('usage_based', 'usage_based_eur')
    expect((await use()).result).toMatchObject({ cost: 40, currency: 'eur' })
    const status = await billing.subscriptionStatus('ann')
    expect(status).toMatchObject({ currency: 'eur', spending: { spent: 40, currency: 'eur' } })
    expect(status.current_usage.voice_call).toMatchObject({ cost: 40, billable_cost: 40 })
    expect(await summary('current')).toMatchObject({ total_cost: 40, billable_total: 40, currency: 'eur' })
    const filter = { service: null, resourceId: null, from: null, to: null }
    const { usage_records } = await billing.usageRecords({ user: 'ann', ...filter, limit: 10, cursor: null })
    expect(usage_records).toMatchObject([{ cost: 40, billable_cost: 40, currency: 'eur' }])
  })

  test('is the catalogue’s without a subscription', async () => {
    expect((await use()).result).toMatchObject({ cost: 50, currency: 'usd' })
    expect(await billing.subscriptionStatus('ann')).toMatchObject({ currency: 'usd' })
    expect(await summary('current')).toMatchObject({ total_cost: 50, currency: 'usd', other_currencies: [] })
  })

  test('a use that is recorded again keeps the currency that it was recorded in', async () => {
    await use('call_1')
    await subscribe('usage_based', 'usage_based_eur')
    expect((await use('call_1')).result).toMatchObject({ cost: 50, currency: 'usd' })
  })

  test('is never added up: the month is told in the currency of today, the others apart', async () => {
    await use()
    await subscribe('usage_based', 'usage_based_eur')
    await use()
    const month = calendarMonth(ports.clock.now())
    const told = await summary(month)
    expect(told).toMatchObject({
      currency: 'eur',
      total_cost: 40,
      billable_total: 40,
      other_currencies: [{ currency: 'usd', total_cost: 50, billable_total: 0 }],
    })
    expect(told.services.voice_call).toMatchObject({ amount: 20, cost: 40 })
    expect(told.days?.[0]?.services.voice_call).toMatchObject({ amount: 20, cost: 40 })
    await cancel()
    expect(await summary(month)).toMatchObject({
      currency: 'usd',
      total_cost: 50,
      other_currencies: [{ currency: 'eur', total_cost: 40, billable_total: 40 }],
    })
  })

  test('a month that was all in one currency is told in it, whatever is paid today', async () => {
    await subscribe('usage_based', 'usage_based_eur')
    await use()
    await cancel()
    expect(await summary(calendarMonth(ports.clock.now()))).toMatchObject({
      currency: 'eur',
      total_cost: 40,
      other_currencies: [],
    })
  })

  test('what is not sold in a currency costs nothing there', async () => {
    await subscribe('basic_monthly', 'basic_monthly_eur')
    expect((await use()).result).toMatchObject({ cost: 0, currency: 'eur' })
  })

  test('the plans show the rates of all their currencies', () => {
    const plan = billing.listPlans().find(({ plan_name }) => plan_name === 'usage_based')
    expect(plan?.rates.voice_call).toMatchObject({
      unit_amount_decimal: '5',
      currency: 'usd',
      currency_options: { eur: { unit_amount_decimal: '4' }, kwd: { unit_amount_decimal: '15' } },
    })
  })
})

describe('amounts of three decimals', () => {
  const WHY = 'must be a multiple of 10, which is as fine as KWD can be charged: 1000 (1.000 KWD) or 1010 (1.010 KWD)'

  test('are refused where they cannot be charged: payments, refunds and limits', async () => {
    await subscribe('usage_based', 'usage_based_kwd')
    const payment = { ...ANN, pack: null, description: null, paymentMethodId: 'pm_card_visa', metadata: {} }
    const refused = await problemOf(billing.createPaymentIntent({ ...payment, amount: 1_005, currency: 'kwd' }))
    expect(refused).toMatchObject([{ path: '/amount', message: WHY }])
    expect(await problemOf(billing.setSpendingLimit('ann', 1_005))).toMatchObject([{ message: WHY }])
    const { result } = await billing.createPaymentIntent({ ...payment, amount: 2_000, currency: 'kwd' })
    const refund = { operator: 'operator:o', reason: null, takeBack: null, note: null, user: 'ann', key: null }
    const back = billing.refundPayment({ ...refund, paymentId: result.payment_intent_id, amount: 1_005 })
    expect(await problemOf(back)).toMatchObject([{ message: WHY }])
    expect(await problemOf(billing.setSpendingLimit('ann', 1_010))).toBe('none')
  })
})
