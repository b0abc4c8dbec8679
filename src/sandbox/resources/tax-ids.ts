import { announce, create } from '../events/record.ts'
import { fields, need, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import type { TaxId } from '../surface-kinds.ts'
import { retrieve, type Turn } from '../turn.ts'

const creation = { type: text, value: text }
export const taxIdParameters = fields(creation)
const path = '/v1/customers/:id/tax_ids'

export const taxIdRoutes = [
  route('POST', path, taxIdParameters, createTaxId),
  route('GET', path, fields(paging), (turn, sent, customer) => {
    retrieve(turn, 'customer', customer, 'customer')
    return listing(turn, 'tax_id', `/v1/customers/${customer}/tax_ids`, sent, { where: { customer } })
  }),
  route('GET', `${path}/:tax_id`, fields({}), (turn, _sent, customer, id) => ofCustomer(turn, customer, id)),
  route('DELETE', `${path}/:tax_id`, fields({}), (turn, _sent, customer, id) => {
    const taxId = ofCustomer(turn, customer, id)
    turn.store.objects.remove('tax_id', id)
    announce(turn, 'customer.tax_id.deleted', taxId)
    return { id, object: 'tax_id', deleted: true }
  }),
]

function ofCustomer(turn: Turn, customer: string, id: string): TaxId {
  const found = retrieve(turn, 'tax_id', id)
  return found.customer === customer ? found : retrieve(turn, 'tax_id', '')
}

/** How a number of a kind must look, for the kinds that tax is worked out from here. */
const FORMATS: Readonly<Record<string, RegExp>> = { eu_vat: /^[A-Z]{2}[0-9A-Z+*]{8,12}$/, gb_vat: /^GB(\d{9}|\d{12})$/ }

/** The country and the verdict come from the value alone: nobody is asked. */
export function createTaxId(turn: Turn, sent: Parameters<typeof creation>, customer: string): TaxId {
  retrieve(turn, 'customer', customer, 'customer')
  const type = need(sent.type, 'type') as TaxId['type']
  const value = need(sent.value, 'value')
  if (FORMATS[type]?.test(value) === false) throw invalid(`Invalid value for ${type}.`, 'value', 'tax_id_invalid')
  const country = type === 'eu_vat' ? value.slice(0, 2) : type.slice(0, 2).toUpperCase()
  const taxId: TaxId = {
    id: freshId('txi'),
    object: 'tax_id',
    country: /^[A-Z]{2}$/.test(country) ? country : null,
    created: turn.now(customer),
    customer,
    customer_account: null,
    livemode: false,
    owner: { customer, customer_account: null, type: 'customer' },
    type,
    value,
    verification: { status: 'verified', verified_address: null, verified_name: null },
  }
  return create(turn, 'tax_id', taxId, 'customer.tax_id.created')
}
