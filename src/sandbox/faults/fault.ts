import { decimal, fields, integer, need, oneOf, type Parameters, text } from '../http/decode.ts'
import { invalid } from '../http/failure.ts'

/** Before its effect; after it, when only the answer is lost; or in between: begun, undone and remembered as failed. */
export type Moment = 'before' | 'during' | 'after'

interface Occurrence {
  readonly id: string
  /** How often it still happens; null for as long as it stands. */
  readonly times: number | null
  /** The share of matching occasions that it strikes, 0 to 1. */
  readonly rate: number
}
export interface CallFault extends Occurrence {
  readonly target: 'calls'
  readonly method: string | null
  /** `*` stands for any text; without one the path must be equal, except in an outage, which takes all below it. */
  readonly path: string
  readonly effect: 'error' | 'html' | 'drop' | 'delay' | 'outage'
  readonly moment: Moment
  readonly status: 403 | 429 | 500 | 503
  readonly retry_after: number | null
  readonly delay_ms: number
}
export interface DeliveryFault extends Occurrence {
  readonly target: 'deliveries'
  readonly type: string
  readonly effect: 'drop' | 'double' | 'delay' | 'reorder'
  readonly delay_ms: number
}
export interface PaymentFault extends Occurrence {
  readonly target: 'payments'
  readonly customer: string | null
  /** The decline code, as in Stripe's table: insufficient_funds, expired_card, authentication_required … */
  readonly code: string
}
export type Fault = CallFault | DeliveryFault | PaymentFault

const spec = {
  target: oneOf('calls', 'deliveries', 'payments'),
  code: text,
  customer: text,
  delay_ms: integer,
  effect: oneOf('error', 'html', 'drop', 'delay', 'outage', 'double', 'reorder'),
  method: oneOf('GET', 'POST', 'DELETE'),
  moment: oneOf('before', 'during', 'after'),
  path: text,
  rate: decimal,
  retry_after: integer,
  status: oneOf('403', '429', '500', '503'),
  times: integer,
  type: text,
}
export const faultParameters = fields(spec)
type Sent = Parameters<typeof spec>

/** The fault a request to /_sim/faults describes. */
export function faultOf(sent: Sent, id: string): Fault {
  const rate = sent.rate === undefined ? 1 : Number(sent.rate)
  if (rate < 0 || rate > 1) throw invalid('rate must be between 0 and 1', 'rate')
  if ((sent.times ?? 1) < 1) throw invalid('times must be at least 1', 'times')
  // Once, unless something says that it is meant to go on.
  const goesOn = sent.rate !== undefined || sent.effect === 'outage'
  const occurrence = { id, rate, times: sent.times ?? (goesOn ? null : 1) }
  if (sent.target === 'payments') return paymentFault(sent, occurrence)
  return sent.target === 'deliveries' ? deliveryFault(sent, occurrence) : callFault(sent, occurrence)
}

function paymentFault(sent: Sent, occurrence: Occurrence): PaymentFault {
  return { ...occurrence, target: 'payments', customer: sent.customer ?? null, code: need(sent.code, 'code') }
}

function deliveryFault(sent: Sent, occurrence: Occurrence): DeliveryFault {
  const effect = need(sent.effect, 'effect')
  if (effect !== 'drop' && effect !== 'double' && effect !== 'delay' && effect !== 'reorder') {
    throw invalid('Invalid effect: a delivery can be made to drop, double, delay or reorder', 'effect')
  }
  return { ...occurrence, target: 'deliveries', type: sent.type ?? '*', effect, delay_ms: sent.delay_ms ?? 300 }
}

function callFault(sent: Sent, occurrence: Occurrence): CallFault {
  const effect = sent.effect ?? 'error'
  if (effect === 'double' || effect === 'reorder')
    throw invalid('Only a delivery can be doubled or reordered', 'effect')
  const status = Number(sent.status ?? (effect === 'outage' ? '503' : '500')) as CallFault['status']
  const moment = sent.moment ?? 'before'
  checkMoment(effect, moment, status)
  return {
    ...occurrence,
    target: 'calls',
    method: sent.method ?? null,
    path: sent.path ?? (effect === 'outage' ? '/' : '*'),
    effect,
    moment,
    status,
    retry_after: sent.retry_after ?? null,
    delay_ms: sent.delay_ms ?? 0,
  }
}

function checkMoment(effect: CallFault['effect'], moment: Moment, status: number): void {
  if (moment === 'before') return
  if (effect === 'outage') throw invalid('An outage strikes before any effect', 'moment')
  if (effect === 'error' && status !== 500) {
    throw invalid('Only a 500 happens after execution has begun; 403, 429 and 503 are said at the door', 'moment')
  }
  if (moment === 'during' && effect !== 'error') throw invalid('Only an error happens during execution', 'moment')
}
