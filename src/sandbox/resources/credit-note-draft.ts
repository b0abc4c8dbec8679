import { moneyText } from '../engine/currency.ts'
import { totalDiscounts } from '../engine/discounts.ts'
import { share } from '../engine/money.ts'
import { totalTaxes } from '../engine/tax.ts'
import { addedTax, includedTax } from '../engine/tax-rates.ts'
import {
  fields,
  ignored,
  integer,
  list,
  metadata,
  need,
  notSimulated,
  oneOf,
  type Parameters,
  text,
} from '../http/decode.ts'
import { invalid } from '../http/failure.ts'
import { listOf } from '../http/listing.ts'
import { freshId } from '../identifiers.ts'
import { referenced, type Turn } from '../turn.ts'
import type { CreditNote, Invoice } from '../wire.ts'
import { mergeMetadata } from './patches.ts'

type Line = CreditNote['lines']['data'][number]

export const noteCreation = {
  amount: integer,
  credit_amount: integer,
  effective_at: integer,
  email_type: ignored,
  invoice: text,
  lines: list(
    fields({
      amount: integer,
      description: text,
      invoice_line_item: text,
      metadata,
      quantity: integer,
      type: oneOf('custom_line_item', 'invoice_line_item'),
      unit_amount: integer,
    }),
  ),
  memo: text,
  metadata,
  out_of_band_amount: integer,
  reason: oneOf('duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'),
  refund_amount: integer,
  refunds: list(
    fields({
      amount_refunded: integer,
      payment_record_refund: notSimulated,
      refund: text,
      type: oneOf('payment_record_refund', 'refund'),
    }),
  ),
  shipping_cost: notSimulated,
}
export type Creation = Parameters<typeof noteCreation>
type Wish = NonNullable<Creation['lines']>[number]

export const invoiceOf = (turn: Turn, sent: Creation) =>
  referenced(turn, 'invoice', need(sent.invoice, 'invoice'), 'invoice')

/** A credit note as it would be. On an open invoice it lowers what is owed; on a paid one the money goes somewhere. */
export function draftNote(turn: Turn, sent: Creation, invoice: Invoice): CreditNote {
  if (invoice.status !== 'open' && invoice.status !== 'paid') {
    throw invalid(
      `You can only create credit notes for open or paid invoices; this one is ${invoice.status}.`,
      'invoice',
    )
  }
  const id = freshId('cn')
  const lines = linesOf(sent, invoice)
  const sums = sumsOf(lines)
  const amount = sums.total
  const paid = invoice.status === 'paid'
  requireCoverage(turn, sent, invoice, amount)
  const now = turn.now(invoice.customer)
  const count = turn.store.objects.select('credit_note', { parent: invoice.id }).length + 1
  return {
    ...blankNote,
    id,
    amount,
    created: now,
    currency: invoice.currency,
    customer: invoice.customer ?? '',
    effective_at: sent.effective_at ?? now,
    invoice: invoice.id,
    lines: listOf(lines, `/v1/credit_notes/${id}/lines`),
    memo: sent.memo ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    number: `${invoice.number}-CN-${String(count).padStart(2, '0')}`,
    out_of_band_amount: sent.out_of_band_amount ?? null,
    pdf: `${turn.baseUrl}/invoices/${invoice.id}/pdf`,
    post_payment_amount: paid ? amount : 0,
    pre_payment_amount: paid ? 0 : amount,
    reason: sent.reason ?? null,
    ...sums,
    type: paid ? 'post_payment' : 'pre_payment',
  }
}

function linesOf(sent: Creation, invoice: Invoice): Line[] {
  if (!sent.lines) {
    const amount = need(sent.amount, 'amount')
    return [lineOf({ amount, description: null, type: 'custom_line_item' })]
  }
  return sent.lines.map((wish, index) => {
    const name = `lines[${index}]`
    if (wish.type === 'invoice_line_item') return creditedLine(wish, invoice, name)
    const amount = wish.amount ?? need(wish.unit_amount, `${name}[unit_amount]`) * (wish.quantity ?? 1)
    return lineOf({ amount, description: wish.description ?? null, type: 'custom_line_item' })
  })
}

