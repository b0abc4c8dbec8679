import { activeEntitlement, activeEntitlements, followEntitlements } from '../engine/entitlements.ts'
import { fields, flag, metadata, need, type Parameters, text } from '../http/decode.ts'
import { invalid, noSuch } from '../http/failure.ts'
import { limitOf, listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { present } from '../present.ts'
import type { StoredFeature, StoredProductFeature } from '../surface-kinds.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const features = '/v1/entitlements/features'
const active = '/v1/entitlements/active_entitlements'
const ofProduct = '/v1/products/:id/features'
const creation = { lookup_key: text, metadata, name: text }

export const entitlementRoutes = [
  route('POST', features, fields(creation), createFeature),
  route('GET', features, fields({ ...paging, archived: flag, lookup_key: text }), (turn, sent) =>
    listing(turn, 'entitlements.feature', features, sent, {
      where: { lookup: sent.lookup_key },
      accept: (feature) => sent.archived === undefined || feature.active !== sent.archived,
    }),
  ),
  route('GET', `${features}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'entitlements.feature', id)),
  route('POST', `${features}/:id`, fields({ active: flag, metadata, name: text }), (turn, sent, id) => {
    const before = retrieve(turn, 'entitlements.feature', id)
    const after: StoredFeature = {
      ...before,
      ...sentOnly({ active: sent.active, name: sent.name }),
      metadata: mergeMetadata(before.metadata, sent.metadata),
    }
    turn.store.objects.save('entitlements.feature', after)
    return after
  }),
  route('POST', ofProduct, fields({ entitlement_feature: text }), attachFeature),
  route('GET', ofProduct, fields(paging), (turn, sent, parent) => {
    retrieve(turn, 'product', parent)
    const found = listing(turn, 'product_feature', `/v1/products/${parent}/features`, sent, { where: { parent } })
    return { ...found, data: found.data.map((link) => shown(turn, link as StoredProductFeature)) }
  }),
  route('GET', `${ofProduct}/:feature`, fields({}), (turn, _sent, product, id) =>
    shown(turn, linkOf(turn, product, id)),
  ),
  route('DELETE', `${ofProduct}/:feature`, fields({}), (turn, _sent, product, id) => {
    linkOf(turn, product, id)
    turn.store.objects.remove('product_feature', id)
    followHolders(turn, product)
    return { id, object: 'product_feature', deleted: true }
  }),
  route('GET', active, fields({ ...paging, customer: text }), (turn, sent) => {
    const customer = referenced(turn, 'customer', need(sent.customer, 'customer'), 'customer').id
    const found = activeEntitlements(turn, customer)
    const limit = limitOf(sent)
    return { object: 'list', data: found.slice(0, limit), has_more: found.length > limit, url: active }
  }),
  route('GET', `${active}/:id`, fields({}), (turn, _sent, id) => {
    const found = activeEntitlement(turn, id)
    if (!found) throw noSuch('active entitlement', id, 'id', 404)
    return found
  }),
]

function createFeature(turn: Turn, sent: Parameters<typeof creation>): StoredFeature {
  const lookup = need(sent.lookup_key, 'lookup_key')
  if (lookup.length > 80) throw invalid('Invalid string: must be at most 80 characters', 'lookup_key')
  if (turn.store.objects.select('entitlements.feature', { lookup }).length > 0) {
    throw invalid(`A feature with the lookup key ${lookup} already exists.`, 'lookup_key', 'resource_already_exists')
  }
  const feature: StoredFeature = {
    id: freshId('feat_test'),
    object: 'entitlements.feature',
    active: true,
    created: turn.now(),
    livemode: false,
    lookup_key: lookup,
    metadata: mergeMetadata({}, sent.metadata),
    name: need(sent.name, 'name'),
  }
  turn.store.objects.save('entitlements.feature', feature)
  return feature
}

function attachFeature(
  turn: Turn,
  sent: { readonly entitlement_feature?: string | undefined },
  product: string,
): object {
  retrieve(turn, 'product', product)
  const id = need(sent.entitlement_feature, 'entitlement_feature')
  const feature = referenced(turn, 'entitlements.feature', id, 'entitlement_feature')
  const links = turn.store.objects.select('product_feature', { parent: product })
  if (links.some((link) => link.feature === feature.id)) {
    throw invalid('This feature is already attached to the product.', 'entitlement_feature', 'resource_already_exists')
  }
  const link: StoredProductFeature = {
    id: freshId('prodft_test'),
    object: 'product_feature',
    created: turn.now(),
    product,
    feature: feature.id,
  }
  turn.store.objects.save('product_feature', link)
  followHolders(turn, product)
  return shown(turn, link)
}

function linkOf(turn: Turn, product: string, id: string): StoredProductFeature {
  const link = turn.store.objects.find('product_feature', id)
  if (link?.product !== product) throw noSuch('product_feature', id, 'id', 404)
  return link
}

function shown(turn: Turn, link: StoredProductFeature): object {
  const feature = retrieve(turn, 'entitlements.feature', link.feature)
  return { id: link.id, object: 'product_feature', entitlement_feature: present(turn, feature), livemode: false }
}

/** Everybody with a subscription to the product gains or loses the feature. */
function followHolders(turn: Turn, product: string): void {
  const holders = turn.store.objects
    .select('subscription')
    .filter(({ items }) => items.data.some(({ price }) => price.product === product))
  for (const customer of new Set(holders.map((subscription) => subscription.customer))) {
    followEntitlements(turn, customer)
  }
}
