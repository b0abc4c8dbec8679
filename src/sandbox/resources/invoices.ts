import { payInvoice } from '../engine/invoice-payment.ts'
import { recall } from '../engine/memory.ts'
import { settlePaid, voidInvoice } from '../engine/settlement.ts'
import { fields, flag, notSimulated, oneOf, type Parameters, text, timeRange } from '../http/decode.ts'
import { Failure, invalid } from '../http/failure.ts'
import { limitOf, listing, paging } from '../http/listing.ts'
import { route } from '../http/route.ts'
import { search, searching } from '../http/search.ts'
import { retrieve, type Turn } from '../turn.ts'
import type { Invoice, InvoicePayment } from '../wire.ts'
import { attachPayment } from './attached-payment.ts'
import {
  addLines,
  lineAddition,
  lineRemoval,
  lineUpdate,
  lineUpdates,
  removeLines,
  updateLine,
  updateLines,
} from './invoice-lines.ts'
import { previewInvoice, previewing } from './invoice-preview.ts'
import {
  createInvoice,
  deleteInvoice,
  finalize,
  giveUp,
  invoiceCreation,
  invoiceUpdate,
  send,
  updateInvoice,
} from './manual-invoices.ts'

const filters = {
  ...paging,
  collection_method: oneOf('charge_automatically', 'send_invoice'),
  customer: text,
  due_date: timeRange,
  status: oneOf('draft', 'open', 'paid', 'uncollectible', 'void'),
  subscription: text,
}
const paying = {
  forgive: notSimulated,
  mandate: notSimulated,
  off_session: flag,
  paid_out_of_band: flag,
  payment_method: text,
  source: notSimulated,
}
const paymentFilters = {
  ...paging,
  invoice: text,
  payment: fields({ payment_intent: text, payment_record: text, type: oneOf('payment_intent', 'payment_record') }),
  status: oneOf('canceled', 'open', 'paid'),
}
const path = '/v1/invoices'

const searched = [
  'created',
  'currency',
  'customer',
  'last_finalization_error_code',
  'last_finalization_error_type',
  'number',
  'receipt_number',
  'status',
  'subscription',
  'total',
]

export const invoiceRoutes = [
  route('POST', path, fields(invoiceCreation), createInvoice),
  route('POST', `${path}/create_preview`, fields(previewing), previewInvoice),
  route('GET', `${path}/search`, searching, (turn, sent) => search(turn, 'invoice', sent, `${path}/search`, searched)),
  route('GET', path, fields(filters), listInvoices),
  route('GET', `${path}/:id`, fields({}), (turn, _sent, id) => retrieve(turn, 'invoice', id, 'invoice')),
  route('POST', `${path}/:id`, fields(invoiceUpdate), updateInvoice),
  route('DELETE', `${path}/:id`, fields({}), deleteInvoice),
  route('GET', `${path}/:id/lines`, fields(paging), listLines),
  route('POST', `${path}/:id/pay`, fields(paying), pay),
  route('POST', `${path}/:id/void`, fields({}), (turn, _sent, id) => {
    const invoice = retrieve(turn, 'invoice', id, 'invoice')
    requireOpen(invoice, 'voided')
    return voidInvoice(turn, invoice)
  }),
  route('POST', `${path}/:id/finalize`, fields({ auto_advance: flag }), finalize),
  route('POST', `${path}/:id/send`, fields({}), send),
  route('POST', `${path}/:id/mark_uncollectible`, fields({}), giveUp),
  route('POST', `${path}/:id/add_lines`, fields(lineAddition), addLines),
  route('POST', `${path}/:id/remove_lines`, fields(lineRemoval), removeLines),
  route('POST', `${path}/:id/update_lines`, fields(lineUpdates), updateLines),
  route('POST', `${path}/:id/lines/:line`, fields(lineUpdate), updateLine),
  route(
    'POST',
    `${path}/:id/attach_payment`,
    fields({ payment_intent: text, payment_record: notSimulated }),
    attachPayment,
  ),
  route('GET', '/v1/invoice_payments', fields(paymentFilters), listPayments),
  route('GET', '/v1/invoice_payments/:id', fields({}), (turn, _sent, id) => retrieve(turn, 'invoice_payment', id)),
]

function listInvoices(turn: Turn, sent: Parameters<typeof filters>) {
  const accept = (invoice: Invoice) =>
    (sent.status === undefined || invoice.status === sent.status) &&
    (sent.collection_method === undefined || invoice.collection_method === sent.collection_method) &&
    (sent.due_date === undefined || isWithin(invoice.due_date, sent.due_date))
  return listing(turn, 'invoice', path, sent, {
    where: { customer: sent.customer, parent: sent.subscription },
    accept,
  })
}

const isWithin = (at: number | null, range: { readonly from?: number; readonly to?: number }) =>
  at !== null && at >= (range.from ?? 0) && at <= (range.to ?? Number.POSITIVE_INFINITY)

function listLines(turn: Turn, sent: Parameters<typeof paging>, id: string) {
  const lines = recall(turn, 'previewed', id) ?? retrieve(turn, 'invoice', id, 'invoice').lines.data
  const start = sent.starting_after === undefined ? 0 : lines.findIndex((line) => line.id === sent.starting_after) + 1
  const limit = limitOf(sent)
  const data = lines.slice(start, start + limit)
  return { object: 'list', data, has_more: lines.length > start + limit, url: `${path}/${id}/lines` }
}

function pay(turn: Turn, sent: Parameters<typeof paying>, id: string): Invoice {
  const invoice = retrieve(turn, 'invoice', id, 'invoice')
  if (invoice.status === 'paid') throw invalid('Invoice is already paid')
  // Paying a draft finalizes it first.
  const open = invoice.status === 'draft' ? finalize(turn, {}, id) : invoice
  if (open.status === 'paid') return open
  requireOpen(open, 'paid')
  if (sent.paid_out_of_band === true) return settlePaid(turn, open, null, true)
  return payInvoice(turn, open, { method: sent.payment_method, offSession: sent.off_session ?? true })
}

function requireOpen(invoice: Invoice, what: string): void {
  if (invoice.status === 'open' || invoice.status === 'uncollectible') return
  throw new Failure(400, {
    type: 'invalid_request_error',
    message: `This invoice cannot be ${what} because its status is ${invoice.status}.`,
    ...(what === 'voided' ? { code: 'invoice_not_editable' } : {}),
  })
}

function listPayments(turn: Turn, sent: Parameters<typeof paymentFilters>) {
  const accept = (payment: InvoicePayment) => sent.status === undefined || payment.status === sent.status
  return listing(turn, 'invoice_payment', '/v1/invoice_payments', sent, {
    where: { parent: sent.invoice, lookup: sent.payment?.payment_intent },
    accept,
  })
}
