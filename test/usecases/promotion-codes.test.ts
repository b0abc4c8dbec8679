import { beforeEach, describe, expect, test } from 'bun:test'
import { type Billing, createBilling } from '../../src/billing.ts'
import { addMonths } from '../../src/domain/period.ts'
import type { PromotionCode } from '../../src/domain/promotion-code.ts'
import type { SubscribeRequest } from '../../src/usecases/subscribe.ts'
import { type MemoryPorts, memoryPorts, TEST_START } from '../support/memory-ports.ts'
import { refusalOf } from '../support/refusal.ts'
import { SELLING_CATALOGUE } from '../support/selling-catalogue.ts'

let ports: MemoryPorts
let billing: Billing
beforeEach(() => {
  ports = memoryPorts(SELLING_CATALOGUE)
  billing = createBilling(ports)
})

const TEN: PromotionCode = {
  id: 'promo_ten',
  code: 'TEN',
  isActive: true,
  expiresAt: null,
  isUsedUp: false,
  customerId: null,
  firstTimeOnly: false,
  minimum: null,
  terms: { percentOff: 12.5, amountOff: null, currency: null, duration: 'repeating', durationInMonths: 3 },
  coversPrice: true,
  customerHasPaid: false,
}
const sell = (changes: Partial<PromotionCode> = {}) =>
  void ports.stripe.promotionCodes.set('ten', { ...TEN, ...changes })
const off = (amountOff: number, currency = 'usd') => ({ ...TEN.terms, percentOff: null, amountOff, currency })

const wanted: SubscribeRequest = {
  user: 'ann',
  person: { email: null, name: null },
  key: null,
  planName: 'pro_monthly',
  priceId: null,
  paymentMethodId: 'pm_card_visa',
}
const subscribe = (changes: Partial<SubscribeRequest> = {}) => billing.subscribe({ ...wanted, ...changes })
const validate = (planName: string | null = 'pro_monthly', code = 'ten') =>
  billing.validatePromotionCode({ user: 'ann', code, planName, priceId: null })
const apply = (code = 'TEN') => billing.applyPromotionCode({ user: 'ann', person: wanted.person, key: null, code })

describe('a promotion code', () => {
  test('is valued before it is used, to the cent', async () => {
    sell()
    expect(await validate()).toEqual({
      valid: true,
      code: 'TEN',
      percent_off: 12.5,
      amount_off: null,
      currency: 'usd',
      duration: 'repeating',
      duration_in_months: 3,
      amount: 3900,
      // 12.5 % of 3900 are 487.5, and half a cent goes up.
      first_discounted_amount: 3412,
      reason: null,
      detail: null,
    })
    sell({ terms: off(5_000) })
    expect(await validate()).toMatchObject({ valid: true, amount_off: 5_000, first_discounted_amount: 0 })
  })

  test('without a plan is for the subscription that there is, or for none', async () => {
    sell()
    expect(await validate(null)).toMatchObject({ valid: true, amount: null, first_discounted_amount: null })
    await subscribe({ planName: 'basic_monthly' })
    expect(await validate(null)).toMatchObject({ amount: 900 })
  })

  test.each([
    ['expired', { expiresAt: TEST_START }],
    ['used_up', { isUsedUp: true, isActive: false }],
    ['inactive', { isActive: false }],
    ['other_customer', { customerId: 'cus_bob' }],
    ['first_time_only', { firstTimeOnly: true, customerHasPaid: true }],
    ['wrong_currency', { terms: off(100, 'eur') }],
    ['wrong_currency', { minimum: { amount: 1, currency: 'eur' } }],
    ['minimum_amount', { minimum: { amount: 3901, currency: 'usd' } }],
    ['other_plan', { coversPrice: false }],
  ] as const)('that is %s cannot be used, and nothing is made at Stripe', async (reason, changes) => {
    sell(changes)
    expect(await validate()).toMatchObject({ valid: false, reason, first_discounted_amount: null })
    const error = await refusalOf(subscribe({ promotionCode: 'TEN' }))
    expect(error).toMatchObject({ code: 'promotion_code_invalid', fields: [{ path: '/promotion_code' }] })
    expect(ports.stripe.customers.size).toBe(0)
  })

  test('that nobody made cannot be used', async () => {
    expect(await validate()).toMatchObject({ valid: false, code: 'ten', reason: 'not_found', percent_off: null })
    expect(await refusalOf(subscribe({ promotionCode: 'TEN' }))).toMatchObject({ code: 'promotion_code_invalid' })
  })
})

describe('a discount', () => {
  const shown = {
    code: 'TEN',
    percent_off: 12.5,
    amount_off: null,
    currency: 'usd',
    saves: 488,
    ends_at: new Date(addMonths(TEST_START, 3)).toISOString(),
  }

  test('comes with the subscription and is shown with its status', async () => {
    sell()
    expect((await subscribe({ promotionCode: 'ten' })).result.status).toBe('active')
    expect((await billing.subscriptionStatus('ann')).discount).toEqual(shown)
  })

  test('is put on a running subscription', async () => {
    sell()
    await subscribe()
    expect((await billing.subscriptionStatus('ann')).discount).toBeNull()
    expect((await apply()).result).toMatchObject({ plan_name: 'pro_monthly', status: 'active', discount: shown })
    expect((await billing.subscriptionStatus('ann')).discount).toEqual(shown)
  })

  test('that is on it already stays, though it could not be redeemed again', async () => {
    sell()
    await subscribe({ promotionCode: 'TEN' })
    sell({ isUsedUp: true })
    expect((await apply('ten')).result.discount).toEqual(shown)
  })

  test('for once ends with the period', async () => {
    sell({ terms: { ...TEN.terms, duration: 'once', durationInMonths: null } })
    await subscribe({ promotionCode: 'TEN' })
    const { discount, current_period_end } = await billing.subscriptionStatus('ann')
    expect(discount?.ends_at).toBe(current_period_end)
  })

  test('needs a subscription, and a code that can be used', async () => {
    sell()
    expect(await refusalOf(apply())).toMatchObject({ code: 'no_subscription' })
    await subscribe()
    const unknown = { code: 'promotion_code_invalid', fields: [{ path: '/code' }] }
    expect(await refusalOf(apply('NOSUCH'))).toMatchObject(unknown)
    // Withdrawn between our look and Stripe's.
    ports.stripe.failLater(1, 'before')
    expect(await refusalOf(apply())).toMatchObject({ code: 'stripe_unavailable' })
    expect((await apply()).result.discount).toEqual(shown)
  })
})
