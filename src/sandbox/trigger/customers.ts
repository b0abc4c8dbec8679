import type { Caller } from './caller.ts'
import { customerWith, product, type Recipes, subscribe } from './recipe.ts'

const customer = (at: Caller) => at.post('customers', { email: 'triggered@example.com' })
const coupon = (at: Caller) => at.post('coupons', { percent_off: 10, duration: 'forever' })

async function discounted(at: Caller) {
  const discounts = [{ coupon: (await coupon(at)).id }]
  return subscribe(at, await customerWith(at, 'pm_card_visa'), { discounts })
}

async function taxId(at: Caller) {
  const { id } = await customer(at)
  return { customer: id, taxId: await at.post(`customers/${id}/tax_ids`, { type: 'eu_vat', value: 'DE123456789' }) }
}

async function attached(at: Caller) {
  return at.post('payment_methods/pm_card_visa/attach', { customer: (await customer(at)).id })
}

async function entitled(at: Caller) {
  const made = await product(at)
  const feature = await at.post('entitlements/features', { name: 'Triggered', lookup_key: `triggered-${made.id}` })
  await at.post(`products/${made.id}/features`, { entitlement_feature: feature.id })
  const recurring = { interval: 'month' }
  const price = await at.post('prices', { currency: 'usd', unit_amount: 1500, recurring, product: made.id })
  const { id } = await customerWith(at, 'pm_card_visa')
  return at.post('subscriptions', { customer: id, items: [{ price: price.id }] })
}

async function sourced(at: Caller) {
  const { id } = await customer(at)
  return `customers/${id}/sources/${(await at.post(`customers/${id}/sources`, { source: 'tok_visa' })).id}`
}

export const customerRecipes: Recipes = {
  'customer.created': customer,
  'customer.deleted': async (at) => at.remove(`customers/${(await customer(at)).id}`),
  'customer.updated': async (at) => at.post(`customers/${(await customer(at)).id}`, { description: 'Triggered' }),
  'customer.discount.created': discounted,
  'customer.discount.deleted': async (at) => at.remove(`subscriptions/${(await discounted(at)).id}/discount`),
  'customer.discount.updated': async (at) => {
    const { id } = await at.post('customers', { coupon: (await coupon(at)).id })
    return at.post(`customers/${id}`, { coupon: (await coupon(at)).id })
  },
  'customer.source.created': sourced,
  'customer.source.deleted': async (at) => at.remove(await sourced(at)),
  'customer.source.updated': async (at) => at.post(await sourced(at), { metadata: { triggered: 'yes' } }),
  'customer.tax_id.created': taxId,
  'customer.tax_id.deleted': async (at) => {
    const made = await taxId(at)
    return at.remove(`customers/${made.customer}/tax_ids/${made.taxId.id}`)
  },
  'entitlements.active_entitlement_summary.updated': entitled,
  'payment_method.attached': attached,
  'payment_method.detached': async (at) => at.post(`payment_methods/${(await attached(at)).id}/detach`),
  'payment_method.updated': async (at) =>
    at.post(`payment_methods/${(await attached(at)).id}`, { metadata: { triggered: 'yes' } }),
}