/** A line of the invoice, or a part of it: what was taken off or added to it is given back in proportion. */
function creditedLine(wish: Wish, invoice: Invoice, name: string): Line {
  const line = invoice.lines.data.find(({ id }) => id === wish.invoice_line_item)
  if (!line) throw invalid(`No such invoice line item: '${wish.invoice_line_item}'`, name, 'resource_missing')
  const each = line.quantity ? Math.round(line.amount / line.quantity) : line.amount
  const amount = wish.amount ?? (wish.quantity === undefined ? line.amount : each * wish.quantity)
  const part = (whole: number) => share(String(whole), amount, line.amount)
  const discounts = (line.discount_amounts ?? []).map((off) => ({ ...off, amount: part(off.amount) }))
  const taxes = (line.taxes ?? []).map((tax) => ({
    ...tax,
    amount: part(tax.amount),
    taxable_amount: tax.taxable_amount === null ? null : part(tax.taxable_amount),
  }))
  return {
    ...lineOf({ amount, description: line.description, type: 'invoice_line_item' }),
    discount_amount: discounts.reduce((sum, off) => sum + off.amount, 0),
    discount_amounts: discounts,
    invoice_line_item: line.id,
    taxes,
  }
}

function sumsOf(lines: readonly Line[]) {
  const subtotal = lines.reduce((sum, line) => sum + line.amount, 0)
  const discount_amount = lines.reduce((sum, line) => sum + line.discount_amount, 0)
  const taxes = lines.flatMap((line) => line.taxes ?? [])
  const included = includedTax(taxes)
  return {
    discount_amount,
    discount_amounts: totalDiscounts(lines),
    subtotal,
    subtotal_excluding_tax: subtotal - included,
    total: subtotal - discount_amount + addedTax(taxes),
    total_excluding_tax: subtotal - discount_amount - included,
    total_taxes: totalTaxes(lines),
  }
}

const lineOf = (fields: Pick<Line, 'amount' | 'description' | 'type'>): Line => ({
  id: freshId('cnli'),
  object: 'credit_note_line_item',
  discount_amount: 0,
  discount_amounts: [],
  livemode: false,
  metadata: {},
  pretax_credit_amounts: [],
  quantity: 1,
  tax_rates: [],
  taxes: [],
  unit_amount: fields.amount,
  unit_amount_decimal: String(fields.amount),
  ...fields,
})

function requireCoverage(turn: Turn, sent: Creation, invoice: Invoice, amount: number): void {
  const earlier = turn.store.objects
    .select('credit_note', { parent: invoice.id })
    .filter(({ status, type }) => status === 'issued' && type === 'post_payment')
  const left =
    invoice.status === 'open'
      ? invoice.amount_remaining
      : invoice.total - earlier.reduce((sum, note) => sum + note.amount, 0)
  if (amount < 1) throw invalid('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer')
  if (amount > left) {
    throw invalid(`The credit note amount (${amount}) is greater than what is left of the invoice (${left}).`, 'amount')
  }
  const spread =
    (sent.credit_amount ?? 0) + (sent.refund_amount ?? 0) + (sent.out_of_band_amount ?? 0) + linked(turn, sent)
  if (invoice.status === 'paid' && spread !== amount) {
    throw invalid(
      `The sum of credit amount, refund amount and out of band amount (${moneyText(spread, invoice.currency)}) must equal the credit note amount (${moneyText(amount, invoice.currency)}).`,
    )
  }
}

/** Refunds that were made before and that the note accounts for. */
export function refundsSent(turn: Turn, sent: Creation): CreditNote['refunds'] {
  return (sent.refunds ?? []).map(({ refund: id, amount_refunded }, index) => {
    const name = `refunds[${index}]`
    const refund = referenced(turn, 'refund', need(id, `${name}[refund]`), `${name}[refund]`)
    const amount = amount_refunded ?? refund.amount
    if (amount > refund.amount) {
      throw invalid(`The refund ${refund.id} is of ${refund.amount}, less than ${amount}.`, `${name}[amount_refunded]`)
    }
    return { amount_refunded: amount, payment_record_refund: null, refund: refund.id, type: 'refund' }
  })
}

const linked = (turn: Turn, sent: Creation) =>
  refundsSent(turn, sent).reduce((sum, { amount_refunded }) => sum + amount_refunded, 0)

const blankNote = {
  object: 'credit_note',
  amount_shipping: 0,
  customer_account: null,
  customer_balance_transaction: null,
  livemode: false,
  pretax_credit_amounts: [],
  refunds: [],
  shipping_cost: null,
  status: 'issued',
  voided_at: null,
} satisfies Partial<CreditNote>
