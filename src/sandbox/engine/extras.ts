import { listOf } from '../http/listing.ts'
import { present } from '../present.ts'
import type { Turn } from '../turn.ts'
import { shownOptions } from './currency-options.ts'
import { recall } from './memory.ts'
import { intentOf } from './settlement.ts'
import { terminal } from './subscription-end.ts'

/** What an invoice shows only when it is asked for. */
export function invoiceExtras(turn: Turn, id: string, field: string): unknown {
  if (field === 'payments') {
    const payments = turn.store.objects.select('invoice_payment', { parent: id })
    return listOf(payments, `/v1/invoice_payments?invoice=${id}`)
  }
  if (field === 'confirmation_secret') return confirmationSecret(turn, id)
  return undefined
}

/** A price's tiers, and what it costs in each of its currencies. */
export function priceExtras(turn: Turn, id: string, field: string): unknown {
  const price = turn.store.objects.find('price', id)
  if (field === 'currency_options') return price && shownOptions(turn, price)
  return field === 'tiers' ? recall(turn, 'tiers', id) : undefined
}

/** The products a coupon is limited to, and what it takes off in other currencies. */
export function couponExtras(turn: Turn, id: string, field: string): unknown {
  if (field === 'currency_options') return recall(turn, 'amounts_off', id)
  if (field !== 'applies_to') return undefined
  const products = recall(turn, 'applies_to', id)
  return products && { products }
}

/** A customer's tax ids, and subscriptions that have not ended. */
export function customerExtras(turn: Turn, id: string, field: string): unknown {
  if (field === 'tax_ids')
    return listOf(turn.store.objects.select('tax_id', { customer: id }), `/v1/customers/${id}/tax_ids`)
  if (field !== 'subscriptions') return undefined
  const living = turn.store.objects.select('subscription', { customer: id }).filter((found) => !terminal(found))
  const shown = living.map((subscription) => present(turn, subscription))
  return listOf(shown, `/v1/customers/${id}/subscriptions`)
}

export function chargeExtras(turn: Turn, id: string, field: string): unknown {
  if (field !== 'refunds') return undefined
  return listOf(turn.store.objects.select('refund', { parent: id }), `/v1/charges/${id}/refunds`)
}

function confirmationSecret(turn: Turn, id: string): unknown {
  const invoice = turn.store.objects.find('invoice', id)
  const intent = invoice && intentOf(turn, invoice)
  return intent ? { client_secret: intent.client_secret, type: 'payment_intent' } : null
}
