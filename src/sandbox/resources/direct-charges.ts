import { declineCalled } from '../engine/cards.ts'
import { charge } from '../engine/charges.ts'
import { requireChargeable } from '../engine/currency.ts'
import { openDispute } from '../engine/disputes.ts'
import { cardOf, namedMethod } from '../engine/payment-methods.ts'
import { change } from '../events/record.ts'
import { clearable, flag, ignored, integer, metadata, need, type Parameters, text } from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { Charge, Customer } from '../wire.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

export const charging = {
  amount: integer,
  capture: flag,
  currency: text,
  customer: text,
  description: clearable(text),
  metadata,
  receipt_email: text,
  shipping: ignored,
  source: text,
  statement_descriptor: ignored,
  statement_descriptor_suffix: ignored,
}
export const chargeUpdate = {
  description: clearable(text),
  fraud_details: ignored,
  metadata,
  receipt_email: clearable(text),
  shipping: ignored,
}

/** A charge without an intent, the way of long ago that Stripe still offers. */
export function createCharge(turn: Turn, sent: Parameters<typeof charging>): Charge {
  const amount = need(sent.amount, 'amount')
  const currency = need(sent.currency, 'currency').toLowerCase()
  requireChargeable(amount, currency)
  const customer = sent.customer === undefined ? null : referenced(turn, 'customer', sent.customer, 'customer')
  const method = namedMethod(turn, sourceOf(sent.source, customer))
  const planned = turn.nextDecline?.(customer?.id ?? null)
  const decline = planned === undefined ? cardOf(turn, method).decline : declineCalled(planned)
  const wish = {
    amount,
    capture_method: sent.capture === false ? ('manual' as const) : ('automatic' as const),
    currency,
    customer: customer?.id ?? null,
    description: sent.description ?? null,
    id: null,
    metadata: mergeMetadata({}, sent.metadata),
    receipt_email: sent.receipt_email ?? null,
  }
  const made = charge(turn, wish, method, decline)
  if (decline) {
    const { code, declineCode: decline_code, message } = decline
    throw new Failure(402, { type: 'card_error', code, decline_code, message, charge: made.id }, true)
  }
  openDispute(turn, made, method)
  return turn.store.objects.find('charge', made.id) ?? made
}

function sourceOf(sent: string | undefined, customer: Customer | null): string {
  const source = sent ?? customer?.default_source ?? customer?.invoice_settings.default_payment_method
  if (source) return source
  throw invalid('Must provide source or customer.', undefined, 'parameter_missing')
}

export function updateCharge(turn: Turn, sent: Parameters<typeof chargeUpdate>, id: string): Charge {
  const before = retrieve(turn, 'charge', id)
  const patch: Partial<Charge> = {
    ...sentOnly({ description: sent.description, receipt_email: sent.receipt_email }),
    metadata: mergeMetadata(before.metadata, sent.metadata),
  }
  return change(turn, 'charge', before, patch, 'charge.updated')
}

export function captureCharge(turn: Turn, sent: { readonly amount?: number | undefined }, id: string): Charge {
  const before = retrieve(turn, 'charge', id)
  if (before.payment_intent !== null) {
    throw invalid('This charge belongs to a PaymentIntent. Capture the PaymentIntent instead.')
  }
  if (!before.paid || before.captured) {
    throw invalid(`Charge ${id} has already been captured.`, undefined, 'charge_already_captured')
  }
  const amount = sent.amount ?? before.amount
  if (amount > before.amount) {
    throw invalid('The amount to capture is larger than the amount of the charge.', 'amount', 'amount_too_large')
  }
  return change(turn, 'charge', before, { captured: true, amount_captured: amount }, 'charge.captured')
}
