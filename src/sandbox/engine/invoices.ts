import { change, create } from '../events/record.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceLine, Subscription, SubscriptionItem } from '../wire.ts'
import { recordBalance } from './balance.ts'
import { type Bill, composeInvoice, lineDiscounts, taxed, totalsOf } from './compose-invoice.ts'
import { applyCredits } from './credit-grants.ts'
import { minimumCharge } from './currency.ts'
import { activeDiscounts, discounted, net } from './discounts.ts'
import { arrearsLines } from './lines.ts'
import { recall, remember } from './memory.ts'
import type { Stretch } from './usage.ts'

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
