import type { DriftWorld } from './drift-world.ts'

type Deed = (world: DriftWorld, customer: string) => Promise<unknown>

const SUBSCRIBED = { status: 'active', limit: 1 } as const

/** What happens to customers at Stripe, none of it by our calls. */
const DEEDS: Readonly<Record<string, Deed>> = {
  payment: (world, customer) => world.pay(customer, 601 + 2 * world.below(50)),
  refund: (world, customer) => world.pay(customer, 600 + 4 * world.below(50)),
  subscription: async ({ stripe, prices }, customer) => {
    const { data } = await stripe.subscriptions.list({ customer, limit: 1 })
    if (data.length === 0) await stripe.subscriptions.create({ customer, items: [{ price: prices.basic }] })
  },
  upgrade: async ({ stripe, prices }, customer) => {
    const { data } = await stripe.subscriptions.list({ customer, ...SUBSCRIBED })
    const [subscription] = data
    const item = subscription?.items.data[0]
    if (subscription === undefined || item === undefined) return
    const price = item.price.id === prices.pro ? prices.basic : prices.pro
    await stripe.subscriptions.update(subscription.id, {
      items: [{ id: item.id, price }],
      proration_behavior: 'always_invoice',
    })
  },
  'cancellation at the end': async ({ stripe }, customer) => {
    const { data } = await stripe.subscriptions.list({ customer, ...SUBSCRIBED })
    const [one] = data
    if (one) await stripe.subscriptions.update(one.id, { cancel_at_period_end: !one.cancel_at_period_end })
  },
  'cancellation now': async ({ stripe }, customer) => {
    const { data } = await stripe.subscriptions.list({ customer, ...SUBSCRIBED })
    if (data[0]) await stripe.subscriptions.cancel(data[0].id)
  },
}

/** Something happens to somebody; what it was. */
export async function liveOn(world: DriftWorld): Promise<string> {
  const names = Object.keys(DEEDS)
  const name = names[world.below(names.length)] ?? 'payment'
  const customer = world.customers[world.below(world.customers.length)] ?? ''
  const found = await world.stripe.customers.retrieve(customer)
  if (!found.deleted) await DEEDS[name]?.(world, customer)
  return name
}
