import { expect, test } from 'bun:test'
import { BUILT_IN_PLANS } from '../../src/config/built-in-plans.ts'
import { cataloguePrices, planOfPrice } from '../../src/domain/catalogue.ts'
import { pastPricesAmong, presentPrices, withPastPrices } from '../../src/domain/past-prices.ts'

const first = new Map(cataloguePrices(BUILT_IN_PLANS).map(({ lookupKey }) => [lookupKey, `price_${lookupKey}_1`]))
const later = (key: string, id: string) => new Map([...first, [key, id]])
const planAt = (known: ReadonlyMap<string, string>, id: string) => planOfPrice(BUILT_IN_PLANS, known, id)?.name ?? null

test('a price that is replaced stays known as one of its plan, however often it happens', () => {
  const second = withPastPrices(BUILT_IN_PLANS, first, later('pro_monthly', 'price_2'))
  const third = withPastPrices(BUILT_IN_PLANS, second, later('pro_monthly', 'price_3'))
  for (const id of ['price_pro_monthly_1', 'price_2', 'price_3']) expect(planAt(third, id)).toBe('pro_monthly')
  expect(third.get('pro_monthly')).toBe('price_3')
  expect(presentPrices(third)).toBe(first.size)
})

test('a price that another plan took over is that plan’s', () => {
  const moved = withPastPrices(BUILT_IN_PLANS, first, later('basic_monthly', 'price_pro_monthly_1'))
  expect(planAt(moved, 'price_pro_monthly_1')).toBe('basic_monthly')
})

test('a price that is only missing at the moment is no past one', () => {
  const found = new Map([...first].filter(([key]) => key !== 'pro_monthly'))
  expect(planAt(withPastPrices(BUILT_IN_PLANS, first, found), 'price_pro_monthly_1')).toBeNull()
})

test('a price at Stripe is of the plan that it names, else of the one whose product it is', () => {
  const owners = new Map([
    ['prod_one', new Set(['pro_monthly'])],
    ['prod_two', new Set(['basic_monthly', 'pro_monthly'])],
  ])
  const others = [
    { id: 'price_named', productId: 'prod_two', planName: 'basic_monthly' },
    { id: 'price_owned', productId: 'prod_one', planName: null },
    { id: 'price_shared', productId: 'prod_two', planName: null },
    { id: 'price_strange', productId: 'prod_one', planName: 'somebody_elses' },
  ]
  const past = pastPricesAmong(BUILT_IN_PLANS, others, owners)
  expect(others.map(({ id }) => planAt(past, id))).toEqual(['basic_monthly', 'pro_monthly', null, null])
})
