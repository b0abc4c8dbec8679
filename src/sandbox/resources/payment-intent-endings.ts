import { cancelIntent } from '../engine/intents.ts'
import { invoiceOf } from '../engine/settlement.ts'
import { change } from '../events/record.ts'
import { integer, metadata, oneOf, type Parameters } from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { PaymentIntent } from '../wire.ts'
import { mergeMetadata } from './patches.ts'

export const intentCancellation = {
  cancellation_reason: oneOf('abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'),
}
export const intentCapture = { amount_to_capture: integer, metadata }

/** Refuses what the intent's status does not allow, in the words of Stripe. */
export function requireState(intent: PaymentIntent, verb: string, allowed: readonly string[]): void {
  if (allowed.includes(intent.status)) return
  const message =
    `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}. Only a PaymentIntent with one ` +
    `of the following statuses may be ${verb === 'cancel' ? 'canceled' : `${verb}ed`}: ${allowed.join(', ')}.`
  throw new Failure(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message,
    payment_intent: intent,
  })
}

export function cancelPaymentIntent(
  turn: Turn,
  sent: Parameters<typeof intentCancellation>,
  id: string,
): PaymentIntent {
  const intent = retrieve(turn, 'payment_intent', id, 'intent')
  const open = ['requires_payment_method', 'requires_capture', 'requires_confirmation', 'requires_action', 'processing']
  requireState(intent, 'cancel', open)
  if (invoiceOf(turn, intent)) {
    throw invalid(
      'You cannot cancel this PaymentIntent because it was created by an invoice. Void the invoice instead.',
      undefined,
      'payment_intent_unexpected_state',
    )
  }
  return cancelIntent(turn, intent, sent.cancellation_reason ?? null)
}

export function capturePaymentIntent(turn: Turn, sent: Parameters<typeof intentCapture>, id: string): PaymentIntent {
  const intent = retrieve(turn, 'payment_intent', id, 'intent')
  requireState(intent, 'captur', ['requires_capture'])
  const amount = sent.amount_to_capture ?? intent.amount
  if (amount > intent.amount_capturable) {
    throw invalid(
      'The amount to capture is larger than the amount that can be captured.',
      'amount_to_capture',
      'amount_too_large',
    )
  }
  const made = turn.store.objects.find('charge', intent.latest_charge ?? '')
  if (made) change(turn, 'charge', made, { captured: true, amount_captured: amount }, 'charge.captured')
  const patch: Partial<PaymentIntent> = {
    status: 'succeeded',
    amount_capturable: 0,
    amount_received: amount,
    metadata: mergeMetadata(intent.metadata, sent.metadata),
  }
  return change(turn, 'payment_intent', intent, patch, 'payment_intent.succeeded')
}
