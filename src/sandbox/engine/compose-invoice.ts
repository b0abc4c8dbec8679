import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceItem, InvoiceLine, Subscription, SubscriptionItem } from '../wire.ts'
import { clockOf } from './agenda.ts'
import { blankInvoice, snapshotOf } from './blank-invoice.ts'
import { activeDiscounts, discounted, inheritedDiscounts, net, totalDiscounts } from './discounts.ts'
import { advanceLines, arrearsLines, pendingLine } from './lines.ts'
import { automaticTax, taxedByPlace, totalTaxes } from './tax.ts'
import { addedTax, includedTax, ratesOfLine, taxesOn } from './tax-rates.ts'
import type { Stretch } from './usage.ts'

/** What an invoice is to bill. */
export interface Bill {
  readonly customer: Customer
  readonly subscription: Subscription | null
  readonly reason: Invoice['billing_reason']
  /** Items billed in advance for the period they show. */
  readonly advance?: readonly SubscriptionItem[]
  /** What was metered in the period that ends. */
  readonly arrears?: readonly Stretch[]
  readonly pending?: readonly InvoiceItem[]
  /** Instead of what the subscription or customer has. */
  readonly discounts?: readonly string[]
  readonly period?: { readonly start: number; readonly end: number }
  /** What was reached, so that it is billed before its time. */
  readonly threshold?: Threshold
  readonly extra?: Partial<Invoice>
  /** Of what belongs to no subscription; else the subscription says it. */
  readonly isTaxed?: boolean
}

export interface Threshold {
  readonly amount_gte: number | null
  readonly items: readonly { readonly item: string; readonly usage_gte: number }[]
}

/** An invoice as it would be, not stored: what a preview shows and what a draft begins as. */
export function composeInvoice(turn: Turn, bill: Bill, id = freshId('in')): Invoice {
  const { customer, subscription } = bill
  const now = turn.now(customer.id)
  const applied = bill.discounts ?? inheritedDiscounts(customer, subscription)
  const discounts = activeDiscounts(turn, applied, now)
  const raw = linesOf(turn, bill, id)
  const own = (line: InvoiceLine) => activeDiscounts(turn, lineDiscounts(line, subscription), now)
  const isTaxed = subscription?.automatic_tax.enabled ?? bill.isTaxed === true
  const rates = bill.extra?.default_tax_rates ?? subscription?.default_tax_rates ?? []
  const terms = { customer, subscription, isAutomatic: isTaxed, rates }
  const lines = taxed(turn, terms, discounted(raw, own, discounts))
  return {
    ...blankInvoice,
    ...snapshotOf(customer),
    ...wordsOf(subscription),
    ...totalsOf(lines),
    id,
    automatic_tax: automaticTax(isTaxed),
    billing_reason: bill.reason,
    collection_method: subscription?.collection_method ?? 'charge_automatically',
    created: now,
    currency: subscription?.currency ?? customer.currency ?? 'usd',
    customer_tax_ids: turn.store.objects
      .select('tax_id', { customer: customer.id })
      .map(({ type, value }) => ({ type, value })),
    default_tax_rates: rates,
    discounts: discounts.map((discount) => discount.id),
    lines: listOf(lines, `/v1/invoices/${id}/lines`),
    parent: subscription && parentOf(subscription),
    period_end: bill.period?.end ?? now,
    period_start: bill.period?.start ?? now,
    starting_balance: customer.balance,
    test_clock: clockOf(turn, customer.id),
    ...(bill.threshold ? { threshold_reason: reasonOf(bill.threshold, lines) } : {}),
    ...bill.extra,
  }
}

function reasonOf(
  { amount_gte, items }: Threshold,
  lines: readonly InvoiceLine[],
): NonNullable<Invoice['threshold_reason']> {
  const of = (item: string) =>
    lines.filter(({ parent }) => parent?.subscription_item_details?.subscription_item === item).map(({ id }) => id)
  return { amount_gte, item_reasons: items.map(({ item, usage_gte }) => ({ line_item_ids: of(item), usage_gte })) }
}

interface TaxTerms {
  readonly customer: Customer
  readonly subscription: Subscription | null
  /** By the customer's address, instead of by rates set by hand. */
  readonly isAutomatic: boolean
  readonly rates: Invoice['default_tax_rates']
}

/** Lines with what is owed on them: by the customer's address, or by rates set by hand. */
export function taxed(turn: Turn, terms: TaxTerms, lines: readonly InvoiceLine[]): InvoiceLine[] {
  const { customer, subscription, isAutomatic, rates } = terms
  if (isAutomatic) return taxedByPlace(turn, customer, lines)
  return lines.map((line) => {
    const taxes = taxesOn(net(line), ratesOfLine(turn, line, subscription, rates), customer)
    return { ...line, taxes }
  })
}

function linesOf(turn: Turn, { subscription, advance, arrears, pending }: Bill, id: string): InvoiceLine[] {
  return [
    ...(pending ?? []).map((item) => pendingLine(item, id)),
    ...(subscription && arrears ? arrearsLines(turn, subscription, arrears, id) : []),
    ...(subscription && advance ? advanceLines(turn, subscription, advance, id) : []),
  ]
}

/** What a subscription says on its invoices, in place of what its customer does. */
function wordsOf(subscription: Subscription | null): Partial<Invoice> {
  const { custom_fields, description, footer } = subscription?.invoice_settings ?? {}
  return {
    ...(custom_fields ? { custom_fields } : {}),
    ...(description ? { description } : {}),
    ...(footer ? { footer } : {}),
  }
}

const parentOf = (subscription: Subscription): Invoice['parent'] => ({
  quote_details: null,
  subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
  type: 'subscription_details',
})

/** The discounts of a line itself, and of the item that it bills. */
export function lineDiscounts(line: InvoiceLine, subscription: Subscription | null): readonly string[] {
  const id = line.parent?.subscription_item_details?.subscription_item
  const item = subscription?.items.data.find((candidate) => candidate.id === id)
  return [...line.discounts, ...(item?.discounts ?? [])]
}

export function totalsOf(lines: readonly InvoiceLine[]) {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0)
  const charged = lines.reduce((sum, line) => sum + net(line), 0)
  const included = lines.reduce((sum, line) => sum + includedTax(line.taxes), 0)
  const total = lines.reduce((sum, line) => sum + addedTax(line.taxes), charged)
  return {
    amount_due: Math.max(0, total),
    amount_remaining: Math.max(0, total),
    subtotal,
    subtotal_excluding_tax: subtotal - included,
    total,
    total_discount_amounts: totalDiscounts(lines),
    total_excluding_tax: charged - included,
    total_taxes: totalTaxes(lines),
  }
}
