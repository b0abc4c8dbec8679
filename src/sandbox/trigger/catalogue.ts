import type { Caller } from './caller.ts'
import { monthlyPrice, product, type Recipes } from './recipe.ts'

const coupon = (at: Caller) => at.post('coupons', { percent_off: 25, duration: 'once' })
const plan = async (at: Caller) =>
  at.post('plans', { currency: 'usd', amount: 2000, interval: 'month', product: (await product(at)).id })
const promotionCode = async (at: Caller) =>
  at.post('promotion_codes', { promotion: { type: 'coupon', coupon: (await coupon(at)).id } })
const taxRate = (at: Caller) => at.post('tax_rates', { display_name: 'VAT', percentage: 19, inclusive: false })
const noted = { metadata: { triggered: 'yes' } }

export const catalogueRecipes: Recipes = {
  'coupon.created': coupon,
  'coupon.deleted': async (at) => at.remove(`coupons/${(await coupon(at)).id}`),
  'coupon.updated': async (at) => at.post(`coupons/${(await coupon(at)).id}`, noted),
  'plan.created': plan,
  'plan.deleted': async (at) => at.remove(`plans/${(await plan(at)).id}`),
  'plan.updated': async (at) => at.post(`plans/${(await plan(at)).id}`, noted),
  'price.created': (at) => monthlyPrice(at),
  'price.deleted': async (at) => at.remove(`plans/${(await plan(at)).id}`),
  'price.updated': async (at) => at.post(`prices/${(await monthlyPrice(at)).id}`, noted),
  'product.created': product,
  'product.deleted': async (at) => at.remove(`products/${(await product(at)).id}`),
  'product.updated': async (at) => at.post(`products/${(await product(at)).id}`, noted),
  'promotion_code.created': promotionCode,
  'promotion_code.updated': async (at) => at.post(`promotion_codes/${(await promotionCode(at)).id}`, noted),
  'tax_rate.created': taxRate,
  'tax_rate.updated': async (at) => at.post(`tax_rates/${(await taxRate(at)).id}`, noted),
}
