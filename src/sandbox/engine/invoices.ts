import { change, create } from '../events/record.ts'
import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceItem, InvoiceLine, Subscription, SubscriptionItem } from '../wire.ts'
import { clockOf } from './agenda.ts'
import { recordBalance } from './balance.ts'
import { blankInvoice, snapshotOf } from './blank-invoice.ts'
import { applyCredits } from './credit-grants.ts'
import { minimumCharge } from './currency.ts'
import { activeDiscounts, discounted, inheritedDiscounts, net, totalDiscounts } from './discounts.ts'
import { advanceLines, arrearsLines, pendingLine } from './lines.ts'
import { recall, remember } from './memory.ts'
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

function taxed(turn: Turn, terms: TaxTerms, lines: readonly InvoiceLine[]): InvoiceLine[] {
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

function lineDiscounts(line: InvoiceLine, subscription: Subscription | null): readonly string[] {
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

/** A draft invoice. What it takes in is no longer pending, and what it bills in advance is remembered for credits. */
export function draftInvoice(turn: Turn, bill: Bill): Invoice {
  const invoice = create(turn, 'invoice', composeInvoice(turn, bill), 'invoice.created')
  for (const item of bill.pending ?? []) turn.store.objects.save('invoiceitem', { ...item, invoice: invoice.id })
  for (const item of bill.advance ?? []) rememberBilled(turn, item, invoice)
  // What a threshold bills is fixed; what comes in afterwards belongs to the invoice after it.
  if (bill.arrears && bill.arrears.length > 0 && !bill.threshold) rememberMetered(turn, invoice, bill.arrears)
  for (const { discount } of invoice.total_discount_amounts ?? []) spendOnce(turn, discount)
  return invoice
}

function rememberBilled(turn: Turn, item: SubscriptionItem, invoice: Invoice): void {
  const lines = invoice.lines.data.filter(({ parent }) => {
    const from = parent?.subscription_item_details
    return from?.subscription_item === item.id && !from.proration
  })
  if (lines.length === 0) return
  remember(turn, 'billed', item.id, {
    invoice: invoice.id,
    lines: lines.map((line) => line.id),
    amount: String(lines.reduce((sum, line) => sum + net(line), 0)),
    start: item.current_period_start,
    end: item.current_period_end,
  })
}

// It stays to be seen on its subscription until the next period begins.
function spendOnce(turn: Turn, id: string): void {
  const coupon = turn.store.objects.find('discount', id)?.source.coupon
  if (turn.store.objects.find('coupon', coupon ?? '')?.duration === 'once') remember(turn, 'spent', id, true)
}

function rememberMetered(turn: Turn, invoice: Invoice, stretches: readonly Stretch[]): void {
  const metered = stretches.map(({ item, price, period, billed = '0' }) => ({
    item: item.id,
    price: price.id,
    ...period,
    billed,
  }))
  remember(turn, 'metered', invoice.id, metered)
}

/** Usage that was reported while the invoice was a draft still joins it. */
export function recountUsage(turn: Turn, invoice: Invoice, customer: Customer, subscription: Subscription): Invoice {
  const stretches = (recall(turn, 'metered', invoice.id) ?? []).flatMap(
    ({ item: itemId, price: priceId, start, end, billed = '0' }) => {
      const item = turn.store.objects.find('subscription_item', itemId)
      const price = turn.store.objects.find('price', priceId)
      return item && price ? [{ item, price, period: { start, end }, billed }] : []
    },
  )
  if (stretches.length === 0) return invoice
  const counted = arrearsLines(turn, subscription, stretches, invoice.id)
  const former = invoice.lines.data.filter((line) => isMeteredLine(turn, line))
  const amounts = (lines: readonly InvoiceLine[]) => lines.map((line) => [line.amount, line.quantity_decimal])
  if (Bun.deepEquals(amounts(counted), amounts(former))) return invoice
  const others = invoice.lines.data.filter((line) => !former.includes(line))
  return relined(turn, invoice, [...counted, ...others], customer, subscription)
}

/** A draft with other lines: discounts and totals are worked out again. */
export function relined(
  turn: Turn,
  invoice: Invoice,
  lines: readonly InvoiceLine[],
  customer: Customer,
  subscription: Subscription | null,
): Invoice {
  const bare = lines.map((line) => ({ ...line, discount_amounts: [] }))
  const discounts = activeDiscounts(turn, invoice.discounts, turn.now(customer.id))
  const own = (line: InvoiceLine) => activeDiscounts(turn, lineDiscounts(line, subscription), turn.now(customer.id))
  const { automatic_tax, default_tax_rates: rates } = invoice
  const terms = { customer, subscription, isAutomatic: automatic_tax.enabled, rates }
  const data = taxed(turn, terms, discounted(bare, own, discounts))
  return change(turn, 'invoice', invoice, { ...totalsOf(data), lines: { ...invoice.lines, data } }, 'invoice.updated')
}

function isMeteredLine(turn: Turn, line: InvoiceLine): boolean {
  const price = turn.store.objects.find('price', line.pricing?.price_details?.price ?? '')
  return price?.recurring?.usage_type === 'metered' && line.parent?.type === 'subscription_item_details'
}

/** What is charged of an invoice, and what the customer's balance then is. */
export function settledWith({ total, currency }: Invoice, { balance }: Customer): { due: number; ending: number } {
  const owed = total + balance
  return owed < minimumCharge(currency) ? { due: 0, ending: owed } : { due: owed, ending: 0 }
}

/** Fixes the number and what is due: the customer's balance is applied, and an amount too small to charge is carried. */
export function finalizeInvoice(turn: Turn, draft: Invoice, customer: Customer): Invoice {
  const invoice = applyCredits(turn, draft, (line) => isMeteredLine(turn, line))
  const now = turn.now(customer.id)
  const { due, ending } = settledWith(invoice, customer)
  const sequence = customer.next_invoice_sequence ?? 1
  const patch: Partial<Invoice> = {
    amount_due: due,
    amount_remaining: due,
    attempted: due === 0,
    automatically_finalizes_at: null,
    effective_at: invoice.effective_at ?? now,
    ending_balance: ending,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    starting_balance: customer.balance,
    status: 'open',
    status_transitions: { ...invoice.status_transitions, finalized_at: now },
    ...(invoice.collection_method === 'send_invoice' ? { due_date: invoice.due_date ?? now } : {}),
  }
  billCustomer(turn, customer, invoice, ending, sequence + 1)
  turn.store.dueWork.drop('finalize_invoice', invoice.id)
  return change(turn, 'invoice', invoice, patch, 'invoice.finalized')
}

// The first invoice fixes the customer's currency for good; the sequence alone moving is not announced.
function billCustomer(turn: Turn, customer: Customer, invoice: Invoice, balance: number, sequence: number): void {
  const { currency } = invoice
  const visible = customer.currency !== currency || customer.balance !== balance
  recordBalance(turn, customer, balance - customer.balance, {
    currency,
    invoice: invoice.id,
    type: invoice.total > 0 && balance > 0 ? 'invoice_too_small' : 'applied_to_invoice',
  })
  const patch = { balance, currency, next_invoice_sequence: sequence }
  change(turn, 'customer', customer, patch, ...(visible ? (['customer.updated'] as const) : []))
}
