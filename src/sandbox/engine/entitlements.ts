import { recordEvent } from '../events/record.ts'
import { listOf } from '../http/listing.ts'
import type { Turn } from '../turn.ts'
import { recall, remember } from './memory.ts'

export interface ActiveEntitlement {
  readonly id: string
  readonly object: 'entitlements.active_entitlement'
  readonly feature: string
  readonly livemode: false
  readonly lookup_key: string
}

const entitling = ['active', 'trialing', 'past_due']

/** The features of the products a customer has a running subscription to. */
export function activeEntitlements(turn: Turn, customer: string): ActiveEntitlement[] {
  const subscriptions = turn.store.objects
    .select('subscription', { customer })
    .filter(({ status }) => entitling.includes(status))
  const products = new Set(subscriptions.flatMap(({ items }) => items.data.map(({ price }) => price.product)))
  const links = [...products].flatMap((parent) => turn.store.objects.select('product_feature', { parent }))
  const features = new Set(links.map(({ feature }) => feature))
  return [...features].flatMap((id) => {
    const feature = turn.store.objects.find('entitlements.feature', id)
    return feature ? [entitlementOf(customer, feature)] : []
  })
}

/** One of them by its id, while it holds. */
export function activeEntitlement(turn: Turn, id: string): ActiveEntitlement | undefined {
  const customer = recall(turn, 'entitled', id)
  return customer === undefined ? undefined : activeEntitlements(turn, customer).find((each) => each.id === id)
}

// The same feature of the same customer is the same entitlement whenever it is asked for.
function entitlementOf(
  customer: string,
  feature: { readonly id: string; readonly lookup_key: string },
): ActiveEntitlement {
  const digest = new Bun.CryptoHasher('sha256').update(`${customer} ${feature.id}`).digest('hex')
  return {
    id: `ent_test_${digest.slice(0, 28)}`,
    object: 'entitlements.active_entitlement',
    feature: feature.id,
    livemode: false,
    lookup_key: feature.lookup_key,
  }
}

const noted = (customer: string) => `entitlements.${customer}`

/** Tells of a customer's entitlements when they are no longer what was last told. */
export function followEntitlements(turn: Turn, customer: string): void {
  const known = turn.store.settings.read(noted(customer)) ?? ''
  if (known === '' && turn.store.objects.first('product_feature', {}, 1, () => true).length === 0) return
  const entitlements = activeEntitlements(turn, customer)
  const now = entitlements
    .map(({ lookup_key }) => lookup_key)
    .sort()
    .join(' ')
  if (now === known) return
  turn.store.settings.write(noted(customer), now)
  for (const { id } of entitlements) remember(turn, 'entitled', id, customer)
  const summary = {
    object: 'entitlements.active_entitlement_summary',
    customer,
    entitlements: listOf(entitlements.slice(0, 10), `/v1/entitlements/active_entitlements?customer=${customer}`),
    livemode: false,
  }
  recordEvent(turn, 'entitlements.active_entitlement_summary.updated', summary)
}
