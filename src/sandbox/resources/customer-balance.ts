import { recordBalance } from '../engine/balance.ts'
import { announce, change } from '../events/record.ts'
import { clearable, fields, integer, metadata, need, type Parameters, text } from '../http/decode.ts'
import { invalid, noSuch } from '../http/failure.ts'
import { listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { BalanceTransaction } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

const creation = { amount: integer, currency: text, description: text, metadata }
const path = '/v1/customers/:id/balance_transactions'
const kind = 'customer_balance_transaction'

/** A customer's credit and debt, and what has been taken off his discount. */
export const customerBalanceRoutes = [
  route('POST', path, fields(creation), adjust),
  route('GET', path, fields({ ...paging, invoice: text }), (turn, sent, id) => {
    const url = `/v1/customers/${retrieve(turn, 'customer', id).id}/balance_transactions`
    return listing(turn, kind, url, sent, { where: { customer: id, parent: sent.invoice } })
  }),
  route('GET', `${path}/:transaction`, fields({}), (turn, _sent, id, transaction) => ofCustomer(turn, id, transaction)),
  route('POST', `${path}/:transaction`, fields({ description: clearable(text), metadata }), (turn, sent, id, other) => {
    const before = ofCustomer(turn, id, other)
    const patch = {
      ...sentOnly({ description: sent.description }),
      metadata: mergeMetadata(before.metadata, sent.metadata),
    }
    return change(turn, kind, before, patch)
  }),
  route('DELETE', '/v1/customers/:id/discount', fields({}), deleteDiscount),
]

function adjust(turn: Turn, sent: Parameters<typeof creation>, id: string): BalanceTransaction {
  const customer = retrieve(turn, 'customer', id)
  const amount = need(sent.amount, 'amount')
  const currency = need(sent.currency, 'currency').toLowerCase()
  if (customer.currency && customer.currency !== currency) {
    throw invalid(`This customer's balance is in ${customer.currency}, not ${currency}.`, 'currency')
  }
  const reason = { currency, type: 'adjustment', description: sent.description ?? null } as const
  const made = recordBalance(turn, customer, amount, { ...reason, metadata: mergeMetadata({}, sent.metadata) })
  if (!made) throw invalid('The amount of a balance transaction cannot be zero.', 'amount')
  change(turn, 'customer', customer, { balance: made.ending_balance, currency }, 'customer.updated')
  return made
}

function ofCustomer(turn: Turn, customer: string, id: string): BalanceTransaction {
  const found = retrieve(turn, kind, id)
  if (found.customer !== customer) throw noSuch(kind, id, 'id', 404)
  return found
}

function deleteDiscount(turn: Turn, _sent: object, id: string): object {
  const customer = retrieve(turn, 'customer', id)
  const { discount } = customer
  if (!discount) throw invalid('This customer has no discount.', undefined, 'resource_missing')
  change(turn, 'customer', customer, { discount: null }, 'customer.updated')
  const stored = turn.store.objects.find('discount', discount.id)
  if (stored) announce(turn, 'customer.discount.deleted', stored)
  const { end: _end, ...deleted } = discount
  return { ...deleted, deleted: true }
}
