import type { SoldPack } from './pack.ts'
import type { Instant } from './period.ts'

export type PaymentKind = 'invoice' | 'payment' | 'refund'

/** One entry of the billing history: an invoice, a one-time payment, or money given back. Amounts in minor units. */
export interface Payment {
  /** Stripe's id: `in_…`, `pi_…` or `re_…`. */
  readonly id: string
  readonly customerId: string
  readonly kind: PaymentKind
  readonly amount: number
  readonly currency: string
  /** `paid`, `open`, `failed`, `void`, `uncollectible`; for refunds Stripe's refund status. */
  readonly status: string
  readonly description: string | null
  readonly invoiceNumber: string | null
  readonly hostedInvoiceUrl: string | null
  readonly invoicePdf: string | null
  /** What of it has been given back so far. */
  readonly refundedAmount: number
  /** How much of that takes back what was bought with it, too. */
  readonly takenBackAmount: number
  /** Of a refund: the entry that it gives back, `in_…` or `pi_…`; null for any other. */
  readonly refundOf: string | null
  /** What of the amount is tax, and the rest; null where Stripe says nothing of it. */
  readonly tax: number | null
  readonly amountExcludingTax: number | null
  readonly createdAt: Instant
  /** By Stripe's clock, when it was seen like this; null where nobody knows. */
  readonly seenAt?: Instant | null
}

/** Whether an entry was called off: it moves no money, whatever it once was. */
export function isCalledOff({ status }: Pick<Payment, 'status'>): boolean {
  return CALLED_OFF.has(status)
}

export const CALLED_OFF: ReadonlySet<string> = new Set(['void', 'canceled'])

/** An entry that Stripe does not have: it stays in the history as one that was called off. */
export function calledOff(entry: Payment): Payment {
  return { ...entry, status: entry.kind === 'refund' ? 'canceled' : 'void' }
}

/** A refund that was not undone, of a payment that bought something. */
export interface ObservedRefund {
  readonly amount: number
  /** Whether it takes back what was bought; null where nobody said so. */
  readonly takeBack: boolean | null
}

export type PaymentIntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled'

/** A one-time payment as Stripe showed it. `entry` is its line in the history once it is paid or has failed. */
export interface ObservedPaymentIntent {
  readonly id: string
  readonly customerId: string
  readonly status: PaymentIntentStatus
  readonly amount: number
  readonly currency: string
  readonly entry: Payment | null
  /** The pack that it pays for, as it was sold; null for any other payment. */
  readonly pack: SoldPack | null
  /** What was given back of it so far; null when that was not looked at. */
  readonly refunds: readonly ObservedRefund[] | null
}
