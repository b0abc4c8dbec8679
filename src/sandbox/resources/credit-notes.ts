import { recordBalance } from '../engine/balance.ts'
import { moneyText } from '../engine/currency.ts'
import { intentOf, settlePaid } from '../engine/settlement.ts'
import { announce, change, create } from '../events/record.ts'
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
import { listing, listOf, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { freshId } from '../identifiers.ts'
import { referenced, retrieve, type Turn } from '../turn.ts'
import type { CreditNote, Customer, Invoice } from '../wire.ts'
import { createRefund } from './charges.ts'
import { mergeMetadata, sentOnly } from './patches.ts'

type Line = CreditNote['lines']['data'][number]

const creation = {
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
type Creation = Parameters<typeof creation>
const path = '/v1/credit_notes'

export const creditNoteRoutes = [
  route('POST', path, fields(creation), issue),
  route('GET', path, fields({ ...paging, customer: text, invoice: text }), (turn, sent) =>
    listing(turn, 'credit_note', path, sent, { where: { customer: sent.customer, parent: sent.invoice } }),
  ),
  route('GET', `${path}/preview`, fields(creation), (turn, sent) => draft(turn, sent, invoiceOf(turn, sent))),
  route(
    'GET',
    `${path}/preview/lines`,
    fields({ ...creation, ...paging }),
    (turn, sent) => draft(turn, sent, invoiceOf(turn, sent)).lines,
  ),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'credit_note', id)),
  route('POST', `${path}/:id`, fields({ memo: text, metadata }), (turn, sent, id) => {
    const before = retrieve(turn, 'credit_note', id)
    const patch = { ...sentOnly({ memo: sent.memo }), metadata: mergeMetadata(before.metadata, sent.metadata) }
    return change(turn, 'credit_note', before, patch, 'credit_note.updated')
  }),
  route('GET', `${path}/:id/lines`, fields(paging), (turn, _sent, id) => retrieve(turn, 'credit_note', id).lines),
  route('POST', `${path}/:id/void`, fields({}), voidNote),
]

const invoiceOf = (turn: Turn, sent: Creation) => referenced(turn, 'invoice', need(sent.invoice, 'invoice'), 'invoice')

/** A credit note as it would be. On an open invoice it lowers what is owed; on a paid one the money goes somewhere. */
function draft(turn: Turn, sent: Creation, invoice: Invoice): CreditNote {
  if (invoice.status !== 'open' && invoice.status !== 'paid') {
    throw invalid(
      `You can only create credit notes for open or paid invoices; this one is ${invoice.status}.`,
      'invoice',
    )
  }
  const id = freshId('cn')
  const lines = linesOf(sent, invoice)
  const amount = lines.reduce((sum, line) => sum + line.amount, 0)
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
    lines: listOf(lines, `${path}/${id}/lines`),
    memo: sent.memo ?? null,
    metadata: mergeMetadata({}, sent.metadata),
    number: `${invoice.number}-CN-${String(count).padStart(2, '0')}`,
    out_of_band_amount: sent.out_of_band_amount ?? null,
    pdf: `${turn.baseUrl}/invoices/${invoice.id}/pdf`,
    post_payment_amount: paid ? amount : 0,
    pre_payment_amount: paid ? 0 : amount,
    reason: sent.reason ?? null,
    subtotal: amount,
    subtotal_excluding_tax: amount,
    total: amount,
    total_excluding_tax: amount,
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
    if (wish.type !== 'invoice_line_item') {
      const amount = wish.amount ?? need(wish.unit_amount, `${name}[unit_amount]`) * (wish.quantity ?? 1)
      return lineOf({ amount, description: wish.description ?? null, type: 'custom_line_item' })
    }
    const line = invoice.lines.data.find(({ id }) => id === wish.invoice_line_item)
    if (!line) throw invalid(`No such invoice line item: '${wish.invoice_line_item}'`, name, 'resource_missing')
    const each = line.quantity ? Math.round(line.amount / line.quantity) : line.amount
    const amount = wish.amount ?? (wish.quantity === undefined ? line.amount : each * wish.quantity)
    const type = 'invoice_line_item' as const
    return { ...lineOf({ amount, description: line.description, type }), invoice_line_item: line.id }
  })
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

