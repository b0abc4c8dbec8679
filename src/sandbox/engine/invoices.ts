import { change, create } from '../events/record.ts'
import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import type { Turn } from '../turn.ts'
import type { Customer, Invoice, InvoiceLine, Subscription } from '../wire.ts'
import { minimumCharge } from './money.ts'

/** A draft invoice for a subscription's lines. */
export function draftInvoice(
  turn: Turn,
  customer: Customer,
  subscription: Subscription,
  reason: Invoice['billing_reason'],
  makeLines: (invoice: string) => InvoiceLine[],
): Invoice {
  const id = freshId('in')
  const now = turn.now(customer.id)
  const lines = makeLines(id)
  const total = lines.reduce((sum, line) => sum + line.amount, 0)
  const invoice: Invoice = {
    ...blankInvoice,
    ...snapshotOf(customer),
    ...totals(total),
    id,
    billing_reason: reason,
    collection_method: subscription.collection_method,
    created: now,
    currency: subscription.currency,
    default_payment_method: null,
    lines: listOf(lines, `/v1/invoices/${id}/lines`),
    parent: {
      quote_details: null,
      subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
      type: 'subscription_details',
    },
    period_end: now,
    period_start: now,
    starting_balance: customer.balance,
  }
  return create(turn, 'invoice', invoice, 'invoice.created')
}

/** Fixes the number and what is due: the customer's balance is applied, and an amount too small to charge is carried. */
export function finalizeInvoice(turn: Turn, invoice: Invoice, customer: Customer): Invoice {
  const now = turn.now(customer.id)
  const owed = invoice.total + customer.balance
  const carried = owed < minimumCharge(invoice.currency)
  const due = carried ? 0 : owed
  const ending = carried ? owed : 0
  const sequence = customer.next_invoice_sequence ?? 1
  const patch: Partial<Invoice> = {
    amount_due: due,
    amount_remaining: due,
    attempted: due === 0,
    effective_at: now,
    ending_balance: ending,
    number: `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`,
    starting_balance: customer.balance,
    status: 'open',
    status_transitions: { ...invoice.status_transitions, finalized_at: now },
  }
  billCustomer(turn, customer, invoice.currency, ending, sequence + 1)
  return change(turn, 'invoice', invoice, patch, 'invoice.finalized')
}

// The first invoice fixes the customer's currency for good; the sequence alone moving is not announced.
function billCustomer(turn: Turn, customer: Customer, currency: string, balance: number, sequence: number): void {
  const visible = customer.currency !== currency || customer.balance !== balance
  const patch = { balance, currency, next_invoice_sequence: sequence }
  change(turn, 'customer', customer, patch, ...(visible ? (['customer.updated'] as const) : []))
}

const totals = (total: number) => ({
  amount_due: Math.max(0, total),
  amount_remaining: Math.max(0, total),
  subtotal: total,
  subtotal_excluding_tax: total,
  total,
  total_excluding_tax: total,
})

const snapshotOf = (customer: Customer) => ({
  customer: customer.id,
  customer_address: customer.address ?? null,
  customer_email: customer.email,
  customer_name: customer.name ?? null,
  customer_phone: customer.phone ?? null,
  customer_shipping: null,
  customer_tax_exempt: customer.tax_exempt ?? null,
})

const blankInvoice = {
  object: 'invoice',
  account_country: 'US',
  account_name: 'Stripe simulator',
  account_tax_ids: null,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  auto_advance: true,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  automatically_finalizes_at: null,
  custom_fields: null,
  customer_account: null,
  customer_tax_ids: [],
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  due_date: null,
  effective_at: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  metadata: {},
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  status: 'draft',
  status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  test_clock: null,
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
  total_taxes: [],
  webhooks_delivered_at: null,
} satisfies Partial<Invoice>
