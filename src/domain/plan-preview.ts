import type { Instant, Period } from './period.ts'

/** What a change of plan would cost, as Stripe reckons it. All amounts are in minor units of the currency. */
export interface ChangePreview {
  readonly currency: string
  /** What is invoiced with the change; all zero and without lines when nothing is. */
  readonly invoice: PreviewedInvoice
  /** The first ordinary invoice after it; null when none is to come. */
  readonly next: { readonly amount: number; readonly at: Instant } | null
  /** When it would take effect. */
  readonly effectiveAt: Instant
}

export interface PreviewedInvoice {
  readonly subtotal: number
  readonly discount: number
  /** Which discounts that is made of. */
  readonly discounts: readonly PreviewedDiscount[]
  readonly tax: number
  /** Below zero: what is given back stands to the customer's credit for invoices to come. */
  readonly total: number
  /** What would be charged: the total less the customer's credit. */
  readonly amountDue: number
  readonly lines: readonly PreviewLine[]
}

export interface PreviewedDiscount {
  /** Null for one that was given at Stripe without any. */
  readonly code: string | null
  readonly name: string | null
  readonly amount: number
}

export interface PreviewLine {
  readonly description: string | null
  readonly amount: number
  /** A part of a period: what is left of the old plan given back, or of the new one charged. */
  readonly isProration: boolean
  readonly period: Period
}

export const NOTHING_INVOICED: PreviewedInvoice = {
  subtotal: 0,
  discount: 0,
  discounts: [],
  tax: 0,
  total: 0,
  amountDue: 0,
  lines: [],
}