function issue(turn: Turn, sent: Creation): CreditNote {
  const invoice = invoiceOf(turn, sent)
  const note = draft(turn, sent, invoice)
  const customer = referenced(turn, 'customer', note.customer, 'customer')
  const credited = invoice.status === 'paid' ? moveMoney(turn, sent, invoice, note, customer) : note
  const issued = create(turn, 'credit_note', credited, 'credit_note.created')
  if (invoice.status === 'open') lower(turn, invoice, note.amount)
  else {
    const total = invoice.post_payment_credit_notes_amount + note.amount
    change(turn, 'invoice', invoice, { post_payment_credit_notes_amount: total }, 'invoice.updated')
  }
  return issued
}

function moveMoney(turn: Turn, sent: Creation, invoice: Invoice, note: CreditNote, customer: Customer): CreditNote {
  const credit = sent.credit_amount ?? 0
  const reason = { currency: invoice.currency, type: 'credit_note', invoice: invoice.id, creditNote: note.id } as const
  const transaction = recordBalance(turn, customer, -credit, reason)
  if (transaction) change(turn, 'customer', customer, { balance: transaction.ending_balance }, 'customer.updated')
  return {
    ...note,
    customer_balance_transaction: transaction?.id ?? null,
    refunds: [
      ...refundsSent(turn, sent),
      ...(sent.refund_amount ? [refundFor(turn, invoice, sent.refund_amount)] : []),
    ],
  }
}

/** Refunds that were made before and that the note accounts for. */
function refundsSent(turn: Turn, sent: Creation): CreditNote['refunds'] {
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

function refundFor(turn: Turn, invoice: Invoice, amount: number): CreditNote['refunds'][number] {
  const intent = intentOf(turn, invoice)
  if (!intent) throw invalid('This invoice was not paid by a payment that could be refunded.', 'refund_amount')
  const refund = createRefund(turn, { amount, payment_intent: intent.id })
  return { amount_refunded: amount, payment_record_refund: null, refund: refund.id, type: 'refund' }
}

/** An open invoice owes less, and nothing more to nobody when all of it is credited. */
function lower(turn: Turn, invoice: Invoice, amount: number): void {
  const remaining = invoice.amount_remaining - amount
  const patch: Partial<Invoice> = {
    amount_due: invoice.amount_due - amount,
    amount_remaining: remaining,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + amount,
  }
  const lowered = change(turn, 'invoice', invoice, patch, 'invoice.updated')
  const intent = intentOf(turn, invoice)
  if (intent && remaining > 0) change(turn, 'payment_intent', intent, { amount: remaining })
  if (remaining === 0) settlePaid(turn, lowered, null)
}

function voidNote(turn: Turn, _sent: object, id: string): CreditNote {
  const note = retrieve(turn, 'credit_note', id)
  const invoice = referenced(turn, 'invoice', note.invoice, 'invoice')
  if (note.status !== 'issued') throw invalid('This credit note is void already.')
  if (note.type !== 'pre_payment' || invoice.status !== 'open') {
    throw invalid('You can only void a credit note on an open invoice.')
  }
  lower(turn, invoice, -note.amount)
  const voided = change(turn, 'credit_note', note, { status: 'void', voided_at: turn.now(note.customer) })
  announce(turn, 'credit_note.voided', voided)
  return voided
}

const blankNote = {
  object: 'credit_note',
  amount_shipping: 0,
  customer_account: null,
  customer_balance_transaction: null,
  discount_amount: 0,
  discount_amounts: [],
  livemode: false,
  pretax_credit_amounts: [],
  refunds: [],
  shipping_cost: null,
  status: 'issued',
  total_taxes: [],
  voided_at: null,
} satisfies Partial<CreditNote>
