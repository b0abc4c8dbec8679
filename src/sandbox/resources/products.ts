import { announce, change, create } from '../events/record.ts'
import {
  clearable,
  clearedOnly,
  fields,
  flag,
  list,
  metadata,
  need,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Product } from '../wire.ts'
import { blankProduct } from './blank-product.ts'
import { mergeMetadata, sentOnly } from './patches.ts'
import { createPrice, priceData } from './prices.ts'

const common = {
  active: flag,
  description: clearable(text),
  images: list(text),
  marketing_features: list(fields({ name: text })),
  metadata,
  name: text,
  package_dimensions: clearedOnly,
  shippable: flag,
  statement_descriptor: clearable(text),
  tax_code: clearable(text),
  unit_label: clearable(text),
  url: clearable(text),
}
const creation = { ...common, default_price_data: priceData, id: text, type: oneOf('good', 'service') }
const updating = { ...common, default_price: clearable(text) }
const filters = { ...paging, active: flag, ids: list(text), shippable: flag, type: text, url: text }

export const productRoutes = [
  route('POST', '/v1/products', fields(creation), createProduct),
  route('GET', '/v1/products', fields(filters), listProducts),
  route('GET', '/v1/products/search', searching, (turn, sent) =>
    search(turn, 'product', sent, '/v1/products/search', ['active', 'description', 'name', 'shippable', 'url']),
  ),
  route('GET', '/v1/products/:id', fields({}), (turn, _sent, id) => retrieve(turn, 'product', id)),
  route('POST', '/v1/products/:id', fields(updating), updateProduct),
  route('DELETE', '/v1/products/:id', fields({}), deleteProduct),
]

function createProduct(turn: Turn, sent: Parameters<typeof creation>): Product {
  const name = need(sent.name, 'name')
  const id = sent.id ?? freshId('prod')
  if (sent.id !== undefined && turn.store.objects.position('product', id)) {
    throw invalid('Product already exists.', 'id', 'resource_already_exists')
  }
  const now = turn.now()
  const product: Product = { ...blankProduct, ...patchOf(sent), id, name, created: now, updated: now }
  product.metadata = mergeMetadata({}, sent.metadata)
  turn.store.objects.save('product', product)
  if (sent.default_price_data) {
    product.default_price = createPrice(turn, { ...sent.default_price_data, product: id }).id
  }
  return create(turn, 'product', product, 'product.created')
}

function updateProduct(turn: Turn, sent: Parameters<typeof updating>, id: string): Product {
  const before = retrieve(turn, 'product', id)
  if (sent.default_price) referenced(turn, 'price', sent.default_price, 'default_price')
  const patch: Partial<Product> = {
    ...patchOf(sent),
    ...sentOnly({ default_price: sent.default_price }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  if (Bun.deepEquals({ ...before, ...patch }, before, true)) return before
  return change(turn, 'product', before, { ...patch, updated: turn.now() }, 'product.updated')
}

function patchOf(sent: Parameters<typeof common>): Partial<Product> {
  const { active, description, images, name, shippable, statement_descriptor, tax_code, unit_label, url } = sent
  const features = sent.marketing_features?.map((feature) => sentOnly({ name: feature.name }))
  return {
    ...sentOnly({ active, description, images, name, shippable, tax_code, unit_label, url }),
    ...(statement_descriptor ? { statement_descriptor } : {}),
    ...(features ? { marketing_features: features } : {}),
  }
}

function deleteProduct(turn: Turn, _sent: object, id: string): object {
  const product = retrieve(turn, 'product', id)
  if (turn.store.objects.select('price', { parent: id }).length > 0) {
    throw invalid('This product cannot be deleted because it has one or more user-created prices.')
  }
  turn.store.objects.remove('product', id)
  announce(turn, 'product.deleted', product)
  return { id, object: 'product', deleted: true }
}

function listProducts(turn: Turn, sent: Parameters<typeof filters>) {
  const accept = (product: Product) =>
    (sent.active === undefined || product.active === sent.active) &&
    (sent.shippable === undefined || product.shippable === sent.shippable) &&
    (sent.type === undefined || product.type === sent.type) &&
    (sent.ids === undefined || sent.ids.includes(product.id)) &&
    (sent.url === undefined || product.url === sent.url)
  return listing(turn, 'product', '/v1/products', sent, { accept })
}
